"""The end of a reply's body, found without a connection: bytes in, content out.

http.client reads the status and the headers, and says how the body ends. It cannot read a body without blocking: the
first half of a line would be lost.

Source: RFC 9112, sections 6 and 7.1.
"""

from __future__ import annotations

import re
from http.client import HTTPResponse
from typing import Protocol

MAX_LINE_BYTES = 65536
"""Longest line around chunks, as in http.client, and most bytes of all trailers together."""

_HEAD = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;[^\n]*)?\r?\n")
_LINE_END = b"\r\n"


class Framing(Protocol):
    """The framing of one body."""

    @property
    def is_complete(self) -> bool:
        """Return whether the whole body has come."""
        ...

    @property
    def excess(self) -> bool:
        """Return whether bytes have come behind the end of the body."""
        ...

    @property
    def is_broken(self) -> bool:
        """Return whether bytes have come that are not framed as the headers say; nothing can be read behind them."""
        ...

    def feed(self, data: bytes) -> bytes:
        """Return the content in `data`, without its framing, as far as it is framed."""
        ...

    def may_end(self) -> bool:
        """Return whether the connection may be closed here."""
        ...


def framing_of(response: HTTPResponse) -> Framing:
    """Return the framing of this response's body, of which nothing has been read."""
    if response.chunked:
        return ChunkedFraming()
    if response.length is not None:
        return LengthFraming(response.length)
    return CloseFraming()


class CloseFraming:
    """A body that ends with its connection."""

    is_complete = excess = is_broken = False

    def feed(self, data: bytes) -> bytes:
        """Return `data`."""
        return data

    def may_end(self) -> bool:
        """Return True."""
        return True


class LengthFraming:
    """A body of a known length: bytes."""

    is_broken = False

    def __init__(self, length: int) -> None:
        self._left = length
        self.excess = False

    @property
    def is_complete(self) -> bool:
        """Return whether the whole body has come."""
        return self._left == 0

    def feed(self, data: bytes) -> bytes:
        """Return the part of `data` that belongs to the body."""
        content = data[: self._left]
        self.excess = self.excess or len(data) > self._left
        self._left -= len(content)
        return content

    def may_end(self) -> bool:
        """Return whether the whole body has come."""
        return self.is_complete


class ChunkedFraming:
    """A body in chunks. What is there of a chunk is returned at once; a line that is cut waits for its rest."""

    def __init__(self) -> None:
        self.is_complete = self.excess = self.is_broken = False
        self._held = b""
        self._left = 0
        """Bytes that the chunk under way lacks."""
        self._is_in_chunk = False
        self._trailers: int | None = None
        """Bytes of trailers so far, once the last chunk has come."""

    def feed(self, data: bytes) -> bytes:
        """Return the content of the chunks in `data`."""
        data, self._held = self._held + data if self._held else data, b""
        pieces: list[bytes] = []
        place = self._rest_of_chunk(data, pieces) if self._is_in_chunk else 0
        while place >= 0 and self._trailers is None and (head := _HEAD.match(data, place)):
            self._left = int(head[1], 16)
            if self._left:
                self._is_in_chunk = True
                place = self._rest_of_chunk(data, pieces, head.end())
            else:
                self._trailers, place = 0, head.end()
        if place >= 0:
            self._hold(data, place)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def may_end(self) -> bool:
        """Return whether the last chunk has come: some servers close without the empty line behind it."""
        return self._trailers is not None

    def _rest_of_chunk(self, data: bytes, pieces: list[bytes], place: int = 0) -> int:
        """Take what has come of the chunk under way; returns the place behind its line end, or -1 before it."""
        end = place + self._left
        if place < end:
            pieces.append(data[place:end])
        self._left = max(0, end - len(data))
        line_end = data[end : end + 2] if not self._left else b""
        if line_end == _LINE_END:
            self._is_in_chunk = False
            return end + 2
        self.is_broken = not _LINE_END.startswith(line_end)
        self._held = line_end
        return -1

    def _hold(self, data: bytes, place: int) -> None:
        """Hold a line that is cut, and read the trailers."""
        if self._trailers is not None:
            place = self._behind_trailers(data, place)
        self._held = data[place:]
        if self.is_complete:
            self.excess, self._held = self._held != b"", b""
        elif len(self._held) > MAX_LINE_BYTES or (self._trailers is None and b"\n" in self._held):
            self.is_broken = True

    def _behind_trailers(self, data: bytes, place: int) -> int:
        """Return the place behind the last whole line of trailers, of which an empty one ends the body."""
        assert self._trailers is not None
        while not (self.is_complete or self.is_broken) and (end := data.find(b"\n", place) + 1):
            self._trailers += end - place
            self.is_complete = data[place:end] in (b"\r\n", b"\n")
            place = end
            self.is_broken = self._trailers > MAX_LINE_BYTES
        return place
