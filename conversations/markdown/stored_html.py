"""Stored HTML and uncoloured code for pages, without any parsing."""

import re
from collections.abc import Mapping

from django.utils.safestring import SafeString, mark_safe

from conversations.markdown import source_marks
from conversations.markdown.characters import showable
from conversations.markdown.code.blocks import code_block

_SHOWN = re.compile(
    r'(?P<begins><(?:p|li)(?: dir="\w+")?>|<br>\s*)?<sup class="footnote">(?P<name>[\w-]{1,32})</sup>', re.ASCII
)


def stored(html: str) -> SafeString:
    """Return HTML that this package made and a row stored, marked as safe."""
    return mark_safe(html)  # noqa: S308


def linked(html: SafeString, titles: Mapping[int, str], key: str) -> SafeString:
    """Return rendered HTML whose numbers link to the elements `source-{key}-{number}`, with these titles."""
    return mark_safe(source_marks.linked(html, titles, key))  # noqa: S308 (our own links)


def link_notes(html: str, key: str) -> str:
    """Return a message's HTML whose footnotes and words lead to each other, as scripts link them in the chat.

    `key` distinguishes this message from others of the page. What has no other end stays as it is.
    """
    seen = list(_SHOWN.finditer(html))
    notes = {one["name"] for one in seen if one["begins"]}
    linked = notes & {one["name"] for one in seen if not one["begins"]}
    told: set[tuple[str, bool]] = set()

    def link(match: re.Match[str]) -> str:
        name, is_note = match["name"], bool(match["begins"])
        if name not in linked:
            return match[0]
        note = f"footnote-{key}-{name}"
        own, other = (note, f"{note}-at") if is_note else (f"{note}-at", note)
        named = "" if (name, is_note) in told else f' id="{own}"'
        told.add((name, is_note))
        return f'{match["begins"] or ""}<sup class="footnote"{named}><a href="#{other}">{name}</a></sup>'

    return _SHOWN.sub(link, html)


def code(text: str, language: str = "") -> SafeString:
    """Return a block of code without colours."""
    return mark_safe(code_block(showable(text), language))  # noqa: S308 (escaped)
