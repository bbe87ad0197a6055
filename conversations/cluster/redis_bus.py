"""Redis publish/subscribe over a connection that may break: nothing waits for it.

All of it runs on the loop. Protocol: https://redis.io/docs/latest/develop/pubsub/
"""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from conversations.cluster.packets import Packets

ANSWER_SECONDS = 2.0
"""Seconds for Redis to answer; after that the connection counts as lost."""
PULSE_SECONDS = 4.0
"""Seconds between two pings on an idle connection."""
RETRY_SECONDS = 0.25
"""Seconds between two attempts to connect."""
MAX_UNSENT = 20_000
"""Packets kept for a slow Redis; beyond it they are dropped, and receivers are told to read the rows."""

_BROKEN = (RedisError, OSError, TimeoutError)
_logger = logging.getLogger(__name__)


class Bus:
    """Two connections: one publishes, one subscribes to `everywhere` and to the channels that are `wanted`.

    Channel names hold a digest of the site, because Redis ignores database numbers for channels.
    """

    def __init__(
        self,
        url: str,
        *,
        wanted: Callable[[], Iterable[str]],
        hear: Callable[[bytes], None],
        missed: Callable[[float], None],
        lost: Callable[[float], bytes],
    ) -> None:
        """Set the callbacks.

        `hear` gets each message of another process. `missed(since)` is called once the connection is back, with seconds
        of time.time(). `lost(since)` returns the message that tells the others that some of ours could not be sent.
        """
        self._lines = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._place = salted_hmac("chatsite.neighbours", _place_of(self._lines)).hexdigest()[:16]
        self.everywhere = self.channel("everywhere")
        self._wanted, self._hear, self._missed, self._lost = wanted, hear, missed, lost
        self._packets = Packets()
        self._unsent: deque[tuple[str, bytes]] = deque()
        self._something_to_send = asyncio.Event()
        self._lost_since: float | None = None
        self._channels: set[str] = set()
        self._followed: set[str] = set()
        self._late: dict[str, float] = {}
        self._news_of_channels = asyncio.Event()
        self._confirmed = asyncio.Condition()
        self._heard_at = time.time()
        self._is_away = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._speak()), asyncio.create_task(self._listen())]

    async def close(self) -> None:
        """Send the remaining packets, at most for ANSWER_SECONDS, and disconnect."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                while self._unsent and self._lost_since is None:
                    await asyncio.sleep(0.01)
        for task in self._tasks:
            await _ended(task)

    def channel(self, *name: object) -> str:
        """Return the full name of a channel of this site."""
        return ":".join(("chatsite", self._place, *map(str, name)))

    def publish(self, channel: str, message: bytes) -> None:
        """Send to all other processes subscribed to this channel, soon; never waits and never fails."""
        if len(self._unsent) > MAX_UNSENT:
            self._lose()
        self._unsent.extend((channel, packet) for packet in self._packets.of(message))
        self._something_to_send.set()

    def follow(self) -> None:
        """Update the subscriptions to the wanted channels."""
        self._news_of_channels.set()

    async def following(self, channel: str) -> None:
        """Wait until this channel is subscribed; a caller that could not wait is told later of missed events.

        It does not wait while Redis is away, and never longer than ANSWER_SECONDS.
        """
        if channel in self._followed:
            return
        self.follow()
        since = time.time()
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._confirmed:
                await self._confirmed.wait_for(lambda: channel in self._followed or not self._channels)
        except TimeoutError:
            self._late.setdefault(channel, since)

    # --- Publishing ---

    async def _speak(self) -> None:
        line: AbstractConnection = self._lines.make_connection()  # type: ignore[no-untyped-call]
        try:
            await self._speak_on(line)
        finally:
            await line.disconnect(nowait=True)

    async def _speak_on(self, line: AbstractConnection) -> None:
        while True:
            await self._something_to_send.wait()
            self._something_to_send.clear()
            try:
                await self._send_all(line)
            except _BROKEN as problem:
                if self._lost_since is None:
                    _logger.warning("Redis does not answer: %s", problem)
                self._lose()
                await line.disconnect(nowait=True)
                await asyncio.sleep(RETRY_SECONDS)
                self._something_to_send.set()

    async def _send_all(self, line: AbstractConnection) -> None:
        await line.connect()  # type: ignore[no-untyped-call]
        if self._lost_since is not None:
            told = self._packets.of(self._lost(self._lost_since))
            await _publish(line, [(self.everywhere, packet) for packet in told])
            self._lost_since = None
        while self._unsent:
            batch = [self._unsent.popleft() for _ in range(min(len(self._unsent), 200))]
            await _publish(line, batch)

    def _lose(self) -> None:
        self._unsent.clear()
        if self._lost_since is None:
            self._lost_since = time.time() - ANSWER_SECONDS

    # --- Subscribing ---

    async def _listen(self) -> None:
        while True:
            line: AbstractConnection = self._lines.make_connection()  # type: ignore[no-untyped-call]
            try:
                await line.connect()  # type: ignore[no-untyped-call]
                await self._follow_on(line)
            except _BROKEN as problem:
                if not self._is_away:
                    _logger.warning("Redis is away: %s", problem)
                self._is_away = True
            except Exception:  # the task's outermost frame: if it died, no message would be received any more
                _logger.exception("A message of another process was not understood.")
            finally:
                self._channels, self._followed = set(), set()
                self._packets.forget()
                await self._notify()
                await line.disconnect(nowait=True)
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow_on(self, line: AbstractConnection) -> None:
        """Receive until the connection breaks; messages sent before it was there may have been missed."""
        since: float | None = self._heard_at
        asking = asyncio.create_task(self._keep_following(line))
        try:
            while True:
                kind, channel, content = await _next(line)
                self._heard_at = time.time()
                if kind == b"message":
                    self._take(content)
                elif kind == b"subscribe":
                    self._followed.add(channel.decode())
                    await self._notify()
                    if (late := self._late.pop(channel.decode(), None)) is not None:
                        self._missed(late)
                    if since is not None and self._channels <= self._followed:
                        self._missed(since)
                        self._is_away, since = False, None
        finally:
            await _ended(asking)

    def _take(self, content: bytes) -> None:
        message = self._packets.whole(content)
        if message is not None:
            self._hear(message)

    async def _keep_following(self, line: AbstractConnection) -> None:
        """Subscribe to wanted channels, unsubscribe from others, and ping."""
        while True:
            self._news_of_channels.clear()  # before reading: a later change then wakes this task again
            wanted = {self.everywhere, *self._wanted()}
            more, less = wanted - self._channels, self._channels - wanted
            self._channels, self._followed = wanted, self._followed - less
            for verb, channels in (("SUBSCRIBE", more), ("UNSUBSCRIBE", less)):
                if channels:
                    await line.send_command(verb, *channels, check_health=False)
            await line.send_command("PING", check_health=False)
            with suppress(TimeoutError):
                async with asyncio.timeout(PULSE_SECONDS):
                    await self._news_of_channels.wait()

    async def _notify(self) -> None:
        async with self._confirmed:
            self._confirmed.notify_all()


def _place_of(lines: ConnectionPool) -> str:
    """Return the values that one site's processes share besides their secret key; a copied site differs."""
    return f"{settings.DATABASES['default']['NAME']} {lines.connection_kwargs.get('db', 0)}"


async def _ended(task: "asyncio.Task[Any]") -> None:
    """Cancel a task until it has ended: in Python 3.11 the driver's `wait_for` may swallow a cancellation."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.1)
    if not task.cancelled():
        task.exception()  # retrieved, so that asyncio does not log it as lost


async def _publish(line: AbstractConnection, packets: list[tuple[str, bytes]]) -> None:
    commands = line.pack_commands([("PUBLISH", channel, packet) for channel, packet in packets])
    await line.send_packed_command(commands, check_health=False)
    for _ in packets:
        await line.read_response(timeout=ANSWER_SECONDS)


async def _next(line: AbstractConnection) -> tuple[bytes, bytes, bytes]:
    """Return (kind, channel, content) of the next message; a ping's answer has neither channel nor content."""
    async with asyncio.timeout(PULSE_SECONDS + ANSWER_SECONDS):
        answer = await line.read_response(timeout=math.inf)
    kind, channel, content = [*answer, b""][:3]
    return kind, channel, content
