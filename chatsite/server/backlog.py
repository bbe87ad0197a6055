"""How much of what a websocket was sent its reader has not read yet."""

import os
import time
from collections import deque
from typing import NamedTuple

EVERY = 256 * 1024  # bytes between two pings
MOST_UNREAD = 1024 * 1024  # bytes, for longer than PATIENCE_SECONDS
MOST_AT_ONCE = 2 * 1024 * 1024  # bytes; what is sent in one burst is unread for a moment however quick the reader
PATIENCE_SECONDS = 1.0


class Ping(NamedTuple):
    """Asks whether the `length` bytes before it have been read."""

    secret: bytes
    length: int
    sent_at: float


class Backlog:
    """Counts what goes out by pings: a pong with a ping's secret means that all before that ping has been read.

    A peer may answer the latest of several pings only (RFC 6455, 5.5.3), and cannot answer one that it has not read.
    """

    __slots__ = ("_since_ping", "_unanswered")

    def __init__(self) -> None:
        self._since_ping = 0
        self._unanswered: deque[Ping] = deque()

    def sent(self, length: int) -> bytes | None:
        """Count a message; where it is time for a ping, that ping's payload."""
        self._since_ping += length
        if self._since_ping < EVERY:
            return None
        self._unanswered.append(Ping(os.urandom(8), self._since_ping, time.monotonic()))
        self._since_ping = 0
        return self._unanswered[-1].secret

    def answered(self, payload: bytes) -> None:
        """The peer has read up to the ping with this payload; other pongs mean nothing."""
        if any(ping.secret == payload for ping in self._unanswered):
            while self._unanswered.popleft().secret != payload:
                pass

    def is_too_long(self) -> bool:
        """Asked when a ping has gone out. The longest message hardly counts: a long conversation is sent in one."""
        lengths = [ping.length for ping in self._unanswered]
        unread = sum(lengths) - max(lengths) + EVERY
        is_late = time.monotonic() - self._unanswered[0].sent_at > PATIENCE_SECONDS
        return unread >= (MOST_UNREAD if is_late else MOST_AT_ONCE)
