"""Claude's export: `conversations.json`, a list of conversations with `chat_messages`.

No schema is published. `text` may be empty beside `content`. Long pasted texts are attachments with
`extracted_content`. The first message's parent is an id that no message has. Models are not in it.

Source: public readers of it, Sinity/polylogue (`docs/providers/claude-ai.md`), withLinda/claude-conversation-exporter.
"""

import re
from functools import partial
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from conversations.imports import fields
from conversations.imports.formats import parts
from conversations.imports.formats.folds import folds
from conversations.imports.thread import Attachment, Said, Thread
from conversations.imports.upload import Files

NAME = "claude"
_ARTIFACT = re.compile(r"<antArtifact\b")
_ARTIFACTS = {
    "application/vnd.ant.react": "jsx",
    "application/vnd.ant.mermaid": "mermaid",
    "application/vnd.ant.code": "text",
    "image/svg+xml": "svg",
    "text/html": "html",
}
"""The language of an artifact by its type; any other is Markdown."""


def recognises(raw: dict[str, Any]) -> bool:
    return isinstance(raw.get("chat_messages"), list)


def thread(raw: dict[str, Any], files: Files) -> Thread:
    messages = [_said(message, place, files) for place, message in enumerate(fields.objects(raw["chat_messages"]))]
    if not any(message.parent for message in messages):
        for above, message in pairwise(messages):
            message.parent = above.key
    return Thread(
        key=fields.key(raw.get("uuid")) or "",
        title=fields.text(raw.get("name"), 500),
        messages=messages,
        shown=fields.key(raw.get("current_leaf_message_uuid")),
        created_at=fields.time(raw.get("created_at")),
        updated_at=fields.time(raw.get("updated_at")),
        model=fields.text(raw.get("model"), 200),
        arranged=fields.arranged(raw, pinned=("is_starred",)),
    )


def _said(raw: dict[str, Any], place: int, files: Files) -> Said:
    is_reply = raw.get("sender") == "assistant"
    said = parts.apart(part for block in fields.objects(raw.get("content")) for part in _block(block))
    return Said(
        key=fields.key(raw.get("uuid")) or str(place),
        parent=fields.key(raw.get("parent_message_uuid")),
        is_reply=is_reply,
        parts=[*_attachments(raw, files), *(said or parts.apart(_words(fields.text(raw.get("text")))))],
        created_at=fields.time(raw.get("created_at")),
        model=fields.text(raw.get("model"), 200) if is_reply else "",
    )


def _block(block: dict[str, Any]) -> list[Any]:
    match block.get("type"):
        case "text":
            return _words(fields.text(block.get("text")))
        case "thinking":
            return parts.thought(fields.text(block.get("thinking")))
        case "tool_use":
            return _tool_use(block.get("name"), fields.obj(block.get("input")))
        case "tool_result":
            return [parts.call_result(block.get("name"), block.get("content"))]
        case _:
            return []


def _words(said: str) -> list[Any]:
    """Return a text as parts; artifacts of before 2025 stand in its midst."""
    found: list[Any] = []
    end = 0
    for fold in folds(said, _ARTIFACT, "</antArtifact>"):
        found += parts.text(said[end : fold.begin])
        found += _tool_use("artifacts", {**fold.told, "content": fold.text.strip("\n")})
        end = fold.end
    return [*found, *parts.text(said[end:])]


def _tool_use(name: Any, told: dict[str, Any]) -> list[Any]:
    """Return a call, or the document that it wrote: an artifact, or a file."""
    if name == "artifacts" and fields.text(told.get("content")):
        kind = fields.text(told.get("type"), 100)
        language = fields.text(told.get("language"), 30) or _ARTIFACTS.get(kind, "")
        return parts.document(told.get("title"), told["content"], language)
    if name == "create_file" and fields.text(told.get("file_text")):
        path = PurePosixPath(fields.text(told.get("path"), 1_000))
        return parts.document(path.name, told["file_text"], path.suffix.lstrip(".").removesuffix("md"))
    return [parts.call(name, told)]


def _attachments(raw: dict[str, Any], files: Files) -> list[Attachment]:
    pasted = [
        Attachment(fields.text(told.get("file_name"), 200) or "pasted.txt", partial(_bytes, told["extracted_content"]))
        for told in fields.objects(raw.get("attachments"))
        if told.get("extracted_content")
    ]
    named = (
        (fields.text(told.get("file_uuid"), 200), fields.text(told.get("file_name"), 200))
        for told in fields.objects(raw.get("files"))
    )
    return [*pasted, *(Attachment(name or "file", partial(files.called, key or name)) for key, name in named)]


def _bytes(content: Any) -> bytes | None:
    return fields.text(content).encode() or None
