"""Streamed responses whose pieces are made by plain synchronous code in a thread."""

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from django.db import close_old_connections, connections
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import translation

from conversations.workers.thread_pool import ThreadPool

_common = ThreadPool("pages", 4)
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|\s|$))")


def stream_response(
    pieces: Generator[bytes],
    content_type: str,
    *,
    own_thread: bool = False,
    hang_up: Callable[[], None] = lambda: None,
    compress_for: HttpRequest | None = None,
) -> StreamingHttpResponse:
    """Return a response that is never stored; `pieces` is closed when its reader leaves.

    A few shared threads make the pieces of all responses in turn, and none waits for a reader. Slow pieces, or pieces
    that wait for vendors, need a thread of their own, which only signed-in people get. When the reader leaves,
    `hang_up()` ends such a wait. Between two pieces, no database connection is held: connections are few, and a reader
    may be slow.
    """
    is_compressed = compress_for is not None and bool(_GZIP.search(compress_for.headers.get("Accept-Encoding", "")))
    if is_compressed:
        pieces = _compressed(pieces)
    language = translation.get_language() or ""
    handed_out = _in_own_thread(pieces, language, hang_up) if own_thread else _in_turn(pieces, language)
    response = StreamingHttpResponse(handed_out, content_type=content_type)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Encoding"] = "gzip" if is_compressed else "identity"
    return response


def _compressed(pieces: Generator[bytes]) -> Generator[bytes]:
    """Yield one gzip stream: Django's middleware makes one of each piece, of which Chromium reads the first."""
    stream = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    with closing(pieces):
        for piece in pieces:
            yield stream.compress(piece) + stream.flush(zlib.Z_SYNC_FLUSH)
        yield stream.flush()


def unbuffered(response: StreamingHttpResponse) -> StreamingHttpResponse:
    """Keep compression and proxies from gathering the response's pieces."""
    response.headers["Content-Encoding"] = "identity"
    response.headers["X-Accel-Buffering"] = "no"
    return response


async def _in_turn(pieces: Generator[bytes], language: str) -> AsyncIterator[bytes]:
    try:
        while (piece := await asyncio.wrap_future(_common.submit(_next, pieces, language))) is not None:
            yield piece
    finally:
        _common.submit(pieces.close)


async def _in_own_thread(pieces: Generator[bytes], language: str, hang_up: Callable[[], None]) -> AsyncIterator[bytes]:
    thread = ThreadPoolExecutor(1, thread_name_prefix="page")
    try:
        while (piece := await asyncio.wrap_future(thread.submit(_next, pieces, language))) is not None:
            yield piece
    finally:
        hang_up()  # else `close` waits for a piece that is being made
        thread.submit(pieces.close)
        thread.submit(connections.close_all)
        thread.shutdown(wait=False)


def _next(pieces: Generator[bytes], language: str) -> bytes | None:
    try:
        with translation.override(language):
            return next(pieces, None)
    finally:
        close_old_connections()
