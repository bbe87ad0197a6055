"""Server-sent events out of bytes that may be cut anywhere.

Source: WHATWG HTML, section 9.2.6 "Interpreting an event stream". Three departures: a last event without its closing
blank line counts, because vendors forget it. `data_lines` says where else an event ends. Field values stay bytes,
because an event is decoded as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from providers.errors import MAX_KEPT_CHARACTERS, BadReply
from providers.reading.data_lines import MAX_EVENT_BYTES, DataLines

__all__ = ["FIELDS", "MAX_EVENT_BYTES", "ByteOrderMark", "Event", "Events", "Lines"]

FIELDS = (b"data", b"event", b"id", b"retry")
_BOM = b"\xef\xbb\xbf"
# A field that the standard does not know is ignored. Any other line is no part of an event stream.
_OTHER_FIELD = re.compile(rb"[A-Za-z][\w-]*+(?::|$)", re.ASCII)
# Data behind the name of another field, whose line end is missing, or behind a name in another spelling.
_MISPLACED_DATA = re.compile(rb"(?i:data): ?\{")
_OF_JSON = re.compile(rb'["{}]')
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
    """The fields of lines, joined into events.

    `alien` is the beginning of the first line of no known field. `dropped` counts the bytes of lines that are a piece
    of JSON only.
    """

    def __init__(self) -> None:
        self.alien = b""
        self.dropped = 0
        self._name = ""
        self._later_name: str | None = None  # came behind data: of this event, or of the next one
        self._data = DataLines()

    @property
    def is_open(self) -> bool:
        """Return whether an event has begun that a blank line would end."""
        return bool(self._data.lines or self._name)

    def take_dropped(self) -> int:
        """Return the bytes dropped since the last call."""
        dropped, self.dropped = self.dropped, 0
        return dropped

    @property
    def is_unfinished(self) -> bool:
        """Return whether the event so far is the beginning of a JSON text."""
        return self._data.is_unfinished

    def line(self, line: bytes) -> Sequence[Event]:
        """Return the events that `line` completes, at most two."""
        if not line:
            return self._ended()
        name, _, value = line.partition(b":")
        if name == b"data":
            return self._add(value.removeprefix(b" "))
        if name == b"error":  # so llama.cpp sent its errors until September 2025
            self._set_name("error")
            return self._add(value.removeprefix(b" "))
        if name == b"event":
            self._set_name(value.removeprefix(b" ").decode("utf-8", "replace"))
        elif name and name not in FIELDS:
            self._other(line)
            return ()
        self._note_misplaced(line)
        return ()

    def _add(self, value: bytes) -> Sequence[Event]:
        data = self._data
        ended = self._of_data() if data.lines and data.ends_before(value) else ()
        data.add(value)
        return (*ended, *self._of_data()) if data.ends_here else ended

    def _ended(self) -> Sequence[Event]:
        if self._later_name is not None:
            self._name, self._later_name = self._later_name, None
        events = self._of_data()
        self._name = ""
        return events

    def _of_data(self) -> Sequence[Event]:
        """Return the event of the data so far; the next one has the name that came behind that data."""
        events = (Event(self._name, self._data.take()),) if self._data.lines else ()
        self._name, self._later_name = self._later_name or "", None
        return events

    def _set_name(self, name: str) -> None:
        if self._data.lines:
            self._later_name = name
        else:
            self._name = name

    def _note_misplaced(self, line: bytes) -> None:
        if b"{" in line and _MISPLACED_DATA.search(line):
            self.dropped += len(line)

    def _other(self, line: bytes) -> None:
        """Use a line of no known field: some vendors write JSON in several lines and name only the first."""
        if _OTHER_FIELD.match(line):
            self._note_alien(line)
            self._note_misplaced(line)
        elif self._data.is_unfinished:
            self._data.add(line)
        else:
            self._note_alien(line)
            self.dropped += len(line) if _OF_JSON.search(line) else 0

    def _note_alien(self, line: bytes) -> None:
        self.alien = self.alien or line[:MAX_KEPT_CHARACTERS]


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
