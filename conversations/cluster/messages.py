"""The messages between the processes of one site, as JSON: events, deltas, requests and hints."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder

from conversations.content.parts import LivePart, NumberedParts
from conversations.live.viewer_events import Event, PrivateFields
from providers.types import Part


@dataclass(frozen=True, slots=True)
class ReplyDelta:
    """The pieces of a reply that its process has sent to its viewers."""

    reply: UUID
    conversation: UUID
    pieces: NumberedParts


@dataclass(frozen=True, slots=True)
class ReplySnapshot:
    """All of a reply up to `seq`, the answer to SnapshotRequest."""

    reply: UUID
    seq: int
    parts: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SnapshotRequest:
    """A request for all of a reply, for a late subscriber."""

    reply: UUID


@dataclass(frozen=True, slots=True)
class StopRequest:
    """A request to stop these replies."""

    replies: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The news that this reply's row is terminal, so that replies that wait for it may begin."""

    reply: UUID


@dataclass(frozen=True, slots=True)
class PresenceRequest:
    """A request for the people in this conversation, for a new subscriber."""

    conversation: UUID


@dataclass(frozen=True, slots=True)
class SignedCommands:
    """Commands for an event stream, received by another process than the stream's."""

    signed: str


@dataclass(frozen=True, slots=True)
class EventsLost:
    """The news that events since then may be lost: seconds of time.time()."""

    since: float


Message = (
    Event | ReplyDelta | ReplySnapshot | SnapshotRequest | StopRequest | ReplyEnded | PresenceRequest | SignedCommands
    | EventsLost
)  # fmt: skip


def to_bytes(message: Message) -> bytes:
    return json.dumps(_to_json(message), cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def from_bytes(content: bytes) -> Message:
    """Return the message that `to_bytes` made; payloads then hold texts instead of ids and times."""
    told = json.loads(content)
    match told["kind"]:
        case "news":
            return _news(told)
        case "grown":
            return ReplyDelta(
                UUID(told["reply"]), UUID(told["conversation"]), [_numbered(piece) for piece in told["pieces"]]
            )
        case "whole":
            return ReplySnapshot(UUID(told["reply"]), told["seq"], told["parts"])
        case "asked":
            return SnapshotRequest(UUID(told["reply"]))
        case "stopped":
            return StopRequest(tuple(map(UUID, told["replies"])))
        case "ended":
            return ReplyEnded(UUID(told["reply"]))
        case "came":
            return PresenceRequest(UUID(told["conversation"]))
        case "commands":
            return SignedCommands(told["signed"])
        case _:
            return EventsLost(told["since"])


def _to_json(message: Message) -> dict[str, Any]:
    match message:
        case Event():
            named = {"conversation": message.conversation, "payload": message.payload, "html": message.html}
            return {"kind": "news", **named, "people": message.people, "private": _private_to_json(message.private)}
        case ReplyDelta(reply, conversation, pieces):
            told = [_piece_to_json(seq, piece) for seq, piece in pieces]
            return {"kind": "grown", "reply": reply, "conversation": conversation, "pieces": told}
        case ReplySnapshot(reply, seq, parts):
            return {"kind": "whole", "reply": reply, "seq": seq, "parts": parts}
        case SnapshotRequest(reply):
            return {"kind": "asked", "reply": reply}
        case StopRequest(replies):
            return {"kind": "stopped", "replies": replies}
        case ReplyEnded(reply):
            return {"kind": "ended", "reply": reply}
        case PresenceRequest(conversation):
            return {"kind": "came", "conversation": conversation}
        case SignedCommands(signed):
            return {"kind": "commands", "signed": signed}
        case EventsLost(since):
            return {"kind": "lost", "since": since}


def _news(told: dict[str, Any]) -> Event:
    people = told["people"]
    return Event(
        UUID(told["conversation"]),
        told["payload"],
        told["html"],
        people=None if people is None else tuple(map(UUID, people)),
        private=_private(told.get("private")),
    )


def _private_to_json(private: PrivateFields | None) -> dict[str, Any] | None:
    return None if private is None else {"people": private.people, "fields": private.fields}


def _private(told: dict[str, Any] | None) -> PrivateFields | None:
    return None if told is None else PrivateFields(tuple(map(UUID, told["people"])), told["fields"])


def _piece_to_json(seq: int, piece: LivePart) -> dict[str, Any]:
    told: dict[str, Any] = {"seq": seq}
    if piece.text:
        told["text"] = piece.text
    if piece.thought:
        told["thought"] = piece.thought
    if piece.part is not None:
        told["part"] = piece.part.to_json()
    if piece.carried:
        told["carried"] = [part.to_json() for part in piece.carried]
    return told


def _numbered(told: dict[str, Any]) -> tuple[int, LivePart]:
    part = Part.from_json(told["part"]) if "part" in told else None
    piece = LivePart(told.get("text", ""), told.get("thought", ""), part, _parts(told.get("carried", ())))
    return told["seq"], piece


def _parts(told: Iterable[dict[str, Any]]) -> tuple[Part, ...]:
    return tuple(Part.from_json(part) for part in told)
