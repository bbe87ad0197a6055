"""Faster reading of chunked bodies: takes all chunks that are already buffered at once.

Read one by one, short chunks cost more than the words that they carry.

Source: RFC 9112, section 7.1. http.client reads from the same buffer and handles every other case: a chunk that is cut
off, one with an extension, and the last one.
"""

from __future__ import annotations

import re
from http.client import HTTPResponse

_HEAD = re.compile(rb"([0-9a-fA-F]{1,7})\r\n")
_LINE_END = b"\r\n"


def take_buffered(response: HTTPResponse) -> bytes:
    """Return the contents of all whole chunks in the buffer, or b"" if there are none.

    Waits for a first byte when the buffer is empty.
    """
    if not response.chunked or response.chunk_left or response.isclosed():
        return b""
    ahead = response.fp.peek()
    # After http.client has read a chunk, that chunk's line end is still in the buffer.
    start = 0 if response.chunk_left is None else len(_LINE_END)
    pieces, end = _whole_chunks(ahead, start)
    if pieces:
        response.fp.read(end)
        response.chunk_left = None  # as before the first chunk
    return b"".join(pieces)


def _whole_chunks(ahead: bytes, place: int) -> tuple[list[bytes], int]:
    """Return the contents of the complete chunks from `place` on, and the position of the next chunk."""
    pieces: list[bytes] = []
    while head := _HEAD.match(ahead, place):
        begin = head.end()
        end = begin + int(head[1], 16)
        if end == begin or ahead[end : end + 2] != _LINE_END:
            break
        pieces.append(ahead[begin:end])
        place = end + len(_LINE_END)
    return pieces, place
