"""A conversation as JSON: what our own import reads again.

    {"format": "chatsite", "version": 1, "exported_at", "exported_by", "id", "title", "owner", "team", "model",
     "system_prompt", "parameters", "began_with", "created_at", "updated_at", "pinned", "archived", "muted", "shown",
     "messages": [{"id", "parent", "role", "author", "text", "parts", "files", "status", "model", "parameters",
                   "continues", "for_people", "finish_reason", "usage", "error", "left_out", "prompt"?, "assistant"?,
                   "summary"?, "verified", "remarks", "summaries"?, "created_at", "ended_at"}]}

People, teams and models are names. `shown` is the end of the branch that the exporter sees; `pinned`, `archived` and
`muted` are the exporter's own. `start` and `end` of a remark are characters of `text`; `remark` is the one that it
replies to. A summary stands at the last message that it sums up. `summary` of a reply, {"id", "version"}, is
the one that its model was told. The fields of a remark, a summary and a file:

    {"id", "remark", "author", "text", "quote", "start", "end", "assignee", "resolved_by", "resolved_at", "created_at"}

    {"id", "model", "cost", "room", "versions": [{"number", "author": null for the model, "text", "created_at"}]}

    {"id", "name", "media_type", "bytes", "data": base64, or "path": its place in the zip, or neither}
"""

import base64
import json
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from conversations.content.parts import public_fields
from conversations.content.phrases import remarks_on
from conversations.exports.branch import messages
from conversations.files import storage
from conversations.models import Conversation, File, Message, Remark, Summary, User, Verification
from conversations.models.assistants.assistant import public_note
from conversations.models.sidebar import arranged

FORMAT, VERSION = "chatsite", 1
MAX_DATA_BYTES = 32 * 1024 * 1024
"""Bytes of all files inside one JSON; more would be hard to read back. The zip has them all."""
Place = Callable[[File], dict[str, Any]]


def pieces(
    person: User, conversation: Conversation, leaf: UUID | None, ids: Sequence[UUID], place: Place
) -> Generator[bytes]:
    """Yield the JSON in pieces, one message each; `place` returns the fields that lead to a file's bytes."""
    head = _encoded(_head(person, conversation, leaf))
    yield head[:-1].encode() + b', "messages": ['
    for number, message in enumerate(messages(ids)):
        yield b",\n" * bool(number) + _encoded(_message(message, place)).encode()
    yield b"]}\n"


class Data:
    """The place of files inside the JSON itself, up to MAX_DATA_BYTES together."""

    def __init__(self) -> None:
        self._left = MAX_DATA_BYTES

    def __call__(self, file: File) -> dict[str, Any]:
        if file.size > self._left:
            return {}
        with suppress(FileNotFoundError):
            self._left -= file.size
            return {"data": base64.b64encode(file.path.read_bytes()).decode()}
        return {}


def _head(person: User, conversation: Conversation, leaf: UUID | None) -> dict[str, Any]:
    place = arranged(Conversation.objects.filter(pk=conversation.pk), person).first()
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": timezone.now(),
        "exported_by": person.name,
        "id": conversation.id,
        "title": conversation.title,
        "owner": conversation.owner.name,
        "team": conversation.team_name or None,
        "model": conversation.model.name if conversation.model else None,
        "system_prompt": conversation.system_prompt,
        "parameters": conversation.parameters,
        "began_with": conversation.began_with,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        **{name: getattr(place, f"is_{name}", False) for name in ("pinned", "archived", "muted")},
        "shown": leaf,
    }


def _message(message: Message, place: Place) -> dict[str, Any]:
    return {
        "id": message.id,
        "parent": message.parent_id,
        "role": message.role,
        "author": None if message.is_reply else message.told_author or None,
        "text": message.text,
        "parts": [public_fields(part) for part in message.parts],
        "files": [{**storage.file_json(file), **place(file)} for file in message.files.all()],
        "status": message.status,
        "model": message.model_name or None,
        "parameters": message.parameters,
        "continues": message.continues_id,
        "for_people": bool(message.for_people),
        "finish_reason": message.finish_reason or None,
        "usage": message.usage(),
        "error": message.error_code or None,
        "left_out": message.left_out,
        **({"prompt": message.prompt} if message.prompt else {}),
        **({"assistant": public_note(message.assistant)} if message.assistant else {}),
        **({"summary": message.summary} if message.summary else {}),
        "verified": _verified(message.verified),
        "remarks": [_remark(remark) for remark in remarks_on(message)],
        **({"summaries": [_summary(one) for one in told]} if (told := message.told_summaries) else {}),  # type: ignore[attr-defined]
        "created_at": message.created_at,
        "ended_at": message.ended_at,
    }


def _verified(mark: Verification | None) -> dict[str, Any] | None:
    if mark is None:
        return None
    return {"by": mark.by_name or None, "note": mark.note, "until": mark.until, "at": mark.verified_at}


def _summary(summary: Summary) -> dict[str, Any]:
    versions = [
        {"number": one.number, "author": one.author and one.author.name, "text": one.text, "created_at": one.created_at}
        for one in summary.versions.all()
    ]
    return {
        "id": summary.pk,
        "model": summary.model_name,
        "cost": summary.cost,
        "room": summary.room,
        "versions": versions,
    }


def _remark(remark: Remark) -> dict[str, Any]:
    names = {name: getattr(getattr(remark, name), "name", None) for name in ("author", "assignee", "resolved_by")}
    told = {name: getattr(remark, name) for name in ("text", "quote", "start", "end", "resolved_at", "created_at")}
    return {"id": remark.pk, "remark": remark.above_id, **names, **told}


def _encoded(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
