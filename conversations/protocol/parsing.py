"""Parsing of the websocket's JSON objects into commands; raises Refused for a field that does not fit."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from conversations.errors import Refused
from conversations.models.marks.remark import MAX_QUOTE_LENGTH, MAX_REMARK_LENGTH
from conversations.models.marks.verification import MAX_NOTE_LENGTH
from conversations.protocol.commands import (
    MAX_FILES,
    MAX_MODELS,
    AddRemark,
    AssignRemark,
    Body,
    Choose,
    Close,
    Command,
    Continue,
    DeleteRemark,
    Edit,
    Fork,
    Look,
    Open,
    Ping,
    Read,
    ReadNotifications,
    ReplyToRemark,
    ResolveRemark,
    Retry,
    Send,
    Stop,
    Typing,
    Unverify,
    Verify,
)
from conversations.protocol.parameters import validate
from conversations.text import clean, message_text, one_line
from providers.blank_text import is_blank


def parse(fields: dict[str, Any]) -> Command:
    """Return the command in a frame's object; refuses with bad_field, bad_text or too_long."""
    command_id, kind = _command_id(fields), fields.get("type")
    build = _BUILDERS.get(kind) if isinstance(kind, str) else None
    if build is None:
        raise Refused("bad_field", "“type” names no command.")
    return Command(command_id, build(fields), _digest(fields))


def reference(fields: dict[str, Any]) -> str | None:
    """Return the id of a refused command, or None if it has no valid one."""
    try:
        return _command_id(fields)
    except Refused:
        return None


def _digest(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _command_id(fields: dict[str, Any]) -> str:
    value = fields.get("id")
    if not isinstance(value, str) or not 1 <= len(value) <= 64:
        raise Refused("bad_field", "“id” must be a text of 1 to 64 characters.")
    return clean(value, "id")


def _uuid(fields: dict[str, Any], name: str) -> UUID:
    return _as_uuid(fields.get(name), name)


def _as_uuid(value: Any, name: str) -> UUID:
    try:
        if not isinstance(value, str) or not value.isascii():
            raise ValueError
        return UUID(value)
    except ValueError:
        raise Refused("bad_field", f"“{name}” must be an id.") from None


def _optional_uuid(fields: dict[str, Any], name: str) -> UUID | None:
    return None if fields.get(name) is None else _uuid(fields, name)


def _revision(value: Any, name: str) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise Refused("bad_field", f"“{name}” must be a whole number from 0.")
    return value


def _flag(fields: dict[str, Any], name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise Refused("bad_field", f"“{name}” must be true or false.")
    return value


def _uuids(fields: dict[str, Any], name: str, most: int) -> tuple[UUID, ...]:
    named = fields.get(name)
    if named is None:
        return ()
    if not isinstance(named, list) or len(named) > most:
        raise Refused("bad_field", f"“{name}” must be a list of at most {most} ids.")
    return tuple(dict.fromkeys(_as_uuid(item, name) for item in named))


def _open(fields: dict[str, Any]) -> Open:
    html = _flag(fields, "html")
    since = fields.get("since")
    known = None if since is None else _revision(since, "since")
    return Open(_uuid(fields, "conversation"), html, known, _flag(fields, "brief"))


def _close(fields: dict[str, Any]) -> Close:
    return Close(_uuid(fields, "conversation"))


def _read(fields: dict[str, Any]) -> Read:
    leaves_unseen = _flag(fields, "unseen")
    return Read(_uuid(fields, "conversation"), _revision(fields.get("revision"), "revision"), leaves_unseen)


def _send(fields: dict[str, Any]) -> Send:
    return Send(
        conversation=_optional_uuid(fields, "conversation"),
        text=message_text(fields.get("text"), may_be_empty=bool(fields.get("files"))),
        parent=_optional_uuid(fields, "parent"),
        says_parent="parent" in fields,
        files=_uuids(fields, "files", MAX_FILES),
        models=_uuids(fields, "models", MAX_MODELS),
        nobody=fields.get("models") == [],
        at_end=_flag(fields, "at_end"),
        team=_optional_uuid(fields, "team"),
        project=_optional_uuid(fields, "project"),
        parameters=validate(fields.get("parameters")),
        prompt=_prompt(fields.get("prompt")),
        assistant=_optional_uuid(fields, "assistant"),
        says_assistant="assistant" in fields,
    )


def _prompt(named: Any) -> tuple[UUID, int] | None:
    if named is None:
        return None
    if not isinstance(named, dict):
        raise Refused("bad_field", "“prompt” must be an object with “id” and “version”.")
    version = named.get("version")
    if type(version) is not int or not 0 < version < 2**31:
        raise Refused("bad_field", "“version” must be a whole number from 1.")
    return _uuid(named, "id"), version


def _edit(fields: dict[str, Any]) -> Edit:
    text = message_text(fields.get("text"), may_be_empty=True)
    return Edit(_message(fields), text, _uuids(fields, "models", MAX_MODELS), fields.get("models") == [])


def _retry(fields: dict[str, Any]) -> Retry:
    return Retry(_message(fields), _uuids(fields, "models", MAX_MODELS), _flag(fields, "fold"))


def _verify(fields: dict[str, Any]) -> Verify:
    note = fields.get("note")
    said = "" if note is None else one_line(note, "note", MAX_NOTE_LENGTH)
    return Verify(_message(fields), said, _day(fields.get("until"), "until"))


def _add_remark(fields: dict[str, Any]) -> AddRemark:
    start, end = (_optional_number(fields, name) for name in ("start", "end"))
    if (start is None) != (end is None) or (start is not None and end is not None and start >= end):
        raise Refused("bad_field", "“start” and “end” come together, the smaller one first.", "start")
    quote = fields.get("quote")
    quoted = "" if quote is None else clean(quote, "quote")[:MAX_QUOTE_LENGTH]
    assignee = _optional_uuid(fields, "assignee")
    return AddRemark(_message(fields), _remark_text(fields), start, end, quoted, assignee)


def _remark_text(fields: dict[str, Any]) -> str:
    text = clean(fields.get("text"), "text").strip()
    if is_blank(text):
        raise Refused("bad_text", "A remark needs some text.", "text")
    if len(text) > MAX_REMARK_LENGTH:
        raise Refused("too_long", f"A remark may have {MAX_REMARK_LENGTH:,} characters; this one has {len(text):,}.")
    return text


def _optional_number(fields: dict[str, Any], name: str) -> int | None:
    return None if fields.get(name) is None else _revision(fields[name], name)


def _remark(fields: dict[str, Any]) -> UUID:
    return _uuid(fields, "remark")


def _day(value: Any, name: str) -> date | None:
    if value is None:
        return None
    try:
        if not isinstance(value, str) or len(value) != len("2025-12-31"):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise Refused("bad_field", f"“{name}” must be a day, such as 2025-12-31.", name) from None


def _message(fields: dict[str, Any]) -> UUID:
    return _uuid(fields, "message")


def _ping(fields: dict[str, Any]) -> Ping:
    known = fields.get("open") or {}
    if not isinstance(known, dict) or len(known) > 100:
        raise Refused("bad_field", "“open” must be an object of at most 100 conversations.")
    return Ping({_as_uuid(key, "open"): _revision(value, "open") for key, value in known.items()})


_BUILDERS: dict[str, Callable[[dict[str, Any]], Body]] = {
    "conversation.open": _open,
    "conversation.close": _close,
    "conversation.read": _read,
    "message.send": _send,
    "message.edit": _edit,
    "reply.retry": _retry,
    "reply.continue": lambda fields: Continue(_message(fields)),
    "reply.stop": lambda fields: Stop(_message(fields)),
    "reply.verify": _verify,
    "reply.unverify": lambda fields: Unverify(_message(fields)),
    "remark.add": _add_remark,
    "remark.reply": lambda fields: ReplyToRemark(_remark(fields), _remark_text(fields)),
    "remark.assign": lambda fields: AssignRemark(_remark(fields), _optional_uuid(fields, "person")),
    "remark.resolve": lambda fields: ResolveRemark(_remark(fields), is_resolved=True),
    "remark.reopen": lambda fields: ResolveRemark(_remark(fields), is_resolved=False),
    "remark.delete": lambda fields: DeleteRemark(_remark(fields)),
    "conversation.fork": lambda fields: Fork(_message(fields)),
    "branch.choose": lambda fields: Choose(_message(fields)),
    "branch.look": lambda fields: Look(_message(fields)),
    "typing": lambda fields: Typing(_uuid(fields, "conversation")),
    "notification.read": lambda fields: ReadNotifications(_optional_uuid(fields, "notification")),
    "ping": _ping,
}
