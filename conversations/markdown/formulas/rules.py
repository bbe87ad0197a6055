r"""Rules for the delimiters of formulas: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`, all of which models write."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

MAX_INLINE_CHARACTERS = 1_000

_CLOSERS = {"$$": "$$", "\\[": "\\]", "\\(": "\\)", "$": "$"}
_WORD_BEFORE = re.compile(r"[A-Za-z0-9](?=\$)")
_UNESCAPED_DOLLAR = re.compile(r"(?<!\\)(?:\\\\)*\$")
# Prices such as `$5 or 10$` and notes such as `\[1\]` are no formulas.
_PROSE = re.compile(r"\s*|\d[\d.,]*\s+[A-Za-z]{2,}.*", re.DOTALL)
_NOTE = re.compile(r"[\d,\s–-]*")


def add_math(md: MarkdownIt) -> None:
    """Add formulas to the parser, as `math_inline` and `math_block` tokens with the LaTeX as content."""
    md.inline.ruler.before("escape", "math_inline", _inline_formula)
    md.block.ruler.before("fence", "math_block", _block_formula, {"alt": ["paragraph", "blockquote", "list"]})


def _inline_formula(state: StateInline, silent: bool) -> bool:
    opener = _opener(state.src[state.pos : state.pos + 2])
    if not opener:
        return False
    start = state.pos + len(opener)
    end = _inline_end(state, opener, start)
    if end < 0:
        return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content, token.markup = state.src[start:end], opener
    state.pos = end + len(opener)
    return True


def _opener(two: str) -> str:
    return two if two in _CLOSERS else two[:1] if two[:1] in _CLOSERS else ""


def _inline_end(state: StateInline, opener: str, start: int) -> int:
    """Return the end of the formula that starts at `start`, or -1 if there is none."""
    limit = min(state.posMax, start + MAX_INLINE_CHARACTERS)
    if opener == "$":
        return _dollar_end(state, start, limit)
    end = state.src.find(_CLOSERS[opener], start, limit)
    return end if end >= 0 and not _NOTE.fullmatch(state.src, start, end) else -1


def _dollar_end(state: StateInline, start: int, limit: int) -> int:
    """Apply Pandoc's rule for `$`: no space inside next to either dollar, no digit after the closing one."""
    match = _UNESCAPED_DOLLAR.search(state.src, start, limit)
    if not match or _WORD_BEFORE.match(state.src, start - 2):
        return -1
    end = match.end() - 1
    inside, behind = state.src[start:end], state.src[end + 1 : end + 2]
    if inside != inside.strip() or behind.isdigit() or _PROSE.fullmatch(inside):
        return -1
    return end


def _block_formula(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Take a formula on lines of its own.

    As with a fence, its first line alone decides whether it is one. An empty line ends it: otherwise a `$$` far below
    could change blocks that a reader has already seen.
    """
    line = _line(state, first)
    opener = line[:2]
    if opener not in ("$$", "\\[") or state.is_code_block(first) or not _opens_block(line[2:], opener):
        return False
    if not silent:
        _take_block(state, first, end, opener)
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


def _opens_block(rest: str, opener: str) -> bool:
    closer = _CLOSERS[opener]
    if closer not in rest:
        return not rest.startswith("$")
    return rest.find(closer) == len(rest) - 2 and not _NOTE.fullmatch(rest[:-2])


def _take_block(state: StateBlock, first: int, end: int, opener: str) -> None:
    lines, line = [_line(state, first)[2:]], first
    while not lines[-1].endswith(_CLOSERS[opener]) and _continues(state, line + 1, end):
        line += 1
        lines.append(_line(state, line))
    token = state.push("math_block", "math", 0)
    token.content, token.markup, token.map = "\n".join(lines), opener, [first, line + 1]
    token.meta = {"closed": token.content.endswith(_CLOSERS[opener])}
    if token.meta["closed"]:
        token.content = token.content[:-2]
    state.line = line + 1


def _continues(state: StateBlock, line: int, end: int) -> bool:
    return line < end and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent


def closer_of(opener: str) -> str:
    """Return the delimiter that ends a formula that begins with `opener`."""
    return _CLOSERS[opener]
