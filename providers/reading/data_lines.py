"""The data lines of one event, and the places where it ends without a blank line.

By the standard an event may have several data lines. But some vendors write every event on one line and end it with one
line end. So a finished JSON text ends its event when another data line follows, and an unfinished one is continued.
"""

from __future__ import annotations

import re

from providers.errors import BadReply
from providers.reading.json_objects import ObjectEnd, is_whole_json, opens_json

MAX_EVENT_BYTES = 32 * 1024 * 1024
DONE = re.compile(rb"\s*+(?:data:\s*+)*+\[DONE\]")


class DataLines:
    """The data lines of the event that is open now. Each byte is searched for the end of the JSON text at most once."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.ends_here = False
        """Whether the line added last ends the event, so that nothing needs to follow."""
        self._has_habit = False  # this vendor sends no blank lines
        self._size = 0
        self._first = b""  # the first line that is not blank
        self._is_json: bool | None = None  # None until somebody asks
        self._end: ObjectEnd | None = None
        self._searched = 0
        self._found_end = False

    @property
    def is_unfinished(self) -> bool:
        """Return whether a JSON text has begun that has not ended."""
        return self._first != b"" and self._opens() and not self._is_finished()

    def ends_before(self, value: bytes) -> bool:
        """Return whether `value` begins another event than the one that is open."""
        if not self._first or not value.strip():
            return False
        if DONE.match(value):
            return True
        if not self._opens():
            return opens_json(value)
        if self._is_finished():
            self._has_habit = True
            return True
        return self._has_habit and is_whole_json(value)

    def add(self, value: bytes) -> None:
        """Add a line. Raises BadReply when the event becomes too long."""
        self._size += len(value)
        if self._size > MAX_EVENT_BYTES:
            raise BadReply(because="The vendor sent an event longer than this site reads.")
        self.lines.append(value)
        if not self._first and value.strip():
            self._first = value
        if self._has_habit or not value.startswith(b"{"):
            self.ends_here = self._is_end(value)

    def take(self) -> bytes:
        """Return the lines joined with LF, and forget them."""
        data = self.lines[0] if len(self.lines) == 1 else b"\n".join(self.lines)
        self.lines = []
        self._size, self._first, self.ends_here = 0, b"", False
        self._is_json = self._end = None
        self._searched, self._found_end = 0, False
        return data

    def _is_end(self, value: bytes) -> bool:
        return DONE.match(value) is not None or (self._has_habit and len(self.lines) == 1 and is_whole_json(value))

    def _opens(self) -> bool:
        if self._is_json is None:
            self._is_json = opens_json(self._first)
        return self._is_json

    def _is_finished(self) -> bool:
        if self._end is None:
            self._end = ObjectEnd()
        for line in self.lines[self._searched :]:
            self._search(self._end, line)
        self._searched = len(self.lines)
        return self._found_end

    def _search(self, end: ObjectEnd, line: bytes) -> None:
        if self._found_end:
            return
        if end.is_open:
            end.find(b"\n")
        was_open = end.is_open
        end.find(line)
        self._found_end = not end.is_open and (was_open or bool(line.strip()))
