"""The body of a stored message as it is shown, with the HTML cached in its row."""

from contextlib import suppress
from typing import Any

from django.db import DatabaseError, connection

from conversations import markdown
from conversations.content.segments import as_written, fits, is_words, rendered
from conversations.content.segments import segments as segments_of_html
from conversations.models import Message
from conversations.models.message import Status

RENDER_SECONDS, RENDER_WORK_SECONDS = 3.0, 1.0
"""Longest wait of a page for a reply without HTML, and its processor time: seconds."""


def segments(message: Message) -> list[dict[str, Any]]:
    """Return the body's segments in order: neighbouring texts as one `html`, each other part as stored.

    A thought without an answer is open.
    """
    shown = segments_of_html(_html(message), message.text, message.parts, str(message.id))
    return [{**part, "is_open": True} for part in shown] if is_thought_alone(message) else shown


def is_thought_alone(message: Message) -> bool:
    """Return whether this reply has ended with thoughts and nothing else."""
    only_thoughts = bool(message.parts) and all(part["kind"] == "thought" for part in message.parts)
    return message.is_reply and message.status == Status.COMPLETE and only_thoughts


def show_as_written(message: Message) -> None:
    """Set this object's HTML to its text as written, without rendering or saving it."""
    message.html, message.html_version = as_written(message.text, message.parts), markdown.RENDERER_VERSION


def _html(message: Message) -> str:
    """Return the stored HTML, or make and store it if it is missing or of an older renderer."""
    if not message.parts and not message.text:
        return ""
    is_current = message.html_version == markdown.RENDERER_VERSION
    is_alike = message.html_version == 1 and is_words(message.parts)
    if (is_current or is_alike) and fits(message.html, message.parts):
        return message.html
    if message.is_under_way:
        return as_written(message.text, message.parts)
    return _rendered_now(message)


def _rendered_now(message: Message) -> str:
    try:
        html = rendered(message.text, message.parts, RENDER_SECONDS, RENDER_WORK_SECONDS)
    except markdown.Away:
        return as_written(message.text, message.parts)
    if not connection.in_atomic_block:
        with suppress(DatabaseError):  # a read-only database
            rows = Message.objects.filter(pk=message.pk, html_version=message.html_version)
            rows.update(html=html, html_version=markdown.RENDERER_VERSION)
    return html
