"""Compressed bodies, which some vendors send although they were asked not to."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from providers.errors import BadReply, ReplyTooLong

BODY_BYTES = 64 * 1024 * 1024
_STEP = 64 * 1024
# Reply text shrinks to a tenth or so; what shrinks to a two-hundredth was made to fill our memory.
_SUSPICIOUS_BYTES = 4 * 1024 * 1024
_SUSPICIOUS_RATIO = 200
# A member costs as much as hundreds of bytes, though it may hold none.
_MEMBERS = 100_000
_GZIP = ("gzip", "x-gzip")


class Inflation:
    """Undoes one Content-Encoding (identity, gzip, deflate) piece by piece within 64 MiB; refuses others.

    What gzip packed may come as several members, one behind the other and padded with zeros (RFC 1952, section 2.2).
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        self._inflater = _inflater(self._encoding)
        self._came = 0
        self._made = 0
        self._members = 1

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The decoded pieces of `chunk`; raises BadReply or ReplyTooLong."""
        self._came += len(chunk)
        for piece in self._pieces(chunk) if self._inflater else (chunk,):
            self._made += len(piece)
            self._check()
            yield piece

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        while chunk := self._beginning_anew(chunk):
            assert self._inflater is not None
            try:
                yield self._inflater.decompress(chunk, _STEP)
            except zlib.error:
                raise BadReply(because="The vendor sent a damaged compressed reply.") from None
            chunk = self._inflater.unused_data or self._inflater.unconsumed_tail

    def _beginning_anew(self, chunk: bytes) -> bytes:
        """`chunk`, or what of it there is to read behind a member that has ended."""
        if self._inflater is None or not self._inflater.eof:
            return chunk
        if self._encoding not in _GZIP:
            return b""
        chunk = chunk.lstrip(b"\0")
        if chunk:
            self._inflater, self._members = _inflater(self._encoding), self._members + 1
        return chunk

    def _check(self) -> None:
        if max(self._came, self._made) > BODY_BYTES:
            raise ReplyTooLong
        if self._members > _MEMBERS or self._made > max(_SUSPICIOUS_BYTES, _SUSPICIOUS_RATIO * self._came):
            raise BadReply(because="The vendor sent a compressed reply that is implausibly large.")


def _inflater(encoding: str) -> zlib._Decompress | None:
    if encoding in ("", "identity"):
        return None
    if encoding in _GZIP:
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    if encoding == "deflate":
        return zlib.decompressobj()
    raise BadReply(because="The vendor sent a reply in an encoding nobody asked for.")
