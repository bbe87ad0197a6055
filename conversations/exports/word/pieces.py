"""The content of a Word document as lines of JSON, for the process that writes it.

    {"title", "language"}                              the first line
    {"name", "time", "note", "blocks": [block…]}       a line for each message

The blocks, each with its `kind`:

    html       html, sanitised
    thought    label, html, sanitised
    text       text, as it was written
    quote      label, text
    code       label, text
    picture    path, name
    sources    label, first, sources: [[title, address]…]
    line       text
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from django.utils.translation import get_language, gettext

from conversations.content import citations, message_body
from conversations.content.phrases import Phrases, name_of_gap, outcome, phrases, remark_lines, summary_lines, vouched
from conversations.exports.branch import messages
from conversations.models import Conversation, Message

Block = dict[str, Any]


def lines(conversation: Conversation, ids: Sequence[UUID]) -> Iterator[bytes]:
    """Yield the lines of a conversation."""
    said = phrases()
    yield _line({"title": conversation.title or gettext("Conversation"), "language": get_language() or "en"})
    for message in messages(ids):
        yield _line(
            {
                "name": (message.model_name if message.is_reply else message.author_name) or "–",
                "time": f"{message.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
                "blocks": [*_blocks(message, said), *_remarks(message, said), *_summary(message)],
                "note": " · ".join(filter(None, (outcome(said, message), vouched(said, message)))),
            }
        )


def _blocks(message: Message, said: Phrases) -> Iterator[Block]:
    paths = {str(file.id): str(file.path) for file in message.files.all() if file.is_image}
    if not message.is_reply:
        yield from (_file(part, paths) for part in message.parts if part["kind"] in ("image", "file"))
        yield {"kind": "text", "text": message.text}
        return
    for part in message_body.segments(message):
        yield _block(part, said, paths)


def _remarks(message: Message, said: Phrases) -> Iterator[Block]:
    for quote, line in remark_lines(said, message):
        yield {"kind": "quote", "label": line, "text": quote}


def _summary(message: Message) -> Iterator[Block]:
    if told := summary_lines(message):
        yield {"kind": "quote", "label": told[0], "text": told[1]}


def _block(part: dict[str, Any], said: Phrases, paths: dict[str, str]) -> Block:
    match part["kind"]:
        case "text" | "code":
            return {"kind": "html", "html": str(part["html"])}
        case "thought":
            return {"kind": "thought", "label": said["thought"], "html": str(part["html"])}
        case "code_result":
            return {
                "kind": "code",
                "label": said.get(f"output.{part.get('outcome')}", ""),
                "text": part.get("text", ""),
            }
        case "image" | "file":
            return _file(part, paths)
        case "citation":
            sources = [[source["title"], source["address"]] for source in part["shown"]]
            return {"kind": "sources", "label": citations.label(part, said), "first": part["first"], "sources": sources}
        case "call" | "call_result":
            value = next((part[name] for name in ("arguments", "response", "raw") if part.get(name) is not None), "")
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            return {"kind": "code", "label": f"{said[part['kind']]} {part.get('name', '')}", "text": text}
        case "refusal":
            return {"kind": "quote", "label": said["refusal"], "text": part.get("text") or part.get("reason") or ""}
        case "seam":
            return {"kind": "line", "text": ""}
        case kind:
            return {"kind": "line", "text": said[name_of_gap(part)] if kind == "gap" else said["unknown"]}


def _file(part: dict[str, Any], paths: dict[str, str]) -> Block:
    name, path = str(part.get("name") or part["kind"]), paths.get(str(part.get("file")))
    return {"kind": "picture", "path": path, "name": name} if path else {"kind": "line", "text": name}


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"
