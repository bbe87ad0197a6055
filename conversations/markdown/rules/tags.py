"""The few HTML tags that models write within a line; everything else in HTML is text."""

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_inline import StateInline

from conversations.markdown.rules.addresses import is_link_allowed

MAX_CHARACTERS = 1_000
"""Characters between two tags."""
_SHOWN_AS = {
    "b": "strong", "strong": "strong", "i": "em", "em": "em", "s": "s", "del": "s", "strike": "s", "u": "u", "ins": "u",
    "sub": "sub", "sup": "sup", "kbd": "kbd", "mark": "mark", "small": "small",
}  # fmt: skip
_OPENING = re.compile(rf"<({'|'.join(sorted(_SHOWN_AS, key=len, reverse=True))})>", re.IGNORECASE)
_CLOSING = {name: re.compile(rf"</{name}\s{{0,3}}>", re.IGNORECASE) for name in _SHOWN_AS}
_LINK = re.compile(r"""<a\s{1,3}href=(?:"([^"<>\s]{1,2000})"|'([^'<>\s]{1,2000})')>(.{1,500}?)</a>""", re.IGNORECASE)
_LINE_BREAK = re.compile(r"<br\s{0,3}/?>\n?", re.IGNORECASE)


def add_tags(md: MarkdownIt) -> None:
    """Add these tags to the parser, as `hardbreak`, `tag_open` and `link_open` tokens."""
    md.inline.ruler.before("autolink", "line_break_tag", _line_break)
    md.inline.ruler.before("autolink", "tag_pair", _pair)
    md.inline.ruler.before("autolink", "link_tag", _link)


def _line_break(state: StateInline, silent: bool) -> bool:
    match = _LINE_BREAK.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "<" else None
    if not match:
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = match.end()
    return True


def _pair(state: StateInline, silent: bool) -> bool:
    """Take a tag with its closing one; without that it is text."""
    opening = _OPENING.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "<" else None
    if not opening:
        return False
    name = opening[1].lower()
    end = min(state.posMax, opening.end() + MAX_CHARACTERS)
    closing = _CLOSING[name].search(state.src, opening.end(), end)
    if not closing:
        return False
    if not silent:
        state.push("tag_open", _SHOWN_AS[name], 1)
        _take_inside(state, opening.end(), closing.start())
        state.push("tag_close", _SHOWN_AS[name], -1)
    state.pos = closing.end()
    return True


def _link(state: StateInline, silent: bool) -> bool:
    link = _LINK.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "<" else None
    address = unescapeAll(link[1] or link[2]) if link else ""
    if not link or state.linkLevel or not is_link_allowed(address):
        return False
    if not silent:
        state.push("link_open", "a", 1).attrs = {"href": address}
        state.linkLevel += 1
        _take_inside(state, link.start(3), link.end(3))
        state.linkLevel -= 1
        state.push("link_close", "a", -1)
    state.pos = link.end()
    return True


def _take_inside(state: StateInline, begin: int, end: int) -> None:
    last, state.posMax, state.pos = state.posMax, end, begin
    state.md.inline.tokenize(state)
    state.posMax = last
