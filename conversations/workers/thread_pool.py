"""A pool of few threads that owners use in turn, and that end when they are idle."""

import atexit
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")

IDLE_SECONDS = 5.0
"""Seconds after which an idle thread ends, and its database connection with it."""

Work = Callable[[], None]


class Full(Exception):
    """Says that an owner has more work waiting than one may have."""


class ThreadPool:
    """Runs work in at most `threads` threads, `each(owner)` of them for one owner; owners take turns.

    At most `waiting` pieces of one owner wait. `kept` threads never end. Work under way at an exit is finished.
    """

    def __init__(
        self, name: str, threads: int, *, each: Callable[[Hashable], int] | None = None, waiting: int = 0, kept: int = 1
    ) -> None:
        self.name, self.threads, self.kept = name, threads, kept
        self._each, self._most_waiting = each or (lambda _: threads), waiting
        self._lock = threading.Lock()
        self._at_rest = threading.Condition(self._lock)
        self._idle: list[SimpleQueue[tuple[Hashable, Work]]] = []
        self._count = 0
        self._running: Counter[Hashable] = Counter()
        self._waiting: dict[Hashable, deque[Work]] = {}
        atexit.register(self.finish)

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run `work` without an owner."""
        return self.submit_for(None, partial(work, *args, **kwargs))

    def submit_for(self, owner: Hashable, work: Callable[[], T]) -> Future[T]:
        """Run `work` when it is the owner's turn; raises Full if too much of the owner's work waits."""
        future: Future[T] = Future()
        piece = partial(_fulfil, future, work)
        with self._lock:
            if self._running[owner] < self._each(owner) and (self._idle or self._count < self.threads):
                self._running[owner] += 1
                self._hand_over(owner, piece)
            elif self._most_waiting and len(self._waiting.get(owner, ())) >= self._most_waiting:
                raise Full
            else:
                self._waiting.setdefault(owner, deque()).append(piece)
        return future

    def finish(self) -> None:
        """Wait until no work is under way; idle threads are daemons and delay no exit."""
        with self._at_rest:
            self._at_rest.wait_for(lambda: not self._running)

    def _hand_over(self, owner: Hashable, piece: Work) -> None:
        """Use the thread that has been idle for the shortest time, so that spare threads may end."""
        if self._idle:
            self._idle.pop().put((owner, piece))
            return
        self._count += 1
        threading.Thread(target=self._serve, args=(owner, piece), name=self.name, daemon=True).start()

    def _serve(self, owner: Hashable, piece: Work) -> None:
        inbox: SimpleQueue[tuple[Hashable, Work]] = SimpleQueue()
        following: tuple[Hashable, Work] | None = (owner, piece)
        while following is not None:
            owner, piece = following
            piece()
            del piece, following  # frees their objects now, not at the next work
            following = self._next(owner, inbox)
        connections.close_all()

    def _next(self, done: Hashable, inbox: "SimpleQueue[tuple[Hashable, Work]]") -> tuple[Hashable, Work] | None:
        with self._lock:
            self._discount(done)
            if found := self._whose_turn():
                return found
            self._at_rest.notify_all()
            self._idle.append(inbox)
        while True:
            with suppress(Empty):
                return inbox.get(timeout=IDLE_SECONDS)
            with self._lock:
                if inbox in self._idle and self._count > self.kept:
                    self._idle.remove(inbox)
                    self._count -= 1
                    return None

    def _discount(self, owner: Hashable) -> None:
        self._running[owner] -= 1
        if not self._running[owner]:
            del self._running[owner]

    def _whose_turn(self) -> tuple[Hashable, Work] | None:
        """Return the next work of the owner that waited longest, and move that owner to the end of the line."""
        for owner, pieces in self._waiting.items():
            if self._running[owner] < self._each(owner):
                piece = pieces.popleft()
                del self._waiting[owner]
                if pieces:
                    self._waiting[owner] = pieces
                self._running[owner] += 1
                return owner, piece
        return None


def _fulfil(future: "Future[Any]", work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)
