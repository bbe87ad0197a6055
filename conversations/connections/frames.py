"""Frames from server to client: each event is encoded once, for all sockets."""

import json
import struct
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder

from conversations.content.parts import public_fields
from conversations.live.viewer_events import DeltaEvent, Event, ViewerEvent

BRIEF = 8
"""Characters at the end of an id that tell one reply under way from another."""
_TEXT = 0x81
"""The first byte of a frame with a whole text message."""


class _Encoder(DjangoJSONEncoder):
    def default(self, value: Any) -> Any:
        return str(value) if type(value) is UUID else super().default(value)


_any = _Encoder(ensure_ascii=False, separators=(",", ":")).encode
_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Made once: json.dumps would make an encoder for each delta."""


def frame_of(event: ViewerEvent) -> bytes:
    """Return the frame of an event, which is encoded for the first socket and kept for all others."""
    if event.websocket_frame is None:
        event.websocket_frame = _frame(event)
    return event.websocket_frame


def frame(fields: dict[str, Any]) -> bytes:
    """Return the frame of an answer to one socket."""
    return _on_wire(_any(fields))


def payload_of(frame: bytes) -> bytes:
    """Return the JSON of a frame that this module made."""
    return frame[{126: 4, 127: 10}.get(frame[1], 2) :]


def _frame(event: ViewerEvent) -> bytes:
    if isinstance(event, Event):
        added = {"html": event.html, "patch": event.patch}
        return frame({**event.payload, **{name: value for name, value in added.items() if value is not None}})
    piece = event.piece
    if piece.text and not piece.thought and piece.part is None and event.html is None and not event.first:
        head = _head(event.conversation, event.message, event.is_brief)
        return _on_wire(f'{head},"seq":{event.seq},"text":{_quoted(piece.text)}}}')
    return _on_wire(_plain(_delta(event)))


@lru_cache(maxsize=4096)
def _head(conversation: UUID, message: UUID, is_brief: bool) -> str:
    """Return the beginning of all deltas of a reply: most are words alone, and differ only behind it."""
    return _plain(_fields(conversation, message, is_brief))[:-1]


def _fields(conversation: UUID, message: UUID, is_brief: bool) -> dict[str, Any]:
    if is_brief:
        return {"type": "message.delta", "of": str(message)[-BRIEF:]}
    return {"type": "message.delta", "conversation": str(conversation), "message": str(message)}


def _delta(event: DeltaEvent) -> dict[str, Any]:
    """Return a message.delta, whose values need no encoder but the quick one."""
    piece, fields = event.piece, _fields(event.conversation, event.message, event.is_brief)
    fields["seq"] = event.seq
    if event.first not in (0, event.seq):
        fields["first"] = event.first
    if piece.text:
        fields["text"] = piece.text
    if piece.thought:
        fields["thought"] = piece.thought
    if piece.part is not None:
        grows = piece.part.kind in ("text", "thought")
        fields[piece.part.kind if grows else "part"] = piece.part.text if grows else public_fields(piece.part.to_json())
    if event.html is not None:
        fields["html"] = event.html
    return fields


def _on_wire(text: str) -> bytes:
    """Return a whole unmasked text frame, the same for all sockets. Source: RFC 6455, section 5.2."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        head = bytes([_TEXT, size])
    elif size < 2**16:
        head = struct.pack("!BBH", _TEXT, 126, size)
    else:
        head = struct.pack("!BBQ", _TEXT, 127, size)
    return head + payload
