"""Stored HTML and uncoloured code for pages, without any parsing."""

from collections.abc import Mapping

from django.utils.safestring import SafeString, mark_safe

from conversations.markdown import source_marks
from conversations.markdown.characters import showable
from conversations.markdown.code.blocks import code_block


def stored(html: str) -> SafeString:
    """Return HTML that this package made and a row stored, marked as safe."""
    return mark_safe(html)  # noqa: S308


def linked(html: SafeString, titles: Mapping[int, str], key: str) -> SafeString:
    """Return rendered HTML whose numbers link to the elements `source-{key}-{number}`, with these titles."""
    return mark_safe(source_marks.linked(html, titles, key))  # noqa: S308 (our own links)


def code(text: str, language: str = "") -> SafeString:
    """Return a block of code without colours."""
    return mark_safe(code_block(showable(text), language))  # noqa: S308 (escaped)
