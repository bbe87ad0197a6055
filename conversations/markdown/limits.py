"""Fixed limits for hostile text: beyond them it is shown as it was written, and never left out."""

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, paragraph, table
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

MAX_NESTING = 40
MAX_TABLE_COLUMNS = 128
MAX_INLINE_CHARACTERS = 20_000
# Pairing marks and brackets takes quadratic time in one paragraph: 14 s for twenty thousand `_a__a`, 0.8 s for two thousand `![`.
MAX_MARKS = 2_000
MAX_BRACKETS = 500


def add_limits(md: MarkdownIt) -> None:
    """Put the limits around the parser's own rules."""
    md.block.ruler.before("table", "too_deep", _too_deep)
    md.block.ruler.at("table", _bounded_table, {"alt": ["paragraph"]})
    md.core.ruler.at("inline", _bounded_inline)


def _too_deep(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """Read what is nested too deeply as plain paragraphs; the parser itself would drop it."""
    return state.level >= MAX_NESTING - 2 and paragraph(state, startLine, endLine, silent)


def _bounded_table(state: StateBlock, startLine: int, endLine: int, silent: bool) -> bool:
    """Take a table of not too many columns, up to the first row that has less than half of them.

    Rows are filled up to the header's width, so that a hundred columns followed by lines of one letter would make millions of cells.
    """
    pipes = _pipes(state, startLine)
    if not 0 < pipes <= MAX_TABLE_COLUMNS:
        return False
    if silent:
        return table(state, startLine, endLine, silent)
    end = min(startLine + 2, endLine)
    while end < endLine and _pipes(state, end) >= max(1, (pipes - 1) / 2):
        end += 1
    return table(state, startLine, end, silent)


def _pipes(state: StateBlock, line: int) -> int:
    return state.src.count("|", state.bMarks[line], state.eMarks[line])


def _bounded_inline(state: StateCore) -> None:
    for opening, token, closing in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if token.type == "inline" and _is_bounded(token.content):
            token.children = []
            state.md.inline.parse(token.content, state.md, {"in_cell": opening.tag in ("td", "th")}, token.children)
        elif token.type == "inline":
            opening.hidden = closing.hidden = False
            opening.attrSet("class", "plain-text")
            token.children = [Token("text", "", 0, content=token.content)]


def _is_bounded(content: str) -> bool:
    marks = sum(map(content.count, "*_~`$"))
    return len(content) <= MAX_INLINE_CHARACTERS and marks <= MAX_MARKS and content.count("[") <= MAX_BRACKETS
