"""LibreChat's export: one conversation a file, flat or as a tree of `children`.

Source: danny-avila/LibreChat (`client/src/hooks/Conversations/useExportConversation.ts`, and the samples
`api/server/utils/import/__data__/librechat-*.json`).
"""

from functools import partial
from itertools import pairwise
from typing import Any

from conversations.imports import fields
from conversations.imports.formats import parts
from conversations.imports.thread import FAILED, MAX_MESSAGES, Attachment, Problem, Said, Thread
from conversations.imports.upload import Files

NAME = "librechat"


def recognises(raw: dict[str, Any]) -> bool:
    return "conversationId" in raw and any(isinstance(raw.get(name), list) for name in ("messages", "messagesTree"))


def thread(raw: dict[str, Any], files: Files) -> Thread:
    options = fields.obj(raw.get("options"))
    messages = [_said(message, parent, place, files) for place, (message, parent) in enumerate(_flat(raw))]
    if not any(message.parent for message in messages):
        for above, message in pairwise(messages):
            message.parent = above.key
    return Thread(
        key=fields.key(raw.get("conversationId")) or "",
        title=fields.text(raw.get("title"), 500),
        messages=messages,
        model=fields.text(options.get("model"), 200),
        system_prompt=fields.text(options.get("promptPrefix")),
    )


def _flat(raw: dict[str, Any]) -> list[tuple[dict[str, Any], str | None]]:
    """Return the messages of the tree, or of the list, each with its parent's id."""
    listed = raw["messagesTree"] if isinstance(raw.get("messagesTree"), list) else raw.get("messages")
    found: list[tuple[dict[str, Any], str | None]] = []
    waiting = [(message, fields.key(message.get("parentMessageId"))) for message in fields.objects(listed)][::-1]
    while waiting:
        message, parent = waiting.pop()
        found.append((message, parent))
        if len(found) > MAX_MESSAGES:
            raise Problem("too_long")
        key = fields.key(message.get("messageId"))
        waiting += [(child, key) for child in fields.objects(message.get("children"))][::-1]
    return found


def _said(raw: dict[str, Any], parent: str | None, place: int, files: Files) -> Said:
    is_reply = not raw.get("isCreatedByUser")
    blocks = list(fields.objects(raw.get("content")))
    content = parts.apart(part for block in blocks for part in _block(block, files))
    failed = raw.get("error") is True or any(block.get("type") == "error" for block in blocks)
    attached = [_attachment(told, files) for told in fields.objects(raw.get("files"))]
    return Said(
        key=fields.key(raw.get("messageId")) or str(place),
        parent=parent,
        is_reply=is_reply,
        parts=[*attached, *(content or parts.text(fields.text(raw.get("text"))))],
        created_at=fields.time(raw.get("createdAt")),
        model=(fields.text(raw.get("model"), 200) or fields.text(raw.get("sender"), 200)) if is_reply else "",
        fields=FAILED if is_reply and failed else {},
    )


def _block(block: dict[str, Any], files: Files) -> list[Any]:
    match block.get("type"):
        case "text":
            said = block.get("text")
            return parts.text(fields.text(fields.obj(said).get("value") if isinstance(said, dict) else said))
        case "think":
            return parts.thought(fields.text(block.get("think")))
        case "error":
            return parts.text(fields.text(block.get("error")))
        case "tool_call":
            told = fields.obj(block.get("tool_call"))
            asked = parts.call(told.get("name"), told.get("args"))
            return [asked, *([parts.call_result(told.get("name"), told["output"])] if told.get("output") else [])]
        case "image_file":
            return [_attachment(fields.obj(block.get("image_file")), files)]
        case "image_url":
            address = fields.obj(block.get("image_url")).get("url")
            return [Attachment("image", partial(fields.data_address, address), "image")]
        case _:
            return []


def _attachment(told: dict[str, Any], files: Files) -> Attachment:
    name = fields.text(told.get("filename"), 200) or "file"
    kind = "image" if fields.text(told.get("type"), 60).startswith("image/") or told.get("width") else "file"
    return Attachment(name, partial(files.called, fields.text(told.get("file_id"), 200) or name), kind)
