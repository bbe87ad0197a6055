"""Responses whose pieces go out as they are made, by plain synchronous code in a thread of its own."""

import asyncio
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor

from django.db import connections
from django.http import StreamingHttpResponse
from django.utils import translation


def trickling(pieces: Generator[bytes], content_type: str) -> StreamingHttpResponse:
    """A response that is never stored; when its reader leaves, `pieces` is closed."""
    response = StreamingHttpResponse(_handed_out(pieces, translation.get_language() or ""), content_type=content_type)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def at_once(response: StreamingHttpResponse) -> StreamingHttpResponse:
    """Nothing on the way may gather its pieces: neither a compression nor a proxy."""
    response.headers["Content-Encoding"] = "identity"
    response.headers["X-Accel-Buffering"] = "no"
    return response


async def _handed_out(pieces: Generator[bytes], language: str) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, thread_name_prefix="page")
    try:
        await loop.run_in_executor(thread, translation.activate, language)
        while (piece := await loop.run_in_executor(thread, next, pieces, None)) is not None:
            yield piece
    finally:
        thread.submit(_close, pieces)
        thread.shutdown(wait=False)


def _close(pieces: Generator[bytes]) -> None:
    """After the piece that was being made."""
    pieces.close()
    connections.close_all()
