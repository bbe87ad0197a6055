"""Markdown to blocks, blocks to HTML: CommonMark, and what models mean beyond it (`rules/`, `formulas/`, `code/`)."""

import logging
import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from conversations.markdown.characters import showable
from conversations.markdown.code.fences import add_nested_fences
from conversations.markdown.formulas.delimiters import add_formulas
from conversations.markdown.formulas.display import add_display_formulas
from conversations.markdown.limits import FAILURES, MAX_NESTING, add_limits, as_written
from conversations.markdown.markup import add_markup
from conversations.markdown.plain import plain_paragraph
from conversations.markdown.rules.addresses import add_addresses, is_link_allowed
from conversations.markdown.rules.details import add_details
from conversations.markdown.rules.direction import add_direction
from conversations.markdown.rules.emphasis import add_emphasis
from conversations.markdown.rules.footnotes import add_footnotes
from conversations.markdown.rules.headings import add_headings
from conversations.markdown.rules.images import add_images
from conversations.markdown.rules.nested_items import add_nested_items
from conversations.markdown.rules.table_pipes import add_table_pipes
from conversations.markdown.rules.tags import add_tags
from conversations.markdown.rules.tasks import add_tasks

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Block:
    """One top-level block: its tokens, and its lines in the parsed text (the last exclusive)."""

    tokens: list[Token]
    first_line: int
    last_line: int

    @property
    def is_table(self) -> bool:
        return self.tokens[0].type == "table_open"

    @property
    def waits(self) -> bool:
        """Return whether later lines may still become part of it although others stand between: an open formula."""
        return bool(self.tokens[0].meta.get("waits"))


def parse_blocks(text: str) -> list[Block]:
    """Return the top-level blocks of a text in order; if the parser fails, one block with the text as written."""
    try:
        tokens = _parser.parse(showable(text), {})
    except FAILURES as error:
        _tell(error)
        tokens = as_written(text, line_count(text))
    return [Block(group, *(group[0].map or (0, 0))) for group in _top_level(tokens)]


def render_block(block: Block, end: int | None = None) -> str:
    """Return the block as unsanitised HTML; a fence that reaches line `end` is open and gets no colours.

    If the renderer fails, the block is its words as they were written.
    """
    for token in block.tokens:
        if token.type == "fence" and token.map:
            token.meta["open"] = end is not None and token.map[1] >= end
    try:
        return str(_parser.renderer.render(block.tokens, _parser.options, {}))
    except FAILURES as error:
        _tell(error)
        return plain_paragraph("\n".join(token.content for token in block.tokens if token.content))


def line_count(text: str) -> int:
    """Return the number of lines as `Block` counts them."""
    normalized = text.replace("\r\n", "\n").replace("\r", "\n")
    return normalized.count("\n") + (not normalized.endswith("\n"))


def _tell(error: Exception) -> None:
    """Log the place of a failure, but not its message: that may quote the text."""
    where = "".join(traceback.format_tb(error.__traceback__))
    _logger.error("Markdown failed with %s; the text is shown as it was written.\n%s", type(error).__name__, where)


def _top_level(tokens: list[Token]) -> Iterator[list[Token]]:
    group: list[Token] = []
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield group
            group = []


def _build() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    md.enable(["table", "strikethrough"])
    # Without reference definitions no later line can change an earlier block, and `[x]: address` stays readable.
    md.disable(["reference", "html_block", "html_inline"])
    md.use(add_emphasis).use(add_formulas).use(add_display_formulas).use(add_nested_fences)
    md.use(add_images).use(add_tags).use(add_footnotes).use(add_addresses).use(add_details)
    md.use(add_headings).use(add_nested_items).use(add_table_pipes).use(add_limits).use(add_tasks).use(
        add_direction
    ).use(add_markup)
    md.validateLink = is_link_allowed  # type: ignore[assignment,method-assign]
    return md


_parser = _build()
