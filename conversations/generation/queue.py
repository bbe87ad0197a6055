"""Replies that wait for the same condition, in order of creation; only the first of a line is woken."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from conversations.live import LiveReply
from providers import clock
from providers.pool.route_search import QueueKey, Waiting


class Queue:
    """The waiting replies of this process and their lines; message ids grow with time, so the smallest is first."""

    def __init__(self) -> None:
        self._places: dict[UUID, tuple[LiveReply, QueueKey, datetime | None]] = {}
        self._lock = threading.Lock()
        self.calls = 0
        """Counts the wake-ups; a reply that sees it change while it joins a line tries again."""
        self.wake_next: Callable[[], None] = lambda: None
        """Wakes the first reply of each line to try again."""

    def enqueue(self, reply: LiveReply, line: QueueKey, until: datetime | None) -> None:
        """Add the reply to this line; nothing can have changed before `until`."""
        with self._lock:
            self._places[reply.id] = (reply, line, until)

    def dequeue(self, reply: LiveReply) -> None:
        with self._lock:
            self._places.pop(reply.id, None)

    def is_turn_of(self, reply: LiveReply, line: QueueKey) -> bool:
        """Return whether no older reply waits in this line."""
        with self._lock:
            return not any(other < reply.id and where == line for other, (_, where, _) in self._places.items())

    def first_of(self, line: QueueKey) -> LiveReply | None:
        """Return the oldest reply in this line, or None if nobody waits there."""
        with self._lock:
            waiting = {key: reply for key, (reply, where, _) in self._places.items() if where == line}
        return waiting[min(waiting)] if waiting else None

    def due(self) -> list[LiveReply]:
        """Return the first of each line whose time has come, and all stopped replies."""
        now = clock.now()
        with self._lock:
            self.calls += 1
            places = sorted(self._places.items())
        first: dict[QueueKey, UUID] = {}
        for key, (_, line, _until) in reversed(places):
            first[line] = key
        return [
            reply
            for key, (reply, line, until) in places
            if reply.stopped or (first[line] == key and (until is None or until <= now))
        ]


queue = Queue()


class Places:
    """The places of replies that stream at once in this process; the others wait in a line of their own."""

    wait = Waiting("queued", line=frozenset([UUID(int=0)]))

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        self._lock = threading.Lock()

    @contextmanager
    def of(self, reply: LiveReply) -> Iterator[bool]:
        """Hold a place for this reply; gives False if there is none, or if an older reply waits for it."""
        with self._lock:
            has_place = self._taken < self._most and queue.is_turn_of(reply, self.wait.line)
            self._taken += has_place
        try:
            yield has_place
        finally:
            if has_place:
                with self._lock:
                    self._taken -= 1
