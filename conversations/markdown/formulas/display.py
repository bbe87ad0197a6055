r"""Display formulas on lines of their own: `$$` to `$$`, `\[` to `\]`, and environments such as `\begin{align}`.

As with a fence, its first line alone decides whether it is one. What stands behind its closer is a paragraph of the
same block. An empty line ends an open one, unless its closer comes within a few lines of formula. Until that is known,
the block waits: a later `$$` could change what a reader has already seen.
"""

import re
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, paragraph

from conversations.markdown.formulas.delimiters import closer_of, is_environment, is_note
from conversations.markdown.formulas.prose import begins_prose, is_prose

MAX_LINES = 60
MAX_CHARACTERS = 4_000
"""Lines and characters of a formula with empty lines."""
_STOP = re.compile(r"[.,;:!。，；：、！]")
_OPENER = re.compile(
    r"\$\$|\\\[|\\begin\{(?:equation|align|aligned|gather|gathered|eqnarray|cases|[pbvBV]?matrix)\*?\}"
)
_OTHER_BLOCK = re.compile(r"\$\$|\\\[|#{1,6} |```|~~~|[-*+] |\d{1,9}[.)] |>|\|")


class _Closer(NamedTuple):
    """The line with the closer and its place there, or the last line of an open formula and -1."""

    line: int
    at: int
    waits: bool = False


def add_display_formulas(md: MarkdownIt) -> None:
    """Add such formulas to the parser, as `math_block` tokens with the LaTeX as content."""
    md.block.ruler.before("fence", "math_block", _formula, {"alt": ["paragraph", "blockquote", "list"]})


def _formula(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    begin = state.bMarks[first] + state.tShift[first]
    opener = _OPENER.match(state.src, begin, state.eMarks[first]) if state.src[begin : begin + 1] in "$\\" else None
    if not opener or state.is_code_block(first):
        return False
    if not _opens(state.src[opener.end() : state.eMarks[first]].rstrip(), opener[0]):
        return False
    if not silent:
        _take(state, first, opener.end(), end, opener[0])
    return True


def _opens(rest: str, opener: str) -> bool:
    closer = closer_of(opener)
    if is_environment(opener):
        return True
    if closer not in rest:
        return not rest.startswith("$") and not (opener == "$$" and begins_prose(rest.strip()))
    return rest.find(closer) == len(rest) - 2 and not is_note(rest[:-2])


def _take(state: StateBlock, first: int, begin: int, end: int, opener: str) -> None:
    closer = _closer(state, first, begin, end, closer_of(opener))
    behind_it = closer.at + len(closer_of(opener))
    behind = state.src[behind_it : state.eMarks[closer.line]].strip() if closer.at >= 0 else ""
    is_followed = len(behind) > 1 or (bool(behind) and not _STOP.match(behind))
    if is_followed:
        state.push("formula_open", "div", 1).map = [first, closer.line + 1]
        opening = state.tokens[-1]
    token = state.push("math_block", "math", 0)
    token.content, token.markup, token.map = _inside(state, first, begin, closer), opener, [first, closer.line + 1]
    token.meta = {"closed": closer.at >= 0, "waits": closer.waits, "stop": "" if is_followed else behind}
    state.line = closer.line + 1
    if is_followed:
        _take_words(state, closer.line, behind_it, end)
        opening.map = [first, state.line]
        state.push("formula_close", "div", -1)


def _take_words(state: StateBlock, line: int, begin: int, end: int) -> None:
    """Take what stands behind the closer as a paragraph."""
    kept = state.bMarks[line], state.tShift[line]
    state.bMarks[line], state.tShift[line] = begin, 0
    paragraph(state, line, end, False)
    state.bMarks[line], state.tShift[line] = kept


def _inside(state: StateBlock, first: int, begin: int, closer: _Closer) -> str:
    lines = [_line(state, line) for line in range(first, closer.line + 1)]
    lines[0] = state.src[begin : state.eMarks[first]].rstrip()
    if closer.at >= 0:
        lines[-1] = state.src[_start(state, closer.line, first, begin) : closer.at]
    return "\n".join(lines)


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


def _start(state: StateBlock, line: int, first: int, begin: int) -> int:
    return begin if line == first else state.bMarks[line] + state.tShift[line]


def _closer(state: StateBlock, first: int, begin: int, end: int, closer: str) -> _Closer:
    """Find the closer; beyond an empty line only as long as what follows can be formula."""
    last, is_behind_empty, waits = first, False, True
    for line in range(first, end):
        if line > first and state.isEmpty(line):
            is_behind_empty = True
            continue
        start = _start(state, line, first, begin)
        at = state.src.find(closer, start, state.eMarks[line])
        is_left = line > first and state.sCount[line] < state.blkIndent
        is_next = closer.startswith("\\end") and state.src.startswith("\\begin", start)
        if is_left or (is_behind_empty and (is_next or _is_beyond(state, line - first, start - begin, line, at))):
            waits = not is_left and state.eMarks[line] >= len(state.src)
            break
        if at >= 0:
            return _Closer(line, at)
        last = last if is_behind_empty else line
    return _Closer(last, -1, waits)


def _is_beyond(state: StateBlock, lines: int, characters: int, line: int, at: int) -> bool:
    """Return whether a line behind an empty one is no part of the formula."""
    text = _line(state, line)
    if at >= 0:
        text = text[: at - state.bMarks[line] - state.tShift[line]]
    elif _OTHER_BLOCK.match(text):
        return True
    return lines > MAX_LINES or characters > MAX_CHARACTERS or (bool(text.strip()) and is_prose(text.strip()))
