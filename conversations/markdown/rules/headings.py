"""Headings without the space behind their signs, as some models write them: `##标题` and `###1. Title`.

One sign alone is a tag, as in `#python`.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

_SIGNS = re.compile(r"(#{2,6})(?=[^\W_]|\*\*)")
_CLOSING = re.compile(r"\s*#+\s*$")
_INTERRUPTED = ["paragraph", "reference", "blockquote"]


def add_headings(md: MarkdownIt) -> None:
    md.block.ruler.after("heading", "heading_without_space", _heading, {"alt": _INTERRUPTED})


def _heading(state: StateBlock, line: int, _end: int, silent: bool) -> bool:
    begin, end = state.bMarks[line] + state.tShift[line], state.eMarks[line]
    signs = _SIGNS.match(state.src, begin, end)
    if not signs or state.is_code_block(line):
        return False
    if silent:
        return True
    state.line = line + 1
    name = f"h{len(signs[1])}"
    opening = state.push("heading_open", name, 1)
    words = state.push("inline", "", 0)
    closing = state.push("heading_close", name, -1)
    opening.map = words.map = [line, state.line]
    opening.markup = closing.markup = signs[1]
    words.content, words.children = _CLOSING.sub("", state.src[signs.end() : end]), []
    return True
