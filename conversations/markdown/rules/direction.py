"""Blocks of text that is written from right to left."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
# The first letter decides, as for `dir="auto"`; digits and signs have no direction.
_LETTER = re.compile(rf"(?:(?=[{_RIGHT_TO_LEFT}])|[^\W\d_])")
_BLOCKS = ("paragraph", "heading", "blockquote", "bullet_list", "ordered_list", "table", "th", "td", "details")
_DIRECTED = frozenset(f"{name}_open" for name in _BLOCKS)


def add_direction(md: MarkdownIt) -> None:
    """Give each block a `dir` where its direction is another than that of the block around it."""
    md.core.ruler.push("direction", _direct)


def _direct(state: StateCore) -> None:
    if re.search(f"[{_RIGHT_TO_LEFT}]", state.src):
        _directed(state.tokens)


def _directed(tokens: list[Token]) -> None:
    found: dict[int, str] = {}  # the direction of each block, by the place of its token
    open_blocks: list[int] = []
    for index, token in enumerate(tokens):
        if token.nesting > 0:
            open_blocks.append(index)
        elif token.nesting < 0:
            open_blocks.pop()
        elif token.type == "inline" and (direction := _direction(token)):
            for block in open_blocks:
                found.setdefault(block, direction)
    _mark(tokens, found)


def _mark(tokens: list[Token], found: dict[int, str]) -> None:
    around = ["ltr"]
    for index, token in enumerate(tokens):
        if token.nesting < 0:
            around.pop()
        elif token.nesting > 0:
            direction = found.get(index, around[-1]) if token.type in _DIRECTED and not token.hidden else around[-1]
            if direction != around[-1]:
                token.attrSet("dir", direction)
            around.append(direction)


def _direction(inline: Token) -> str:
    for child in inline.children or ():
        letter = _LETTER.search(child.content) if child.type == "text" else None
        if letter:
            return "rtl" if not letter[0] or re.match(f"[{_RIGHT_TO_LEFT}]", letter[0]) else "ltr"
    return ""
