"""Images, which are never loaded: an address and a text, and a link to it for who wants to look."""

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_inline import StateInline

from conversations.markdown.rules.addresses import is_link_allowed

_TARGET = re.compile(
    r"""\(\s*(?:<(?P<quoted>[^<>\n]*)>|(?P<plain>(?:[^\s()\\]|\\.|\([^\s()]*\))*+))(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)"""
)
_WITH_SPACES = re.compile(r"\(\s*(?P<plain>https?://(?:[^\n()<>]|\([^\n()]*\)){1,2000}+)\)(?P<quoted>)")
"""An address whose spaces are written as such: models give services for charts their data in it."""


def add_images(md: MarkdownIt) -> None:
    """Add images to the parser, as `image` tokens without children."""
    md.inline.ruler.at("image", _image)


def _image(state: StateInline, silent: bool) -> bool:
    """Take an image as its address and its text.

    The parser's own rule parses the text as Markdown again, including images in it: a hundred nested ones raise
    RecursionError. It also refuses `data:` addresses, of which the reader would then see every character.
    """
    if not state.src.startswith("![", state.pos):
        return False
    label_end = state.md.helpers.parseLinkLabel(state, state.pos + 1)
    begin = label_end + 1
    target = label_end >= 0 and (
        _TARGET.match(state.src, begin, state.posMax) or _WITH_SPACES.match(state.src, begin, state.posMax)
    )
    if not target:
        return False
    if not silent:
        token = state.push("image", "", 0)
        token.content = unescapeAll(state.src[state.pos + 2 : label_end])
        address = unescapeAll(target["quoted"] or target["plain"] or "").strip().replace(" ", "%20")
        token.meta = {"address": address, "leads": is_link_allowed(address) and not state.linkLevel}
    state.pos = target.end()
    return True
