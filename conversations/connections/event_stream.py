"""Event streams: connections over HTTP, for clients that no websocket reaches.

Frames go down as server-sent events (WHATWG HTML, section 9.2). Commands come up in requests of their own, which may
reach another process than the stream did.
"""

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import StreamingHttpResponse

from conversations.connections import frames
from conversations.connections.connection import Connection
from conversations.errors import NotFound, Refused
from conversations.live import hub
from conversations.live.interfaces import Credential

HEARTBEAT_SECONDS = 10.0
"""Seconds after which a silent stream shows that it is there: proxies end silent responses after 30 or 60."""
SILENT_SECONDS = 90.0
"""Seconds without a command after which the client has left: clients ping every 25."""
MAX_WAITING = 4 * 2**20
"""Characters of commands that wait for those before them."""
MAX_UNREAD, MAX_BURST = 2**20, 2 * 2**20
"""Bytes that may wait for the reader: for longer than PATIENCE_SECONDS, and at all, without the largest frame."""
PATIENCE_SECONDS = 1.0
PROBE_SECONDS = 0.6
ANSWERED, LEFT, RESTARTING, READS_TOO_SLOWLY = 1000, 1001, 1012, 4408

_SALT, _CROSSING_SECONDS = "chatsite.commands", 60
_streams: dict[str, "EventStream"] = {}
"""The open streams of this process, changed only on the loop."""


class EventStream:
    """One client's event stream. A brief one ends when its first commands are answered."""

    def __init__(
        self, person: UUID, credential: Credential, commands: Sequence[str], expected: str | None, *, is_brief: bool
    ) -> None:
        self.id = secrets.token_urlsafe(16)
        self.person = person
        self.connection = Connection(credential, self._put, self._end, unread=lambda: self._unread, is_brief=is_brief)
        self._expected = expected
        self._frames: deque[bytes] = deque()
        self._unread = self._largest = 0
        self._commands = deque(commands)
        self._code: int | None = None
        self._has_frames, self._has_commands = asyncio.Event(), asyncio.Event()
        self._heard_at = self._unread_since = time.monotonic()

    # --- Down ---

    async def events(self) -> AsyncIterator[bytes]:
        """Yield the bytes of the response; it is closed when the client leaves."""
        _streams[self.id] = self
        working: asyncio.Future[None] | None = None
        try:
            await self.connection.admit(self._expected)
            if not self.connection.is_over:  # a refused stream takes no commands, so nobody hears its name
                yield _event(json.dumps({"stream": self.id}).encode(), b"open")
                working = asyncio.ensure_future(self._work())
            while self._code is None or self._frames:
                yield await self._next()
            yield _event(json.dumps({"code": self._code}).encode(), b"close")
        finally:
            del _streams[self.id]
            if working is not None:
                working.cancel()
            self.connection.leave()

    async def _next(self) -> bytes:
        """Return the events of all frames that wait, or a comment after HEARTBEAT_SECONDS."""
        if not self._frames:
            await self._await_frames()
        if self._frames:
            taken = b"".join(_event(frames.payload_of(frame)) for frame in self._frames)
            self._forget_frames()
            return taken
        if time.monotonic() - self._heard_at > SILENT_SECONDS:
            self.connection.end(LEFT)
        return b":\n\n"

    async def _await_frames(self) -> None:
        self._has_frames.clear()
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await self._has_frames.wait()
        except TimeoutError:
            return

    def _put(self, frame: bytes) -> None:
        now = time.monotonic()
        if not self._frames:
            self._unread_since = now
        self._frames.append(frame)
        self._unread += len(frame)
        self._largest = max(self._largest, len(frame))
        self._has_frames.set()
        is_late = now - self._unread_since > PATIENCE_SECONDS
        if self._unread - self._largest >= (MAX_UNREAD if is_late else MAX_BURST):
            self._forget_frames()
            self.connection.end(READS_TOO_SLOWLY)

    def _forget_frames(self) -> None:
        self._frames.clear()
        self._unread = self._largest = 0

    def _end(self, code: int) -> None:
        self._code = code
        self._has_frames.set()

    # --- Up ---

    def has_room(self, commands: Sequence[str]) -> bool:
        """Return whether these commands may wait with those that do already; any thread may call it."""
        return sum(map(len, [*self._commands, *commands])) <= MAX_WAITING

    def take(self, commands: Sequence[str]) -> None:
        """Let the stream carry these commands out, in their order, and answer them."""
        self._heard_at = time.monotonic()
        self._commands.extend(commands)
        self._has_commands.set()

    async def _work(self) -> None:
        while not self.connection.is_over:
            while self._commands:
                await self.connection.receive(self._commands.popleft())
                await asyncio.sleep(0)  # commands that wait for nothing would hold up everybody
            if self.connection.is_brief:
                self.connection.end(ANSWERED)
                return
            self._has_commands.clear()
            await self._has_commands.wait()


def respond(events: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """Return the response that carries a stream: never stored, never compressed, never held back to be gathered."""
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store, no-transform"
    response.headers["Content-Encoding"] = "identity"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def probe() -> StreamingHttpResponse:
    """Return a stream of two events, by which `doctor` sees whether a proxy gathers them."""
    return respond(_two_events())


async def _two_events() -> AsyncIterator[bytes]:
    yield _event(b"1")
    await asyncio.sleep(PROBE_SECONDS)
    yield _event(b"2")


def only_streams() -> int:
    """Return the number of event streams if nobody here has a websocket, else 0; call it off the loop."""
    if not _streams or hub.loop is None or not hub.loop.is_running():
        return 0
    return asyncio.run_coroutine_threadsafe(_only_streams(), hub.loop).result()


async def _only_streams() -> int:
    return len(_streams) if len(hub.subscriptions.everyone()) <= len(_streams) else 0


def send_up(stream: str, person: UUID, commands: Sequence[str]) -> None:
    """Pass commands to a person's stream, in whichever process it is; raises NotFound, or Refused for too many."""
    found, loop = _streams.get(stream), hub.loop
    if found is None and settings.SEVERAL_PROCESSES:
        hub.peers.pass_commands(signing.dumps([stream, str(person), list(commands)], salt=_SALT))
        return
    if found is None or found.person != person or loop is None:
        raise NotFound
    if not found.has_room(commands):
        raise Refused("rate_limited", "You have sent too much in a short time.")
    loop.call_soon_threadsafe(found.take, commands)


def take_signed(signed: str) -> None:
    """Take the commands that another process received for a stream of this one; ignore those for others."""
    try:
        stream, person, commands = signing.loads(signed, salt=_SALT, max_age=_CROSSING_SECONDS)
    except signing.BadSignature:
        return
    found = _streams.get(stream)
    if found is not None and str(found.person) == person and found.has_room(commands):
        found.take(commands)


def end_all() -> None:
    """End the streams of this process before it stops; call it on the loop."""
    for stream in list(_streams.values()):
        stream.connection.end(RESTARTING)


def _event(data: bytes, name: bytes = b"") -> bytes:
    """Return a server-sent event; JSON has no line ends."""
    return b"%bdata: %b\n\n" % (b"event: %b\n" % name if name else b"", data)
