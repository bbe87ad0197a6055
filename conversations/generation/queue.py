"""Replies that wait for the same thing, in the order of their asking: only the first of a line is woken."""

import threading
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from conversations.live import LiveReply
from providers import clock
from providers.pool.route_search import Line


class Queue:
    """Who waits in which line of this process. Ids of messages grow with time, so the smallest was asked first."""

    def __init__(self) -> None:
        self._places: dict[UUID, tuple[LiveReply, Line, datetime | None]] = {}
        self._lock = threading.Lock()
        self.calls = 0
        """How often the first ones were called: who sees it move while they are taking their place looks again."""
        self.call: Callable[[], None] = lambda: None
        """Have the first ones look whether they may go."""

    def stand(self, reply: LiveReply, line: Line, until: datetime | None) -> None:
        """Wait in this line; nothing can have changed before `until`."""
        with self._lock:
            self._places[reply.id] = (reply, line, until)

    def leave(self, reply: LiveReply) -> None:
        with self._lock:
            self._places.pop(reply.id, None)

    def is_turn_of(self, reply: LiveReply, line: Line) -> bool:
        """Whether nobody who was there before waits in this line."""
        with self._lock:
            return not any(other < reply.id and where == line for other, (_, where, _) in self._places.items())

    def due(self) -> list[LiveReply]:
        """The first of each line, if its time has come, and whoever is to be stopped, wherever they stand."""
        now = clock.now()
        with self._lock:
            self.calls += 1
            places = sorted(self._places.items())
        first: dict[Line, UUID] = {}
        for key, (_, line, _until) in reversed(places):
            first[line] = key
        return [
            reply
            for key, (reply, line, until) in places
            if reply.stopped or (first[line] == key and (until is None or until <= now))
        ]


queue = Queue()
