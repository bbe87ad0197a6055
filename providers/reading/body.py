"""JSON objects out of a reply body that may be events, an array, lines, or one object.

Neither the request nor Content-Type shows the form. Gateways answer a stream request with one object, or an SSE request
with an array. Some put a bare error object after half an event stream. So every line is judged by its first byte.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from typing import Any

from providers.errors import BadReply
from providers.reading.sse import MAX_EVENT_BYTES, ByteOrderMark, Events, Lines
from providers.wires.json_values import from_json

_logger = logging.getLogger(__name__)

MAX_UNREADABLE = 3
_DONE = re.compile(rb"\s*+\[DONE\]")
# Most chunks consist of whole events with one object each; those take a shorter path.
_WHOLE_EVENTS = re.compile(rb"(?:data: \{[^\r\n]*+\n\n)++")
_BETWEEN = b"\n\ndata: "
_STRUCTURE = re.compile(rb'["{}\[\]]')
_IN_STRING = re.compile(rb'["\\]')


class BodyDecoder:
    """The decoder of one reply body: chunks in, JSON objects out.

    `done` is True after the end marker `[DONE]`. `alien` is True when nothing in a known format has come. A single
    event that cannot be decoded is skipped and logged; three in a row raise BadReply.
    """

    def __init__(self) -> None:
        self.done = False
        self._mark = ByteOrderMark()
        self._lines = Lines()
        self._events = Events()
        self._object = JsonBodyDecoder()
        self._unreadable = 0
        self._has_skipped = False
        self._is_garbled: bool | None = None  # None until the first event
        self._started = False

    @property
    def alien(self) -> bool:
        """Return whether the body held lines of no known format, or events of which none could be decoded."""
        return self._events.alien or self._is_garbled is True

    def feed(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        """Yield the objects that `chunk` completes; none after `[DONE]`. Raises BadReply."""
        chunk = self._mark.strip(chunk)
        position = self._lines.start_of(chunk)
        if self._is_between_events() and len(chunk) < MAX_EVENT_BYTES and _WHOLE_EVENTS.fullmatch(chunk):
            yield from self._of_whole_events(chunk[len(b"data: ") : -len(b"\n\n")].split(_BETWEEN))
            return
        while position < len(chunk) and not self.done:
            if self._lines.at_start and not self._object.is_open:
                position = self._lines.skip(chunk, position, whole_lines=not self._events.is_open)
                first = chunk[position : position + 1]
                if first == b"{" or not self._started:
                    yield from self._begin(first)
            if self._object.is_open:
                text, position = self._object.next_object(chunk, position)
                if text is not None:
                    yield from self._decoded(text)
            else:
                line, position = self._lines.next_line(chunk, position)
                if line is not None:
                    yield from self._event(line)

    def finish(self) -> Iterator[dict[str, Any]]:
        """Yield the last objects after the body has ended. Raises BadReply.

        An event that lacks its end was cut off: that alone does not make the body `alien`.
        """
        yield from self.feed(self._mark.flush())
        self._is_garbled = self._is_garbled or False
        yield from self._event(self._lines.flush())
        yield from self._event(b"")

    def _is_between_events(self) -> bool:
        said_something = self._started and not self.done
        return said_something and self._lines.at_start and not self._object.is_open and not self._events.is_open

    def _begin(self, first: bytes) -> Iterator[dict[str, Any]]:
        """Choose by its first byte how the next line is read: as a bare object or as an event's field."""
        if first == b"<" and not self._started:
            raise BadReply(because="The vendor answered with a web page instead of a reply.")
        if first == b"{":
            yield from self._event(b"")
            self._object.is_open = True
        self._started = self._started or first.strip() != b""

    def _event(self, line: bytes) -> Iterable[dict[str, Any]]:
        event = self._events.line(line)
        if event is None:
            return ()
        if _DONE.match(event.data):
            self.done = True
            return ()
        decoded = self._decoded(event.data)
        return [_named_error(one) for one in decoded] if event.name == "error" else decoded

    def _of_whole_events(self, texts: list[bytes]) -> Iterable[dict[str, Any]]:
        """Decode all texts in one call, which takes half the time.

        Decodes them one by one if the number of objects differs from the number of events.
        """
        together = _objects_in(b"[%b]" % b",".join(texts))
        if len(together) == len(texts):
            self._unreadable, self._is_garbled = 0, False
            return together
        return (found for text in texts for found in self._decoded(text))

    def _decoded(self, text: bytes) -> Iterable[dict[str, Any]]:
        if not text or text.isspace():
            return ()
        objects = _objects_in(text)
        self._unreadable = 0 if objects else self._unreadable + 1
        self._is_garbled = not objects and self._is_garbled is not False
        if self._unreadable == MAX_UNREADABLE:
            raise BadReply(because="The vendor sent events that cannot be read.")
        if not objects and text.lstrip().startswith((b"{", b"[")):
            self._note_skipped(len(text))
        return objects

    def _note_skipped(self, size: int) -> None:
        """Log once per reply that an unreadable event was skipped; never log its content."""
        if not self._has_skipped:
            _logger.warning(
                "A vendor sent an event of %d bytes that cannot be read; its reply goes on without it.", size
            )
        self._has_skipped = True


class JsonBodyDecoder:
    """The search for the end of a JSON object without framing: it counts braces outside strings."""

    def __init__(self) -> None:
        self.is_open = False
        self._pieces: list[bytes] = []
        self._size = 0
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def next_object(self, chunk: bytes, position: int) -> tuple[bytes | None, int]:
        """Return the object that ends in `chunk`, or None; and the position at which to go on."""
        end = self._end(chunk, position)
        self._keep(chunk[position:end])
        if self._depth:
            return None, end
        text, self._pieces, self._size, self.is_open = b"".join(self._pieces), [], 0, False
        return text, end

    def _end(self, chunk: bytes, position: int) -> int:
        if self._escaped:
            position, self._escaped = position + 1, False
        while found := (_IN_STRING if self._in_string else _STRUCTURE).search(chunk, position):
            position, mark = found.end(), found[0]
            if mark == b'"':
                self._in_string = not self._in_string
            elif mark == b"\\":
                self._escaped = position == len(chunk)
                position += 1
            elif mark in b"}]":
                self._depth -= 1
                if not self._depth:
                    return position
            else:
                self._depth += 1
        return len(chunk)

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > MAX_EVENT_BYTES:
            raise BadReply(because="The vendor sent an object longer than this site reads.")
        self._pieces.append(piece)


def _objects_in(text: bytes) -> list[dict[str, Any]]:
    """Return the objects of one JSON text: the text's own object, or those in its list.

    Vendors send some errors as a list with one element.
    """
    try:
        value = from_json(str(text, "utf-8", "replace"))
    except (ValueError, RecursionError):
        return []
    return [member for member in (value if isinstance(value, list) else [value]) if isinstance(member, dict)]


def _named_error(decoded: dict[str, Any]) -> dict[str, Any]:
    """Return the data of an `event: error` under the key "error", unless it has that key."""
    return decoded if decoded.get("error") else {"error": decoded}
