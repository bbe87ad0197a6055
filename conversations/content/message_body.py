"""What the body of a stored message shows, and the HTML of it that is kept in its row."""

from contextlib import suppress
from typing import Any

from django.db import DatabaseError, connection

from conversations import markdown
from conversations.content.segments import as_written, fits, is_words, rendered
from conversations.content.segments import segments as segments_of_html
from conversations.models import Message

RENDER_SECONDS, RENDER_WORK = 3.0, 1.0
"""That somebody waits at most who looks at a reply without HTML, and that it may take of the processor."""


def segments(message: Message) -> list[dict[str, Any]]:
    """Return what the body shows, in order: neighbouring texts as one `html`, every other part as it is stored."""
    return segments_of_html(_html(message), message.text, message.parts, str(message.id))


def show_as_written(message: Message) -> None:
    """Let this very object be shown without being rendered."""
    message.html, message.html_version = as_written(message.text, message.parts), markdown.RENDERER_VERSION


def _html(message: Message) -> str:
    """Return the stored HTML; make and store it where there is none, or the renderer has changed since."""
    if not message.parts and not message.text:
        return ""
    is_current = message.html_version == markdown.RENDERER_VERSION and fits(message.html, message.parts)
    if is_current or (message.html_version == 1 and is_words(message.parts)):
        return message.html
    if message.is_under_way:
        return as_written(message.text, message.parts)
    return _rendered_now(message)


def _rendered_now(message: Message) -> str:
    try:
        html = rendered(message.text, message.parts, RENDER_SECONDS, RENDER_WORK)
    except markdown.Away:
        return as_written(message.text, message.parts)
    if not connection.in_atomic_block:
        with suppress(DatabaseError):  # a database for reading only
            rows = Message.objects.filter(pk=message.pk, html_version=message.html_version)
            rows.update(html=html, html_version=markdown.RENDERER_VERSION)
    return html
