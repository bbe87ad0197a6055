"""Decompression of bodies: some vendors compress although the request asks them not to."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from providers.errors import BadReply, ReplyTooLong

MAX_BODY_BYTES = 64 * 1024 * 1024
_STEP = 64 * 1024
# Compression shrinks reply text to about a tenth; a ratio of 200 means that the body was made to fill our memory.
_SUSPICIOUS_BYTES = 4 * 1024 * 1024
_SUSPICIOUS_RATIO = 200
# Each gzip member costs as much time as hundreds of bytes, even when it is empty.
_MAX_MEMBERS = 100_000
_GZIP = ("gzip", "x-gzip")
# The first bytes of JSON, events and pages, also behind blanks or a byte order mark. No compressed text begins so.
_PLAIN = b"{[<: \t\r\n\xefdeir"


class Inflation:
    """The decoder of one Content-Encoding (identity, gzip, deflate), piece by piece, for at most 64 MiB.

    A gzip body may consist of several members in sequence, padded with zeros (RFC 1952, section 2.2). Gateways name an
    encoding, even one that is none, and send plain text: the first byte shows that.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        self._inflater: zlib._Decompress | None = None
        self._is_judged = self._encoding in ("", "identity")
        self._came = 0
        self._made = 0
        self._members = 1

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the decoded pieces of `chunk`. Raises BadReply, also for an unknown encoding, or ReplyTooLong."""
        if not self._is_judged and chunk:
            self._is_judged = True
            self._inflater = None if chunk[0] in _PLAIN else _inflater(self._encoding)
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
        """Return the bytes of `chunk` to decode now.

        After the end of a gzip member it skips padding and starts the next member. After the end of another encoding it
        returns b"".
        """
        if self._inflater is None or not self._inflater.eof:
            return chunk
        if self._encoding not in _GZIP:
            return b""
        chunk = chunk.lstrip(b"\0")
        if chunk:
            self._inflater, self._members = _inflater(self._encoding), self._members + 1
        return chunk

    def _check(self) -> None:
        if max(self._came, self._made) > MAX_BODY_BYTES:
            raise ReplyTooLong
        if self._members > _MAX_MEMBERS or self._made > max(_SUSPICIOUS_BYTES, _SUSPICIOUS_RATIO * self._came):
            raise BadReply(because="The vendor sent a compressed reply that is implausibly large.")


def _inflater(encoding: str) -> zlib._Decompress:
    if encoding in _GZIP:
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    if encoding == "deflate":
        return zlib.decompressobj()
    raise BadReply(because="The vendor sent a reply in an encoding nobody asked for.")
