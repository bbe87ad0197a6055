"""The line to the other processes, by a real Redis that refuses, changes its mind, and serves other sites too."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis as driver

from chatsite.health import checks
from conversations.cluster import packets
from conversations.cluster.redis_bus import Bus
from providers.checks import Sick
from tests.services import Redis

PATIENCE = 20.0


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture
def guest(redis: Redis) -> Iterator[driver.Redis]:
    """Return a terminal at this Redis with a user that may use no channel, the default of Redis 7."""
    terminal = driver.Redis(port=redis.port)
    terminal.execute_command("ACL", "SETUSER", "guest", "reset", "on", ">word", "~*", "+@all")
    yield terminal
    terminal.close()


def bus(url: str, heard: list[bytes], missed: Callable[[float], object] = float) -> Bus:
    return Bus(url, wanted=list, hear=heard.append, missed=missed, lost=lambda _: b"")


async def come(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


def test_a_line_that_was_refused_is_there_once_it_is_allowed(
    redis: Redis, guest: driver.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    async def listen() -> None:
        there = list[float]()
        line = bus(redis.url.replace("//", "//guest:word@"), [], there.append)
        line.start()
        await come(lambda: "Redis is away" in caplog.text)
        guest.execute_command("ACL", "SETUSER", "guest", "&chatsite:*")
        await come(lambda: there)
        async with asyncio.timeout(PATIENCE):
            await line.close()

    asyncio.run(listen())
    assert "no permissions to access one of the channels" in caplog.text


def test_who_may_use_no_channel_is_told_so(redis: Redis, guest: driver.Redis, settings: Any) -> None:
    settings.REDIS_URL = redis.url.replace("//", "//guest:word@")
    with pytest.raises(Sick, match="Redis lets its user do too little") as sick:
        checks.redis_server()
    assert "no permissions" in sick.value.finding.detail
    guest.execute_command("ACL", "SETUSER", "guest", "reset", "on", ">word", "+@pubsub", "&chatsite:*", "+info")
    assert checks.redis_server().startswith("Redis ")


@pytest.mark.parametrize("other", ["number", "key", "database", ""])
def test_another_site_at_the_same_redis_hears_nothing(
    redis: Redis, guest: driver.Redis, settings: Any, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    speaker = bus(redis.url, [])
    if other == "key":
        settings.SECRET_KEY = "another" * 8
    elif other == "database":
        monkeypatch.setitem(settings.DATABASES["default"], "NAME", "staging")
    heard, there = list[bytes](), list[float]()
    listener = bus(redis.url.replace("/0", "/1") if other == "number" else redis.url, heard, there.append)

    async def talk() -> None:
        listener.start()
        await come(lambda: there)
        speaker.publish(speaker.everywhere, b"news")
        monkeypatch.setattr(packets, "_OWN", b"another process")
        speaker.start()
        await speaker.close()  # once it has sent everything
        guest.publish(listener.everywhere, b"terminal 1 0\nthe end")
        await come(lambda: b"the end" in heard)
        await listener.close()

    asyncio.run(talk())
    assert heard == ([b"the end"] if other else [b"news", b"the end"])
