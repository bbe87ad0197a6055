"""Server-sent events out of bytes that may be cut anywhere.

Source: WHATWG HTML, section 9.2.6 "Interpreting an event stream". Two departures: a last event without its closing
blank line counts, because vendors forget it; and field values stay bytes, because an event is decoded as a whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from providers.errors import BadReply

MAX_EVENT_BYTES = 32 * 1024 * 1024
FIELDS = (b"data", b"event", b"id", b"retry")
_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")
# Characters without content at the start of a line (commas and brackets stand between the objects of an array), and
# lines without content: blank ones and comments. Possessive, so that a flood of them costs one pass and no memory.
_NOTHING = re.compile(rb"[ \t,\[\]]*+")
_NOTHING_LINES = re.compile(rb"(?:[ \t,\[\]]*+(?::[^\r\n]*+)?+(?:\r\n?+|\n))*+[ \t,\[\]]*+")


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its type ("" when it has none) and its data lines joined with LF."""

    name: str
    data: bytes


class Lines:
    """A splitter of bytes at CR, LF and CRLF and nowhere else, in time linear in the input."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._after_cr = False

    @property
    def at_start(self) -> bool:
        """Return whether the next byte begins a new line."""
        return not self._pieces

    def start_of(self, chunk: bytes) -> int:
        """Return the first position to read in a new chunk: after the LF of a divided CRLF, else 0."""
        # The line was ended at its CR, without waiting for an LF.
        split_pair = self._after_cr and chunk[:1] == b"\n"
        self._after_cr = self._after_cr and not chunk
        return 1 if split_pair else 0

    def skip(self, chunk: bytes, position: int, *, whole_lines: bool) -> int:
        """Return the position after characters without content.

        With `whole_lines`, blank lines and comments are skipped too.
        """
        found = (_NOTHING_LINES if whole_lines else _NOTHING).match(chunk, position)
        assert found
        self._after_cr = position < found.end() == len(chunk) and chunk.endswith(b"\r")
        return found.end()

    def next_line(self, chunk: bytes, position: int) -> tuple[bytes | None, int]:
        """Return the next complete line of `chunk`, or None before its end, and the position to go on at."""
        end = _LINE_END.search(chunk, position)
        if end is None:
            self._keep(chunk[position:])
            return None, len(chunk)
        self._keep(chunk[position : end.start()])
        self._after_cr = end.group() == b"\r" and end.end() == len(chunk)
        return self.flush(), end.end()

    def flush(self) -> bytes:
        """Return the line so far and clear it."""
        line = b"".join(self._pieces)
        self._pieces, self._size = [], 0
        return line

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > MAX_EVENT_BYTES:
            raise BadReply(because="The vendor sent a line longer than this site reads.")
        if piece:
            self._pieces.append(piece)


class Events:
    """The fields of lines, joined into events. `alien` is True after a line of no known field."""

    def __init__(self) -> None:
        self.alien = False
        self._name = ""
        self._lines: list[bytes] = []
        self._size = 0

    @property
    def is_open(self) -> bool:
        """Return whether an event has begun that a blank line would end."""
        return bool(self._lines or self._name)

    def line(self, line: bytes) -> Event | None:
        """Return the event that `line` completes, or None."""
        if not line:
            return self.flush()
        name, _, value = line.partition(b":")
        if name in FIELDS:
            self._field(name, value.removeprefix(b" "))
        elif name:
            self.alien = True
        return None

    def flush(self) -> Event | None:
        """Return the event so far, or None, and clear it."""
        event = Event(self._name, b"\n".join(self._lines)) if self._lines else None
        self._name, self._lines, self._size = "", [], 0
        return event

    def _field(self, name: bytes, value: bytes) -> None:
        if name == b"data":
            self._size += len(value)
            if self._size > MAX_EVENT_BYTES:
                raise BadReply(because="The vendor sent an event longer than this site reads.")
            self._lines.append(value)
        elif name == b"event":
            self._name = value.decode("utf-8", "replace")


class ByteOrderMark:
    """The remover of a byte order mark from the very beginning of a body."""

    def __init__(self) -> None:
        self._held: bytes | None = b""

    def strip(self, chunk: bytes) -> bytes:
        """Return `chunk` without the mark. Holds a beginning back that may still become the mark."""
        if self._held is None:
            return chunk
        start = self._held + chunk
        if len(start) < len(_BOM) and _BOM.startswith(start):
            self._held = start
            return b""
        self._held = None
        return start.removeprefix(_BOM)

    def flush(self) -> bytes:
        """Return the bytes held back when the body ended."""
        held, self._held = self._held or b"", None
        return held
