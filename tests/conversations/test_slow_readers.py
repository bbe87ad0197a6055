"""Tables that are taken away slowly, by more readers than the database has connections for one process."""

import asyncio
from collections.abc import Generator

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, connections
from django.http import StreamingHttpResponse

from conversations.models import User
from conversations.reporting.streaming import stream_response
from tests.conftest import Cast

MANY = 24


def rows() -> Generator[bytes]:
    for _ in range(3):
        yield f"{User.objects.count()}\r\n".encode()


def look() -> int:
    try:
        return User.objects.count()
    finally:
        connections.close_all()


async def during(downloads: list[StreamingHttpResponse]) -> int:
    """Take a first piece of each, and look something up while their readers do nothing."""
    taken = [aiter(download) for download in downloads]
    try:
        assert [await anext(pieces) for pieces in taken] == [b"4\r\n"] * len(taken)
        return await asyncio.to_thread(look)
    finally:
        for pieces in taken:
            await pieces.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("own_thread", [True, False])
def test_nobody_waits_for_those_who_read_slowly(cast: Cast, own_thread: bool) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite opens as many as are wanted")
    downloads = [stream_response(rows(), "text/csv", own_thread=own_thread) for _ in range(MANY)]
    assert async_to_sync(during)(downloads) == 4
