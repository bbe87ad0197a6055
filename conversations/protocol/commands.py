"""The browser → server vocabulary: what a frame must look like to become a command, and nothing else."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from conversations.errors import Refused
from conversations.protocol.parameters import checked
from conversations.text import clean, message_text

MAX_DEPTH = 20
MAX_FILES, MAX_MODELS = 10, 8
"""Of one message."""


@dataclass(frozen=True, slots=True)
class Open:
    conversation: UUID
    html: bool = False
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Close:
    conversation: UUID


@dataclass(frozen=True, slots=True)
class Read:
    conversation: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class Send:
    conversation: UUID | None
    text: str
    parent: UUID | None = None
    says_parent: bool = False
    """Without it the message follows the conversation's newest leaf."""
    files: tuple[UUID, ...] = ()
    models: tuple[UUID, ...] = ()
    team: UUID | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Edit:
    message: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Retry:
    message: UUID
    models: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Continue:
    message: UUID


@dataclass(frozen=True, slots=True)
class Stop:
    message: UUID


@dataclass(frozen=True, slots=True)
class Fork:
    message: UUID


@dataclass(frozen=True, slots=True)
class Choose:
    message: UUID


@dataclass(frozen=True, slots=True)
class Typing:
    conversation: UUID


@dataclass(frozen=True, slots=True)
class Ping:
    open: dict[UUID, int] = field(default_factory=dict)


Body = Open | Close | Read | Send | Edit | Retry | Continue | Stop | Fork | Choose | Typing | Ping


@dataclass(frozen=True, slots=True)
class Command:
    """A well-formed frame: the id its sender chose, what is asked, and a digest of the whole body."""

    id: str
    body: Body
    digest: str


def parse(fields: dict[str, Any]) -> Command:
    """The command of a frame's object; refuses with bad_field, bad_text or too_long."""
    command_id, kind = _command_id(fields), fields.get("type")
    build = _BUILDERS.get(kind) if isinstance(kind, str) else None
    if build is None:
        raise Refused("bad_field", "“type” names no command.")
    return Command(command_id, build(fields), _digest(fields))


def reference(fields: dict[str, Any]) -> str | None:
    """The id of a refused command, where it has one."""
    try:
        return _command_id(fields)
    except Refused:
        return None


# --- Frames --------------------------------------------------------------------------------------------------------


def json_object(frame: str) -> dict[str, Any]:
    """The object that a frame holds, without NaN, double keys or bottomless nesting; refuses with bad_frame."""
    if not frame.lstrip()[:1] == "{":  # whatever else it is need not be read
        raise Refused("bad_frame", "This frame is not a JSON object.")
    try:
        value = _decode(frame)
    except (ValueError, RecursionError):
        raise Refused("bad_frame", "This frame is not a JSON object.") from None
    if not isinstance(value, dict) or _is_deep(value):
        raise Refused("bad_frame", "This frame is not a JSON object.")
    return value


def _decode(frame: str) -> Any:
    return json.loads(frame, object_pairs_hook=_without_duplicates, parse_constant=_no_constant, parse_float=_finite)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(made := dict(pairs)) != len(pairs):
        raise ValueError("duplicate keys")
    return made


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _finite(digits: str) -> float:
    if (number := float(digits)) in (float("inf"), float("-inf")):
        raise ValueError(digits)
    return number


def _is_deep(value: Any) -> bool:
    """Level by level: recursion would fail at a depth that the decoder itself still takes."""
    level = [value]
    for _ in range(MAX_DEPTH):
        nested = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level = [child for children in nested for child in children]
        if not level:
            return False
    return True


def _digest(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


# --- Fields --------------------------------------------------------------------------------------------------------


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


def _uuids(fields: dict[str, Any], name: str, most: int) -> tuple[UUID, ...]:
    named = fields.get(name)
    if named is None:
        return ()
    if not isinstance(named, list) or len(named) > most:
        raise Refused("bad_field", f"“{name}” must be a list of at most {most} ids.")
    return tuple(dict.fromkeys(_as_uuid(item, name) for item in named))


# --- One builder a command -----------------------------------------------------------------------------------------


def _open(fields: dict[str, Any]) -> Open:
    html = fields.get("html", False)
    if not isinstance(html, bool):
        raise Refused("bad_field", "“html” must be true or false.")
    since = fields.get("since")
    return Open(_uuid(fields, "conversation"), html, None if since is None else _revision(since, "since"))


def _close(fields: dict[str, Any]) -> Close:
    return Close(_uuid(fields, "conversation"))


def _read(fields: dict[str, Any]) -> Read:
    return Read(_uuid(fields, "conversation"), _revision(fields.get("revision"), "revision"))


def _send(fields: dict[str, Any]) -> Send:
    return Send(
        conversation=_optional_uuid(fields, "conversation"),
        text=message_text(fields.get("text"), may_be_empty=bool(fields.get("files"))),
        parent=_optional_uuid(fields, "parent"),
        says_parent="parent" in fields,
        files=_uuids(fields, "files", MAX_FILES),
        models=_uuids(fields, "models", MAX_MODELS),
        team=_optional_uuid(fields, "team"),
        parameters=checked(fields.get("parameters")),
    )


def _edit(fields: dict[str, Any]) -> Edit:
    return Edit(_message(fields), message_text(fields.get("text"), may_be_empty=True))


def _retry(fields: dict[str, Any]) -> Retry:
    return Retry(_message(fields), _uuids(fields, "models", MAX_MODELS))


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
    "conversation.fork": lambda fields: Fork(_message(fields)),
    "branch.choose": lambda fields: Choose(_message(fields)),
    "typing": lambda fields: Typing(_uuid(fields, "conversation")),
    "ping": _ping,
}
