"""Frames from server to client, serialised once, with their position for each client's state."""

import json
import struct
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder

from conversations.content.parts import LivePart, public_fields

_TEXT = 0x81
"""The first byte of a frame with a whole text message."""
_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Made once: json.dumps would make an encoder for each delta."""


@dataclass(frozen=True, slots=True)
class Position:
    """The position of an event: a revision of its conversation, or a seq of one reply."""

    revision: int | None = None
    message: str = ""
    seq: int = 0

    def is_news_after(self, revision: int, seqs: dict[str, int]) -> bool:
        if self.revision is not None:
            return self.revision > revision
        return not self.message or self.seq > seqs.get(self.message, 0)


@dataclass(frozen=True, slots=True)
class Event:
    """An event for the subscribers of a conversation or, with `people`, for all sockets of these people."""

    conversation: UUID
    payload: dict[str, Any]
    html: str | None = None
    people: tuple[UUID, ...] | None = None
    _serialised: dict[bool, bytes] = field(default_factory=dict)

    @property
    def stamp(self) -> Position:
        return Position(revision=self.payload.get("revision"))

    @property
    def is_farewell(self) -> bool:
        """Return whether the recipients lose the conversation with this event."""
        return self.payload["type"] == "conversation.gone"

    def frame(self, html: bool) -> bytes:
        rich = html and self.html is not None
        if rich not in self._serialised:
            self._serialised[rich] = on_wire(serialise({**self.payload, "html": self.html} if rich else self.payload))
        return self._serialised[rich]


def delta(
    conversation: UUID, message: UUID, seq: int, piece: LivePart, html: tuple[tuple[str, ...], str] | None = None
) -> bytes:
    """Return a message.delta; `html` is (newly closed blocks, the open one) up to and with this piece."""
    frame: dict[str, Any] = {
        "type": "message.delta",
        "conversation": str(conversation),
        "message": str(message),
        "seq": seq,
    }
    if piece.text:
        frame["text"] = piece.text
    if piece.thought:
        frame["thought"] = piece.thought
    if piece.part is not None:
        grows = piece.part.kind in ("text", "thought")
        frame[piece.part.kind if grows else "part"] = piece.part.text if grows else public_fields(piece.part.to_json())
    if html is not None:
        frame["html"] = {"done": html[0], "live": html[1]}
    return on_wire(_plain(frame))


def on_wire(frame: str) -> bytes:
    """Return a whole unmasked text frame, the same for all sockets. Source: RFC 6455, section 5.2."""
    payload = frame.encode()
    size = len(payload)
    if size < 126:
        head = bytes([_TEXT, size])
    elif size < 2**16:
        head = struct.pack("!BBH", _TEXT, 126, size)
    else:
        head = struct.pack("!BBQ", _TEXT, 127, size)
    return head + payload


def presence(conversation: UUID, here: dict[UUID, str], gone: dict[UUID, str]) -> dict[str, Any]:
    """Return a presence event of people by id and name: `here` counts for a minute, `gone` left."""
    people = {"here": here, "gone": gone}
    listed = {key: [{"id": person, "name": name} for person, name in who.items()] for key, who in people.items()}
    return {"type": "presence", "conversation": conversation, **listed}


def serialise(frame: dict[str, Any]) -> str:
    return json.dumps(frame, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
