"""Responses whose pieces go out as they are made, by plain synchronous code in a thread."""

import asyncio
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor

from django.db import close_old_connections, connections
from django.http import StreamingHttpResponse
from django.utils import translation

from conversations.crew import Crew

_common = Crew("pages", 4)


def trickling(pieces: Generator[bytes], content_type: str, *, own_thread: bool = False) -> StreamingHttpResponse:
    """Return a response that is never stored; when its reader leaves, `pieces` is closed.

    A few threads make everybody's pieces, in turn, and none waits for a reader. What holds on to its database
    connection, or waits for vendors, needs a thread of its own; that is for those who sign in.
    """
    handed_out = _in_own_thread if own_thread else _in_turn
    response = StreamingHttpResponse(handed_out(pieces, translation.get_language() or ""), content_type=content_type)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def at_once(response: StreamingHttpResponse) -> StreamingHttpResponse:
    """Nothing on the way may gather its pieces: neither a compression nor a proxy."""
    response.headers["Content-Encoding"] = "identity"
    response.headers["X-Accel-Buffering"] = "no"
    return response


async def _in_turn(pieces: Generator[bytes], language: str) -> AsyncIterator[bytes]:
    try:
        while (piece := await asyncio.wrap_future(_common.submit(_next_in_turn, pieces, language))) is not None:
            yield piece
    finally:
        _common.submit(pieces.close)


async def _in_own_thread(pieces: Generator[bytes], language: str) -> AsyncIterator[bytes]:
    thread = ThreadPoolExecutor(1, thread_name_prefix="page")
    try:
        while (piece := await asyncio.wrap_future(thread.submit(_next, pieces, language))) is not None:
            yield piece
    finally:
        thread.submit(pieces.close)
        thread.submit(connections.close_all)
        thread.shutdown(wait=False)


def _next_in_turn(pieces: Generator[bytes], language: str) -> bytes | None:
    try:
        return _next(pieces, language)
    finally:
        close_old_connections()


def _next(pieces: Generator[bytes], language: str) -> bytes | None:
    with translation.override(language):
        return next(pieces, None)
