"""Fixed limits for hostile text; text beyond them is shown as it was written, and never left out."""

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, paragraph, table
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from conversations.markdown.rules.tables_behind_items import begins_table

MAX_NESTING = 40
MAX_TABLE_COLUMNS = 128
MAX_INLINE_CHARACTERS = 20_000
# Pairing takes quadratic time in the marks of one paragraph: 14 s for 20,000 `_a__a`, 0.8 s for 2,000 `![`.
MAX_MARKS = 2_000
MAX_BRACKETS = 500

FAILURES: tuple[type[Exception], ...] = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, StopIteration, TypeError, ValueError,
)  # fmt: skip
"""Exceptions of others' code for text that it did not expect; too deep a recursion is a RuntimeError."""


def add_limits(md: MarkdownIt) -> None:
    """Put the limits around the parser's own rules."""
    md.block.ruler.before("table", "too_deep", _too_deep)
    md.block.ruler.at("table", _bounded_table, {"alt": ["paragraph"]})
    md.core.ruler.at("inline", _bounded_inline)


def as_written(text: str, lines: int) -> list[Token]:
    """Return the tokens of one paragraph that shows a text of so many lines as it was written."""
    opening = Token("paragraph_open", "p", 1, attrs={"class": "plain-text"}, map=[0, lines], block=True)
    said = [Token("text", "", 0, content=text)]
    inline = Token("inline", "", 0, map=[0, lines], level=1, children=said, content=text)
    return [opening, inline, Token("paragraph_close", "p", -1, block=True)]


def _too_deep(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Read text that is nested too deeply as plain paragraphs; the parser itself would drop it."""
    return state.level >= MAX_NESTING - 2 and paragraph(state, first, end, silent)


def _bounded_table(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Take a table with a limited number of columns, up to the first row with less than half of them.

    Rows are filled up to the header's width, so a hundred columns above one-letter lines would make millions of cells.
    """
    pipes = _pipes(state, first)
    if not 0 < pipes <= MAX_TABLE_COLUMNS or not begins_table(state, first, end):
        return False
    return silent or table(state, first, _end_of_rows(state, first + 2, end, max(1, pipes // 2)), silent)


def _end_of_rows(state: StateBlock, line: int, end: int, pipes: int) -> int:
    """Return the first line from here on with fewer pipes; all lines are searched once, since all may be tables."""
    ends: dict[int, list[int]] = state.env.setdefault("row_ends", {})
    if pipes not in ends:
        count = len(state.bMarks)
        found = [count] * (count + 1)
        for each in range(count - 1, -1, -1):
            found[each] = found[each + 1] if _pipes(state, each) >= pipes else each
        ends[pipes] = found
    return min(ends[pipes][min(line, end)], end)


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
