"""Markdown to blocks, blocks to HTML: CommonMark with tables, strikethrough, tasks, formulas and bare links."""

import logging
import traceback
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_cjk_friendly import cjk_friendly

from conversations.markdown.characters import showable
from conversations.markdown.formulas.rules import add_math
from conversations.markdown.limits import FAILURES, MAX_NESTING, add_limits, as_written
from conversations.markdown.markup import add_markup
from conversations.markdown.plain import plain_paragraph
from conversations.markdown.rules import add_inline_rules, is_link_allowed

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
    md.use(cjk_friendly).use(add_math).use(add_inline_rules).use(add_limits).use(add_markup)
    md.validateLink = is_link_allowed  # type: ignore[assignment,method-assign]
    return md


_parser = _build()
