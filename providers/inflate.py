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


class Inflation:
    """Undoes one Content-Encoding (identity, gzip, deflate) piece by piece within 64 MiB; refuses others."""

    def __init__(self, encoding: str) -> None:
        self._inflater = _inflater(encoding.strip().lower())
        self._came = 0
        self._made = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The decoded pieces of `chunk`; raises BadReply or ReplyTooLong."""
        self._came += len(chunk)
        for piece in self._pieces(chunk) if self._inflater else (chunk,):
            self._made += len(piece)
            self._check()
            yield piece

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        assert self._inflater is not None
        while chunk:
            try:
                yield self._inflater.decompress(chunk, _STEP)
            except zlib.error:
                raise BadReply(because="The vendor sent a damaged compressed reply.") from None
            chunk = self._inflater.unconsumed_tail

    def _check(self) -> None:
        if max(self._came, self._made) > BODY_BYTES:
            raise ReplyTooLong
        if self._made > max(_SUSPICIOUS_BYTES, _SUSPICIOUS_RATIO * self._came):
            raise BadReply(because="The vendor sent a compressed reply that is implausibly large.")


def _inflater(encoding: str) -> zlib._Decompress | None:
    if encoding in ("", "identity"):
        return None
    if encoding in ("gzip", "x-gzip"):
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    if encoding == "deflate":
        return zlib.decompressobj()
    raise BadReply(because="The vendor sent a reply in an encoding nobody asked for.")
