"""Our own export: `conversations/exports/thread_json.py` says what is in it."""

import re
from functools import partial
from typing import Any
from uuid import UUID

from conversations.errors import Refused
from conversations.imports import fields
from conversations.imports.formats.parts import checked
from conversations.imports.thread import Attachment, Said, SummedUp, Thread
from conversations.imports.upload import Files
from conversations.models.assistants.assistant import MAX_NAME_LENGTH
from conversations.models.marks.summary import MAX_SUMMARY_LENGTH
from conversations.protocol.assistants import checked_symbol
from conversations.text import title_of

NAME = "chatsite"
USUAL_ROOM = 4_000
"""Tokens of people's own words beside a summary from a file that does not say."""
_ENDED = ("complete", "stopped", "interrupted", "failed")
_FINISHES = ("stop", "length", "blocked", "tool_call", "other")
_CODE = re.compile(r"[a-z_]{1,32}")
_COUNTS = ("input_tokens", "output_tokens", "thought_tokens", "cached_tokens")


def recognises(raw: dict[str, Any]) -> bool:
    return raw.get("format") == NAME and "messages" in raw


def thread(raw: dict[str, Any], files: Files) -> Thread:
    exporter = fields.text(raw.get("exported_by"), 120)
    return Thread(
        key=fields.key(raw.get("id")) or "",
        title=fields.text(raw.get("title"), 500),
        messages=[_said(message, exporter, files) for message in fields.objects(raw.get("messages"))],
        shown=fields.key(raw.get("shown")),
        created_at=fields.time(raw.get("created_at")),
        updated_at=fields.time(raw.get("updated_at")),
        model=fields.text(raw.get("model"), 200),
        system_prompt=fields.text(raw.get("system_prompt")),
        parameters=raw.get("parameters"),
        team=fields.text(raw.get("team"), 120),
        arranged=fields.arranged(raw, pinned=("pinned",), archived=("archived",), muted=("muted",)),
        began_with=_assistant(raw.get("began_with")),
    )


def _said(raw: dict[str, Any], exporter: str, files: Files) -> Said:
    is_reply, author = raw.get("role") == "assistant", fields.text(raw.get("author"), 120)
    held = {str(file.get("id")): file for file in fields.objects(raw.get("files"))}
    parts: list[dict[str, Any] | Attachment] = [
        _attachment(held[str(part.get("file"))], part, files) if str(part.get("file")) in held else checked(part)
        for part in fields.objects(raw.get("parts"))
    ]
    return Said(
        key=fields.key(raw.get("id")) or "",
        parent=fields.key(raw.get("parent")),
        is_reply=is_reply,
        parts=parts,
        created_at=fields.time(raw.get("created_at")),
        author="" if author == exporter or is_reply else author,
        model=fields.text(raw.get("model"), 200),
        fields=_fields(raw, fields.text(raw.get("text"))),
        summary=_summary(raw, exporter),
    )


def _summary(raw: dict[str, Any], exporter: str) -> SummedUp | None:
    """Return the newest version of the newest summary that stands at a message."""
    found = list(fields.objects(raw.get("summaries")))[-1:]
    versions = [version for one in found for version in fields.objects(one.get("versions"))]
    text = fields.text(versions[-1].get("text"), MAX_SUMMARY_LENGTH).strip() if versions else ""
    if not text:
        return None
    author = versions[-1].get("author")
    return SummedUp(
        text,
        fields.text(found[0].get("model"), 200),
        fields.count(found[0].get("room")) or USUAL_ROOM,
        author is None,
        author == exporter,
        fields.time(versions[-1].get("created_at")),
    )


def _attachment(file: dict[str, Any], part: dict[str, Any], files: Files) -> Attachment:
    kind = "image" if part.get("kind") == "image" else "file"
    if "data" in file:
        return Attachment(fields.text(file.get("name"), 200), partial(fields.decoded, file["data"]), kind)
    return Attachment(fields.text(file.get("name"), 200), partial(files.at, fields.text(file.get("path"), 500)), kind)


def _assistant(raw: Any) -> dict[str, Any] | None:
    """Return the note of an assistant; one that is none is left out. Who may use it is asked where it is used."""
    told = fields.obj(raw)
    name, number = title_of(fields.text(told.get("name")), MAX_NAME_LENGTH - 1), fields.count(told.get("version"))
    try:
        key = str(UUID(fields.text(told.get("id"), 40)))
        symbol = checked_symbol(told.get("symbol", ""))
    except (ValueError, Refused):
        return None
    return {"id": key, "name": name, "symbol": symbol, "version": number or 0} if name else None


def _fields(raw: dict[str, Any], text: str) -> dict[str, Any]:
    usage, error = fields.obj(raw.get("usage")), fields.text(raw.get("error"), 32)
    cost = usage.get("cost")
    return {
        "text": text,
        "status": raw["status"] if raw.get("status") in _ENDED else "interrupted",
        "finish_reason": raw["finish_reason"] if raw.get("finish_reason") in _FINISHES else "",
        "error_code": error if _CODE.fullmatch(error) else "",
        "ended_at": fields.time(raw.get("ended_at")),
        "parameters": raw.get("parameters"),
        "left_out": [
            {"parameter": fields.text(left["parameter"], 40), "sent": fields.storable(left.get("sent"))}
            for left in fields.objects(raw.get("left_out"))
            if isinstance(left.get("parameter"), str)
        ],
        "continues": fields.key(raw.get("continues")),
        "for_people": True if raw.get("for_people") is True and raw.get("role") != "assistant" else None,
        "assistant": _assistant(raw.get("assistant")) if raw.get("role") == "assistant" else None,
        "cost": cost if type(cost) is int and 0 <= cost < 2**53 else None,
        **{name: fields.count(usage.get(name)) for name in _COUNTS},
    }
