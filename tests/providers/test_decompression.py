"""Compressed bodies as vendors pack them: cut anywhere, with one member or many, and limited in size."""

from __future__ import annotations

import gzip
import zlib

import pytest

from providers.errors import BadReply, ReplyTooLong, VendorError
from providers.transport.body import decompression
from providers.transport.body.decompression import Inflation

MEMBERS = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two ") + gzip.compress(b"three")


def inflated(encoding: str, *chunks: bytes) -> bytes:
    """Return the decoded content of a body in these chunks."""
    inflation = Inflation(encoding)
    return b"".join(piece for chunk in chunks for piece in inflation.feed(chunk))


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP "])
@pytest.mark.parametrize("padding", [b"", b"\0" * 3])
def test_every_member_is_read_however_cut(encoding: str, padding: bytes) -> None:
    body = MEMBERS + padding
    for size in range(1, len(body) + 1):
        chunks = [body[at : at + size] for at in range(0, len(body), size)]
        assert inflated(encoding, *chunks) == b"one two three"


def test_zeros_between_members_are_padding() -> None:
    padded = gzip.compress(b"one ") + b"\0" * 512 + gzip.compress(b"two")
    assert inflated("gzip", padded) == inflated("gzip", *(bytes([byte]) for byte in padded)) == b"one two"


def test_a_damaged_member_is_no_reply() -> None:
    for behind in (b"junk", MEMBERS[:9] + b"\xff" * 20):
        with pytest.raises(BadReply):
            inflated("gzip", gzip.compress(b"one"), behind)


def test_what_follows_deflated_text_is_left() -> None:
    assert inflated("deflate", zlib.compress(b"one"), zlib.compress(b"two"), b"junk") == b"one"


@pytest.mark.parametrize(
    ("member", "members", "error"),
    [
        (gzip.compress(b" " * 1_000_000), 60, BadReply),
        (gzip.compress(b"\0" * 1000 + bytes(range(256)) * 3), 5000, ReplyTooLong),
        (gzip.compress(b""), 200, BadReply),
    ],
    ids=["dense", "many", "empty"],
)
def test_a_bomb_of_many_members_is_refused(
    monkeypatch: pytest.MonkeyPatch, member: bytes, members: int, error: type[VendorError]
) -> None:
    if error is ReplyTooLong:
        monkeypatch.setattr(decompression, "MAX_BODY_BYTES", 2_000_000)
    monkeypatch.setattr(decompression, "_MAX_MEMBERS", 100 if error is BadReply else decompression._MAX_MEMBERS)
    with pytest.raises(error):
        inflated("gzip", *[member] * members)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "utf-8", "UTF8", "none", "identity", "gzip, br"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1}',
        b"[1]",
        b"data: {}\n\n",
        b"event: x\ndata: {}\n\n",
        b": ping\n\n",
        b"\n\n{}",
        b"\xef\xbb\xbf{}",
        b"<p>",
    ],
)
def test_plain_text_is_read_whatever_its_header_claims(encoding: str, body: bytes) -> None:
    assert inflated(encoding, body) == body
    assert inflated(encoding, *(bytes([byte]) for byte in body)) == body


@pytest.mark.parametrize("encoding", ["br", "zstd", "utf-8", "none"])
def test_an_unknown_encoding_is_no_reply(encoding: str) -> None:
    assert inflated(encoding) == b""
    with pytest.raises(BadReply):
        inflated(encoding, b"\x1b\x0f\x00\xf8")
