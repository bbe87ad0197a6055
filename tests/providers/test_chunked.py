"""Chunks that have come are read at once, to the same bytes and the same end as http.client reads."""

from __future__ import annotations

import io
from http.client import HTTPException, HTTPResponse
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.transport.chunked import take_buffered

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


class Sent(io.RawIOBase):
    """A connection over which these pieces come, one with each read."""

    def __init__(self, pieces: list[bytes], head: bytes = HEAD) -> None:
        self._pieces = [head, *pieces]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = next((piece for piece in self._pieces if piece), b"")
        self._pieces = [rest for rest in self._pieces if rest][1:]
        taken = piece[: len(buffer)]
        buffer[: len(taken)] = taken
        self._pieces.insert(0, piece[len(taken) :])
        return len(taken)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def response(self) -> HTTPResponse:
        response = HTTPResponse(self)  # type: ignore[arg-type]
        response.begin()
        return response


def read(pieces: list[bytes], *, ours: bool) -> tuple[bytes, str]:
    """Return everything, and the error at its end."""
    response, body = Sent(pieces).response(), b""
    try:
        while piece := (ours and take_buffered(response)) or response.read1(65536):
            body += piece
    except HTTPException as error:
        return body, type(error).__name__
    return body, "closed" if response.isclosed() else "open"


def chunk(content: bytes, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (len(content), extension, content)


def test_many_chunks_come_at_once() -> None:
    response = Sent([chunk(b"one") + chunk(b"two") + chunk(b"three") + END]).response()
    assert take_buffered(response) == b"onetwothree"
    assert response.read1(9) == b""
    assert response.isclosed()


def test_a_chunk_that_is_cut_is_left() -> None:
    response = Sent([chunk(b"one") + b"5\r\nth"]).response()
    assert take_buffered(response) == b"one"
    assert take_buffered(response) == b""
    assert response.read1(9) == b"th"
    assert take_buffered(response) == b""


def test_other_framing_is_left() -> None:
    response = Sent([b"one"], b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n").response()
    assert take_buffered(response) == b""
    assert response.read1(9) == b"one"


contents = st.lists(st.binary(min_size=1, max_size=40).map(chunk) | st.just(chunk(b"x", b";a=b")), max_size=20)
ends = st.sampled_from([END, b"0\r\nTrailer: x\r\n\r\n", b"", b"0\r\n", b"zz\r\n", b"5\r\nab", b"3", b"-2\r\nabc\r\n"])


@given(contents, ends, st.lists(st.integers(0, 400), max_size=5))
def test_it_reads_as_http_client_reads(chunks: list[bytes], end: bytes, cuts: list[int]) -> None:
    whole = b"".join(chunks) + end
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    pieces = [whole[begin:stop] for begin, stop in pairwise(places)]
    assert read(pieces, ours=True) == read(pieces, ours=False)


@pytest.mark.parametrize("size", [8191, 8192, 8193, 70_000])
def test_a_chunk_larger_than_the_buffer_is_read_too(size: int) -> None:
    whole = [chunk(b"a" * size), chunk(b"b" * 10), END]
    assert read(whole, ours=True) == (b"a" * size + b"b" * 10, "closed")
