"""Replies that wait for the same condition, in order of creation; only the first of a line is woken."""

import threading
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from conversations.live import LiveReply
from providers import clock
from providers.pool.route_search import QueueKey


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
