"""Chunks of a response that have come already, several at once: read one by one they cost more than their words.

Source: RFC 9112, section 7.1. Whatever is not plain (a chunk that is cut, one with an extension, the last one) is left
to http.client, which reads from the same buffer.
"""

from __future__ import annotations

import re
from http.client import HTTPResponse

_HEAD = re.compile(rb"([0-9a-fA-F]{1,7})\r\n")
_LINE_END = b"\r\n"


def take_buffered(response: HTTPResponse) -> bytes:
    """What whole chunks hold that stand in the buffer; b"" where there is none. Waits for a first byte."""
    if not response.chunked or response.chunk_left or response.isclosed():
        return b""
    ahead = response.fp.peek()
    # Behind a chunk that it has read, http.client still has the line end before it.
    start = 0 if response.chunk_left is None else len(_LINE_END)
    pieces, end = _whole_chunks(ahead, start)
    if pieces:
        response.fp.read(end)
        response.chunk_left = None  # as before the first chunk
    return b"".join(pieces)


def _whole_chunks(ahead: bytes, place: int) -> tuple[list[bytes], int]:
    """The contents of the chunks from `place` on that are all there, and where the next one begins."""
    pieces: list[bytes] = []
    while head := _HEAD.match(ahead, place):
        begin = head.end()
        end = begin + int(head[1], 16)
        if end == begin or ahead[end : end + 2] != _LINE_END:
            break
        pieces.append(ahead[begin:end])
        place = end + len(_LINE_END)
    return pieces, place
