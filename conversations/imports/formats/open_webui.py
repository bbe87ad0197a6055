"""Open WebUI's export: a list of chats, each with the tree of its messages in `chat.history`.

Thoughts are items of `output`, or `<details>` in the text.

Source: open-webui/open-webui (`backend/open_webui/models/chats.py`), and a sample in danny-avila/LibreChat.
"""

import re
from functools import partial
from html import unescape
from itertools import pairwise
from typing import Any

from conversations.imports import fields
from conversations.imports.formats import parts
from conversations.imports.thread import Attachment, Said, Thread
from conversations.imports.upload import Files

NAME = "open-webui"
_DETAILS = re.compile(
    r'<details type="(?P<type>\w+)"(?P<told>[^>]*)>\s*(?:<summary>[^<]*</summary>)?(?P<text>.*?)</details>\s*',
    re.DOTALL,
)
_DURATION = re.compile(r'duration="(\d+)"')


def recognises(raw: dict[str, Any]) -> bool:
    return isinstance(raw.get("chat"), dict)


def thread(raw: dict[str, Any], files: Files) -> Thread:
    chat = raw["chat"]
    history = fields.obj(chat.get("history"))
    tree = fields.obj(history.get("messages"))
    messages = [_said(message, key) for key, message in tree.items() if isinstance(message, dict)]
    models = chat.get("models")
    return Thread(
        key=fields.key(raw.get("id")) or "",
        title=fields.text(raw.get("title") or chat.get("title"), 500),
        messages=messages or _linear(chat),
        shown=fields.key(history.get("currentId")),
        created_at=fields.time(raw.get("created_at")) or fields.time(chat.get("timestamp")),
        updated_at=fields.time(raw.get("updated_at")),
        model=fields.text(models[0], 200) if isinstance(models, list) and models else "",
        system_prompt=fields.text(chat.get("system")) or fields.text(fields.obj(chat.get("params")).get("system")),
    )


def _linear(chat: dict[str, Any]) -> list[Said]:
    messages = [_said(message, str(place)) for place, message in enumerate(fields.objects(chat.get("messages")))]
    for above, message in pairwise(messages):
        message.parent = message.parent or above.key
    return messages


def _said(raw: dict[str, Any], key: str) -> Said:
    is_reply = raw.get("role") == "assistant"
    output = [part for item in fields.objects(raw.get("output")) for part in _item(item)]
    said = fields.text(raw.get("content"))
    return Said(
        key=fields.key(raw.get("id")) or key,
        parent=fields.key(raw.get("parentId")),
        is_reply=is_reply,
        parts=[*_attachments(raw), *(output or (list(_content(said)) if is_reply else parts.text(said)))],
        created_at=fields.time(raw.get("timestamp")),
        model=fields.text(raw.get("model"), 200) if is_reply else "",
    )


def _item(item: dict[str, Any]) -> list[Any]:
    said = "".join(fields.text(piece.get("text")) for piece in fields.objects(item.get("content")))
    match item.get("type"):
        case "message":
            return parts.text(said)
        case "reasoning":
            return parts.thought(said, item.get("duration"))
        case "function_call":
            return [parts.call(item.get("name"), item.get("arguments"))]
        case "function_call_output":
            told = "".join(fields.text(piece.get("text")) for piece in fields.objects(item.get("output")))
            return [parts.call_result(item.get("name"), told or item.get("output"))]
        case _:
            return []


def _content(said: str) -> Any:
    """Yield a text, with what it folds as parts of their own."""
    end = 0
    for found in _DETAILS.finditer(said):
        yield from parts.text(said[end : found.start()])
        folded = "\n".join(
            line.removeprefix(">").removeprefix(" ") for line in unescape(found["text"]).strip().split("\n")
        )
        if found["type"] == "reasoning":
            timed = _DURATION.search(found["told"])
            yield from parts.thought(folded, int(timed[1]) if timed else None)
        else:
            yield parts.call_result(found["type"], folded)
        end = found.end()
    yield from parts.text(said[end:])


def _attachments(raw: dict[str, Any]) -> list[Attachment]:
    return [_attachment(told) for told in fields.objects(raw.get("files"))]


def _attachment(told: dict[str, Any]) -> Attachment:
    kind = "image" if told.get("type") == "image" else "file"
    name = fields.text(told.get("name"), 200) or kind
    content = fields.obj(fields.obj(told.get("file")).get("data")).get("content")
    if isinstance(content, str):
        return Attachment(name, partial(_bytes, content), kind)
    return Attachment(name, partial(fields.data_address, told.get("url")), kind)


def _bytes(content: str) -> bytes | None:
    return fields.text(content).encode() or None
