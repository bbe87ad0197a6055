"""The amount of a websocket's sent data that its reader has not read yet."""

import os
import time
from collections import deque
from typing import NamedTuple

PING_BYTES = 16 * 1024  # bytes between two pings
MAX_UNREAD = 1024 * 1024  # bytes, for longer than PATIENCE_SECONDS
MAX_BURST = 2 * 1024 * 1024  # bytes; even a quick reader needs a moment for a burst
PATIENCE_SECONDS = 1.0


class Ping(NamedTuple):
    """A ping that asks whether the `length` bytes before it have been read."""

    secret: bytes
    length: int
    sent_at: float


class Backlog:
    """The unread data of one websocket, measured by pings.

    A pong with a ping's secret means that all data before that ping has been read. A peer may answer only the latest
    ping (RFC 6455, 5.5.3). It cannot answer one that it has not read.
    """

    __slots__ = ("_since_ping", "_unanswered")

    def __init__(self) -> None:
        self._since_ping = 0
        self._unanswered: deque[Ping] = deque()

    def sent(self, length: int) -> bytes | None:
        """Count a sent message; return the payload of a ping when one is due, else None."""
        self._since_ping += length
        if self._since_ping < PING_BYTES:
            return None
        self._unanswered.append(Ping(os.urandom(8), self._since_ping, time.monotonic()))
        self._since_ping = 0
        return self._unanswered[-1].secret

    def answered(self, payload: bytes) -> None:
        """Count all data before the ping with this payload as read; ignore other pongs."""
        if any(ping.secret == payload for ping in self._unanswered):
            while self._unanswered.popleft().secret != payload:
                pass

    @property
    def unread(self) -> int:
        """Return the bytes that are not known to be read, up to the last ping."""
        return sum(ping.length for ping in self._unanswered)

    def is_too_long(self) -> bool:
        """Return whether the reader is too slow. Call it after sending a ping.

        The longest message hardly counts, because a long conversation is sent in one.
        """
        lengths = [ping.length for ping in self._unanswered]
        unread = sum(lengths) - max(lengths) + PING_BYTES
        is_late = time.monotonic() - self._unanswered[0].sent_at > PATIENCE_SECONDS
        return unread >= (MAX_UNREAD if is_late else MAX_BURST)
