"""NextChat's export: the whole store of its page as one object, with the conversations in `sessions`.

Source: ChatGPTNextWeb/NextChat (`app/store/chat.ts`, `app/store/sync.ts`). Times of messages are as the browser wrote
them; threads have no branches. One conversation alone has roles and texts, and its topic is the file's name.
"""

from functools import partial
from itertools import pairwise
from typing import Any

from conversations.imports import fields
from conversations.imports.formats import parts
from conversations.imports.thread import FAILED, Attachment, Said, Thread
from conversations.imports.upload import Files

NAME = "nextchat"
_ROLES = ("system", "user", "assistant")


def recognises(raw: dict[str, Any]) -> bool:
    told = raw.get("messages")
    return isinstance(told, list) and ("topic" in raw or (bool(told) and all(map(_is_message, told))))


def thread(raw: dict[str, Any], files: Files) -> Thread:
    mask = fields.obj(raw.get("mask"))
    told = [message for message in fields.objects(raw["messages"]) if message.get("role") in ("user", "assistant")]
    messages = [_said(message, place) for place, message in enumerate(told)]
    for above, message in pairwise(messages):
        message.parent = above.key
    system = (one.get("content") for one in fields.objects(mask.get("context")) if one.get("role") == "system")
    return Thread(
        key=fields.key(raw.get("id")) or "",
        title=fields.text(raw.get("topic") or raw.get("sessionTitle"), 500),
        messages=messages,
        created_at=messages[0].created_at if messages else None,
        updated_at=fields.time(raw.get("lastUpdate")),
        model=fields.text(fields.obj(mask.get("modelConfig")).get("model"), 200),
        system_prompt="\n\n".join(filter(None, map(fields.text, system))),
    )


def _said(raw: dict[str, Any], place: int) -> Said:
    is_reply, content = raw.get("role") == "assistant", raw.get("content")
    blocks = [part for block in fields.objects(content) for part in _block(block)]
    return Said(
        key=f"{place}-{fields.key(raw.get('id'))}",
        parent=None,
        is_reply=is_reply,
        parts=blocks or parts.text(fields.text(content)),
        created_at=fields.time(raw.get("date")),
        model=fields.text(raw.get("model"), 200) if is_reply else "",
        fields=FAILED if is_reply and raw.get("isError") is True else {},
    )


def _is_message(one: Any) -> bool:
    return isinstance(one, dict) and one.get("role") in _ROLES and "content" in one


def _block(block: dict[str, Any]) -> list[Any]:
    if block.get("type") == "image_url":
        address = fields.obj(block.get("image_url")).get("url")
        return [Attachment("image", partial(fields.data_address, address), "image")]
    return parts.text(fields.text(block.get("text")))
