"""The words of a message as its row holds them."""

from typing import Any

from conversations.content.parts import text_of
from conversations.imports.thread import Attachment, Said


def as_question(parts: list[dict[str, Any]], message: Said) -> list[dict[str, Any]]:
    """Return the parts as a question has them: its files, then one text."""
    said = message.fields.get("text") or "\n\n".join(part["text"] for part in parts if part["kind"] == "text")
    files = [part for part in parts if part["kind"] in ("image", "file")]
    return [*files, {"kind": "text", "text": said}] if said else files


def text_for(message: Said) -> str:
    """Return the text of the row; files have no part in it."""
    parts = [part for part in message.parts if not isinstance(part, Attachment)]
    if message.is_reply:
        return str(text_of(parts))
    return str(message.fields.get("text") or text_of(as_question(parts, message)))
