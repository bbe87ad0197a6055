"""JSON objects out of a reply body that may be events, an array, lines, or one object.

Neither the request nor Content-Type shows the form. Gateways answer a stream request with one object, or an SSE request
with an array. Some put a bare error object after half an event stream. So every line is judged by its first byte.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from providers.errors import BadReply, beginning
from providers.reading.data_lines import DONE
from providers.reading.json_objects import ObjectEnd, objects_in, objects_in_list
from providers.reading.sse import MAX_EVENT_BYTES, ByteOrderMark, Event, Events, Lines

_logger = logging.getLogger(__name__)

MAX_UNREADABLE = 3
# Keep-alives that some gateways send as data: more than these, and more than one in 24 bytes, are a flood.
MAX_NOISE = 4096
_NOISE_BYTES = 24
# Most chunks consist of whole events with one object each; those take a shorter path.
_D = ord("d")
_WHOLE_EVENTS = re.compile(rb"(?:data: ?\{[^\r\n]*+(?:\n\n|\r\n\r\n))++")


class BodyDecoder:
    """The decoder of one reply body: chunks in, JSON objects out.

    `done` is True after the end marker `[DONE]`; who reads the objects behind it judges whether it was the end. `alien`
    is True when nothing in a known format has come. `unread` counts the bytes since `take_unread` that stood where an
    object belongs and cannot be read. Three such events in a row raise BadReply. Data that is no JSON at all is a
    keep-alive, of which only a flood is refused. `undecodable` counts the bytes that are in no known charset.
    """

    def __init__(self) -> None:
        self.done = False
        self.unread = 0
        self.undecodable = 0
        self._mark = ByteOrderMark()
        self._lines = Lines()
        self._events = Events()
        self._object = JsonBodyDecoder()
        self._unreadable = self._noise = self._bytes = self._bare = 0
        self._has_skipped = False
        self._is_garbled: bool | None = None  # None until the first event
        self._started = False
        self._is_alone = True

    @property
    def alien(self) -> bool:
        """Return whether the body held lines of no known format, or events of which none could be decoded."""
        return self._events.alien != b"" or self._is_garbled is True

    @property
    def alien_line(self) -> bytes:
        """Return the beginning of the first line of no known format."""
        return self._events.alien

    @property
    def is_blank(self) -> bool:
        """Return whether nothing but white space and comments has come."""
        return not self._started

    @property
    def is_one_object(self) -> bool:
        """Return whether the body was a single object without any framing, and no stream."""
        return self._bare == 1 and self._is_alone

    def take_unread(self) -> int:
        """Return the number of unread bytes, and count from 0 again."""
        unread, self.unread = self.unread, 0
        return unread

    def feed(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        """Yield the objects that `chunk` completes. Raises BadReply, but behind the end only for what is too long."""
        self._bytes += len(chunk)
        chunk = self._mark.strip(chunk)
        position = self._lines.start_of(chunk)
        while position < len(chunk):
            is_short = chunk[position] == _D and len(chunk) < MAX_EVENT_BYTES and self._is_between_events()
            if is_short and (found := _WHOLE_EVENTS.match(chunk, position)):
                position = found.end()
                yield from self._of_whole_events([line[len(b"data:") :] for line in found[0].splitlines()[::2]])
                continue
            if self._lines.at_start and not self._object.is_open:
                is_open = self._events.is_open
                if not is_open or chunk[position] in b"\r\n" or not self._events.is_unfinished:
                    position = self._lines.skip(chunk, position, whole_lines=not is_open)
                    first = chunk[position : position + 1]
                    if first == b"{" or not self._started:
                        yield from self._begin(first)
            if self._object.is_open:
                text, position = self._object.next_object(chunk, position)
                if text is not None:
                    self._bare += 1
                    yield from self._decoded(text)
            else:
                line, position = self._lines.next_line(chunk, position)
                if line is not None and ((events := self._events.line(line)) or self._events.dropped):
                    yield from self._of_events(events)

    def finish(self) -> Iterator[dict[str, Any]]:
        """Yield the last objects after the body has ended. Raises BadReply.

        An event that lacks its end was cut off: that alone does not make the body `alien`.
        """
        yield from self.feed(self._mark.flush())
        self._is_garbled = self._is_garbled or False
        yield from self._decoded(self._object.take())
        yield from self._of_events(self._events.line(self._lines.flush()))
        yield from self._of_events(self._events.line(b""))

    def _is_between_events(self) -> bool:
        return self._started and self._lines.at_start and not self._object.is_open and not self._events.is_open

    def _begin(self, first: bytes) -> Iterator[dict[str, Any]]:
        """Choose by its first byte how the next line is read: as a bare object or as an event's field."""
        if first == b"<" and not self._started:
            page = BadReply(because="The vendor answered with a web page instead of a reply.")
            raise page.doubted(True, is_page=True)
        if first == b"{":
            yield from self._of_events(self._events.line(b""))
            self._object.is_open = True
        self._started = self._started or first.strip() != b""

    def _of_events(self, events: Sequence[Event]) -> Iterator[dict[str, Any]]:
        for event in events:
            self._is_alone = False
            if DONE.match(event.data):
                self.done = True
            else:
                yield from self._of_event(event)
        if self._events.dropped:
            self._note_unread(self._events.take_dropped())

    def _of_event(self, event: Event) -> Iterable[dict[str, Any]]:
        decoded = self._decoded(event.data)
        if event.name != "error":
            return decoded
        said = event.data.strip()
        if not decoded and said and not said.startswith((b"{", b"[")):
            return [{"error": {"message": beginning(str(said, "utf-8", "replace"))}}]
        return [_named_error(one) for one in decoded]

    def _of_whole_events(self, texts: list[bytes]) -> Iterable[dict[str, Any]]:
        """Decode all texts in one call, which takes half the time.

        Decodes them one by one if the number of objects differs from the number of events.
        """
        together = objects_in_list(texts)
        if len(together) == len(texts):
            self._unreadable, self._is_garbled = 0, False
            return together
        return (found for text in texts for found in self._decoded(text))

    def _decoded(self, text: bytes) -> list[dict[str, Any]]:
        if not text or text.isspace():
            return []
        objects, unread, is_json = objects_in(self._characters(text))
        if unread:
            self._note_unread(unread)
        if not is_json:
            self._note_noise()
            return []
        self._is_garbled = not objects and self._is_garbled is not False
        self._unreadable = 0 if objects else self._unreadable + 1
        if self._unreadable == MAX_UNREADABLE and not self.done:
            raise BadReply(because="The vendor sent events that cannot be read.")
        return objects

    def _characters(self, text: bytes) -> str:
        """Return a text as characters; bytes that are not UTF-8 become U+FFFD, and count as undecodable."""
        try:
            return str(text, "utf-8")
        except UnicodeDecodeError:
            characters = str(text, "utf-8", "replace")
        if self.undecodable == 0:
            _logger.warning("A vendor's reply is not in UTF-8, and its Content-Type names no other charset.")
        self.undecodable += characters.count("\ufffd") - text.count(b"\xef\xbf\xbd")
        return characters

    def _note_noise(self) -> None:
        """Count data that is no JSON. Raises BadReply when there is too much of it."""
        self._noise += 1
        if self._noise > MAX_NOISE + self._bytes // _NOISE_BYTES and not self.done:
            raise BadReply(because="The vendor sent thousands of events that say nothing.")

    def _note_unread(self, size: int) -> None:
        """Count unread bytes; log once per reply that there are some, and never their content."""
        self.unread += size
        if not self._has_skipped:
            _logger.warning(
                "A vendor sent an event of %d bytes that cannot be read; its reply goes on without it.", size
            )
        self._has_skipped = True


class JsonBodyDecoder:
    """The collection of one JSON object without framing, in pieces."""

    def __init__(self) -> None:
        self.is_open = False
        self._pieces: list[bytes] = []
        self._size = 0
        self._end = ObjectEnd()

    def next_object(self, chunk: bytes, position: int) -> tuple[bytes | None, int]:
        """Return the object that ends in `chunk`, or None; and the position at which to go on."""
        end = self._end.find(chunk, position)
        self._keep(chunk[position:end])
        return (None if self._end.is_open else self.take()), end

    def take(self) -> bytes:
        """Return the object so far and clear it."""
        text = b"".join(self._pieces)
        self._pieces, self._size, self.is_open = [], 0, False
        if self._end.is_open:
            self._end = ObjectEnd()
        return text

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > MAX_EVENT_BYTES:
            raise BadReply(because="The vendor sent an object longer than this site reads.")
        self._pieces.append(piece)


def _named_error(decoded: dict[str, Any]) -> dict[str, Any]:
    """Return the data of an `event: error` under the key "error", unless it has that key."""
    return decoded if decoded.get("error") else {"error": decoded}
