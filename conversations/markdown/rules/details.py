"""Folds: `<details>` and `<summary>` on lines of their own, with Markdown between them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

_OPENING = re.compile(r"<details(?:\s[^<>]{0,200})?>[ \t]*", re.IGNORECASE)
_SUMMARY = re.compile(r"<summary>(.{0,500}?)</summary>[ \t]*", re.IGNORECASE)
_TAG = re.compile(r"<(/?)details(?:\s[^<>]{0,200})?>", re.IGNORECASE)


def add_details(md: MarkdownIt) -> None:
    """Add folds to the parser, as `details_open` and `summary_open` tokens."""
    md.block.ruler.before("fence", "details", _details, {"alt": ["paragraph", "blockquote", "list"]})


def _details(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Take a fold up to its closing tag; one that is still open takes all that follows, and is shown."""
    begin = state.bMarks[first] + state.tShift[first]
    opening = _OPENING.match(state.src, begin, state.eMarks[first]) if state.src.startswith("<", begin) else None
    if not opening or state.is_code_block(first):
        return False
    if silent:
        return True
    last, closing = _end(state, first, opening.end(), end)
    token = state.push("details_open", "details", 1)
    token.map = [first, last + 1]
    if closing is None:
        token.attrSet("open", "")
    _take_content(state, first, opening.end(), last, state.eMarks[last] if closing is None else closing.start())
    state.push("details_close", "details", -1)
    state.line = last + 1
    return True


def _end(state: StateBlock, first: int, begin: int, end: int) -> tuple[int, re.Match[str] | None]:
    """Return the last line of the fold that has begun, and the tag there that closes it."""
    depth = 1
    for line in range(first, end):
        if line > first and not state.isEmpty(line) and state.sCount[line] < state.blkIndent:
            return line - 1, None
        start = begin if line == first else state.bMarks[line]
        for tag in _TAG.finditer(state.src, start, state.eMarks[line]):
            depth += -1 if tag[1] else 1
            if not depth and not state.src[tag.end() : state.eMarks[line]].strip():
                return line, tag
            depth = max(depth, 1)
    return end - 1, None


def _take_content(state: StateBlock, first: int, begin: int, last: int, stop: int) -> None:
    line, begin = _take_summary(state, first, begin, last, stop)
    if line > last:
        return
    if last > line and not state.src[state.bMarks[last] : stop].strip():
        last, stop = last - 1, state.eMarks[last - 1]
    with _only(state, line, begin, last, stop):
        state.md.block.tokenize(state, line, last + 1)


def _take_summary(state: StateBlock, first: int, begin: int, last: int, stop: int) -> tuple[int, int]:
    """Take the summary, if there is one, and return the line and the place at which the content begins."""
    line = first
    while line <= last and not state.src[begin : min(stop, state.eMarks[line])].strip():
        line += 1
        begin = state.bMarks[line] + state.tShift[line] if line <= last else begin
    summary = _SUMMARY.match(state.src, begin, min(stop, state.eMarks[line])) if line <= last else None
    if not summary:
        return line, begin
    state.push("summary_open", "summary", 1)
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = summary[1].strip(), [line, line + 1], []
    state.push("summary_close", "summary", -1)
    return line, summary.end()


@contextmanager
def _only(state: StateBlock, line: int, begin: int, last: int, stop: int) -> Iterator[None]:
    """Let the lines begin and end at these places, while their blocks are parsed."""
    kept = state.bMarks[line], state.tShift[line], state.sCount[line], state.eMarks[last], state.lineMax
    parent, state.parentType = state.parentType, "blockquote"
    if begin > state.bMarks[line] + state.tShift[line]:
        state.bMarks[line], state.tShift[line], state.sCount[line] = begin, 0, state.blkIndent
    state.eMarks[last], state.lineMax = stop, last + 1
    yield
    state.bMarks[line], state.tShift[line], state.sCount[line], state.eMarks[last], state.lineMax = kept
    state.parentType = parent
