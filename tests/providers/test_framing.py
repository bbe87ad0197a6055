"""Bodies are read to the same bytes and the same end as http.client reads them, wherever they are cut."""

from __future__ import annotations

import io
from http.client import HTTPException, HTTPResponse
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.transport.body.framing import MAX_LINE_BYTES, ChunkedFraming, Framing, framing_of

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
MEASURED = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"
CLOSED = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
END = b"0\r\n\r\n"


class Sent(io.RawIOBase):
    """A connection over which these pieces come, one with each read."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._pieces:
            return 0
        taken, rest = self._pieces[0][: len(buffer)], self._pieces[0][len(buffer) :]
        self._pieces[0:1] = [rest] if rest else []
        buffer[: len(taken)] = taken
        return len(taken)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)


def response(head: bytes, pieces: list[bytes]) -> HTTPResponse:
    begun = HTTPResponse(Sent([head, *pieces]))  # type: ignore[arg-type]
    begun.begin()
    return begun


def by_http_client(head: bytes, pieces: list[bytes]) -> tuple[bytes, str]:
    """Return the content, and how the body ended: whole, cut or broken."""
    reading, body = response(head, pieces), b""
    try:
        while piece := reading.read1(65536):
            body += piece
    except HTTPException:
        return body, "broken"
    return body, "cut" if reading.length else "whole"


def by_us(head: bytes, pieces: list[bytes]) -> tuple[bytes, str]:
    """Return the same, read by our framing."""
    framing: Framing = framing_of(response(head, []))
    body = b""
    for piece in pieces:
        if not (framing.is_complete or framing.is_broken):
            body += framing.feed(piece)
    if framing.is_broken:
        return body, "broken"
    broken = "broken" if isinstance(framing, ChunkedFraming) else "cut"
    return body, "whole" if framing.is_complete or framing.may_end() else broken


def chunk(content: bytes, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (len(content), extension, content)


def cut_at(whole: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    return [whole[begin:stop] for begin, stop in pairwise(places)]


contents = st.lists(
    st.binary(min_size=1, max_size=40).map(chunk) | st.sampled_from([chunk(b"x", b";a=b"), b"0A \r\n0123456789\r\n"]),
    max_size=20,
)
ends = st.sampled_from(
    [END, b"0\r\nTrailer: x\r\n\r\n", b"00\r\n\r\n", b"", b"0\r\n", b"zz\r\n", b"5\r\nab", b"3", b"0"]
)


@given(contents, ends, st.lists(st.integers(0, 400), max_size=5))
def test_chunks_are_read_as_http_client_reads_them(chunks: list[bytes], end: bytes, cuts: list[int]) -> None:
    pieces = cut_at(b"".join(chunks) + end, cuts)
    if end == b"0":  # http.client takes a head without its line end for a whole one
        assert by_us(CHUNKED, pieces) == (by_http_client(CHUNKED, pieces)[0], "broken")
    else:
        assert by_us(CHUNKED, pieces) == by_http_client(CHUNKED, pieces)


@pytest.mark.parametrize(
    "whole",
    [
        chunk(b"one") + chunk(b"two\r\n", b"; name=value") + END,
        chunk(b"one") + b"0;last\r\nA: b\r\nC: d\r\n\r\n",
        b"1\nx\r\n0\n\n",
    ],
)
def test_a_body_may_be_cut_at_every_byte(whole: bytes) -> None:
    wanted = by_http_client(CHUNKED, [whole])
    assert wanted[1] == "whole"
    for place in range(len(whole) + 1):
        assert by_us(CHUNKED, [whole[:place], whole[place:]]) == wanted
    assert by_us(CHUNKED, [bytes([byte]) for byte in whole]) == wanted


@pytest.mark.parametrize("head", [MEASURED, CLOSED])
@pytest.mark.parametrize("body", [b"", b"too short", b"twelve bytes"])
def test_other_bodies_are_read_as_http_client_reads_them(head: bytes, body: bytes) -> None:
    for place in range(len(body) + 1):
        pieces = [body[:place], body[place:]]
        assert by_us(head, pieces) == by_http_client(head, pieces)


@pytest.mark.parametrize("whole", [chunk(b"one") + END, b"twelve bytes"])
def test_bytes_behind_the_end_are_noticed(whole: bytes) -> None:
    head = MEASURED if whole.startswith(b"twelve") else CHUNKED
    for more in (b"", b"H"):
        framing = framing_of(response(head, []))
        framing.feed(whole + more)
        assert framing.is_complete
        assert framing.excess == bool(more)


@pytest.mark.parametrize("size", [8191, 8192, 8193, 70_000])
def test_a_chunk_is_passed_on_before_it_is_whole(size: int) -> None:
    framing = ChunkedFraming()
    whole = chunk(b"a" * size) + chunk(b"b" * 10)
    assert framing.feed(whole[:-8]) == b"a" * size + b"b" * 4
    assert framing.feed(whole[-8:] + END) == b"b" * 6
    assert framing.is_complete


@pytest.mark.parametrize(
    "whole",
    [
        b"-1\r\nx\r\n", b"+1\r\nx\r\n", b"0x1\r\nx\r\n", b"1_0\r\n", b"\r\n", b"1" * 17 + b"\r\n", b"1\r\nxy\r\n",
        b"1\r\nx\n\n0\n\n", b"1;" + b"a" * MAX_LINE_BYTES, b"0\r\n" + b"a" * (MAX_LINE_BYTES + 1),
        b"0\r\n" + b"a: b\r\n" * MAX_LINE_BYTES,
    ],
)  # fmt: skip
def test_what_is_no_chunk_ends_the_reading(whole: bytes) -> None:
    for pieces in ([whole], cut_at(whole, list(range(0, len(whole), max(1, len(whole) // 9))))):
        assert by_us(CHUNKED, pieces)[1] == "broken"
