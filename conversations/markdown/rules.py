"""Rules that differ from CommonMark: images, `<br>` in table cells, bare addresses, task boxes."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_ALLOWED_LINK = re.compile(r"https?://[^/\\\s]|mailto:[^/\\\s]", re.IGNORECASE)
_IMAGE_TARGET = re.compile(
    r"""\(\s*(?:<(?P<quoted>[^<>\n]*)>|(?P<plain>(?:[^\s()\\]|\\.|\([^\s()]*\))*+))(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)"""
)
_LINE_BREAK = re.compile(r"<br\s{0,3}/?>", re.IGNORECASE)
# ASCII only: in Chinese and Japanese the sentence continues after an address without a space.
_ADDRESS = re.compile(r"(?<![A-Za-z0-9])https?://[A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%]{1,2000}", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")


def add_inline_rules(md: MarkdownIt) -> None:
    """Add these rules to the parser, as `image`, `hardbreak`, `link_open` and `task_box` tokens."""
    md.inline.ruler.at("image", _image)
    md.inline.ruler.before("autolink", "cell_break", _cell_break)
    md.core.ruler.push("bare_links", _bare_links)
    md.core.ruler.push("tasks", _tasks)


def is_link_allowed(address: str) -> bool:
    """Return whether a link may lead to this address: absolute web and mail addresses only."""
    return bool(_ALLOWED_LINK.match(address))


def _image(state: StateInline, silent: bool) -> bool:
    """Take an image as its address and its text.

    The parser's own rule parses the text as Markdown again, including images in it: a hundred nested ones raise
    RecursionError. It also refuses `data:` addresses, of which the reader would then see every character.
    """
    if not state.src.startswith("![", state.pos):
        return False
    label_end = state.md.helpers.parseLinkLabel(state, state.pos + 1)
    target = _IMAGE_TARGET.match(state.src, label_end + 1, state.posMax) if label_end >= 0 else None
    if not target:
        return False
    if not silent:
        token = state.push("image", "", 0)
        token.content = unescapeAll(state.src[state.pos + 2 : label_end])
        token.meta = {"address": unescapeAll(target["quoted"] or target["plain"] or "")}
    state.pos = target.end()
    return True


def _cell_break(state: StateInline, silent: bool) -> bool:
    """Take `<br>` in a table cell as a line break: models use it, because a cell has no other way."""
    match = _LINE_BREAK.match(state.src, state.pos) if state.env.get("in_cell") else None
    if not match:
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = match.end()
    return True


def _bare_links(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children and "://" in token.content:
            token.children = list(_with_links(token.children))


def _with_links(children: list[Token]) -> Iterator[Token]:
    links = 0
    for child in children:
        links += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type == "text" and not links:
            yield from _linked(child.content, child.level)
        else:
            yield child


def _linked(text: str, level: int) -> Iterator[Token]:
    position = 0
    for match in _ADDRESS.finditer(text):
        address = _without_sentence_end(match[0])
        if is_link_allowed(address):
            yield _text(text[position : match.start()], level)
            yield Token("link_open", "a", 1, attrs={"href": address}, info="auto", level=level)
            yield _text(address, level + 1)
            yield Token("link_close", "a", -1, info="auto", level=level)
            position = match.start() + len(address)
    yield _text(text[position:], level)


def _without_sentence_end(address: str) -> str:
    """Leave out the end of the sentence around an address: its stops, and a bracket opened before it."""
    while address[-1] in ".,;:!?*_~" or _closes_too_much(address, "()") or _closes_too_much(address, "[]"):
        address = address[:-1]
    return address


def _closes_too_much(address: str, pair: str) -> bool:
    return address[-1] == pair[1] and address.count(pair[0]) < address.count(pair[1])


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)


def _tasks(state: StateCore) -> None:
    for item, _, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type == "list_item_open" and inline.type == "inline" and inline.children:
            _take_task(item, inline.children)


def _take_task(item: Token, children: list[Token]) -> None:
    match = _TASK.match(children[0].content) if children[0].type == "text" else None
    if match:
        item.attrSet("class", "task-list-item")
        children[0].content = children[0].content[match.end() :]
        children.insert(0, Token("task_box", "", 0, meta={"checked": match[1] != " "}))
