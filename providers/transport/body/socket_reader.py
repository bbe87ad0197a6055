"""One thread that reads for all replies under way; a thread each would wake for every word.

A reply is a generator of waits. While it waits for data it costs no thread. A step that may block, such as the opening
of a connection, runs in a pool.
"""

from __future__ import annotations

import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

from providers.transport.body.waits import TURN, Data, Wait, waited_for

Steps = Iterator[Wait]

SHARE, LEAST = 1.0, 0.002
"""The pause after a round, as a share of its time, and the least that is made: seconds.

Without it a reader of hundreds of streams leaves no time to those who answer and store.
"""

_logger = logging.getLogger(__name__)


class SocketReader:
    """Drives replies: `submit` runs work in a thread that may block.

    `a_round` is entered around each round of reading. `period` returns the seconds between two rounds, by the number of
    connections. Under load, one round reads what many have sent.
    """

    def __init__(
        self,
        submit: Callable[[Callable[[], None]], object],
        a_round: Callable[[], AbstractContextManager[None]],
        period: Callable[[int], float],
    ) -> None:
        self._submit, self._round, self._period = submit, a_round, period
        self._lock = threading.Lock()
        self._selector: selectors.BaseSelector | None = None
        self._arriving: deque[tuple[Steps, Data]] = deque()
        self._turns: deque[Steps] = deque()
        """Replies that may go on at once, after the others."""

    def run(self, steps: Steps) -> None:
        """Take the steps of one reply to their end; the first ones may block. Returns at once."""
        self._submit(partial(self._block, steps))

    def _block(self, steps: Steps) -> None:
        """Take steps in a thread that may block, until the reply waits for data."""
        for wait in steps:
            if isinstance(wait, Data):
                self._hand_over(steps, wait)
                return

    def _hand_over(self, steps: Steps, wait: Data) -> None:
        with self._lock:
            if self._selector is None:
                self._selector = selectors.DefaultSelector()
                near, self._bell = socket.socketpair()
                near.setblocking(False)
                self._selector.register(near, selectors.EVENT_READ, None)
                threading.Thread(target=self._read, args=(self._selector, near), name="vendors", daemon=True).start()
            is_first = not self._arriving
            self._arriving.append((steps, wait))
        if is_first:
            self._bell.send(b"\0")

    def _read(self, selector: selectors.BaseSelector, near: socket.socket) -> None:
        while True:
            ready = selector.select(0 if self._turns else None)
            begun = time.monotonic()
            with self._round():
                for key, _ in ready:
                    if key.data is None:
                        near.recv(4096)
                        self._admit(selector)
                    else:
                        self._step(selector, *key.data)
                for _ in range(len(self._turns)):
                    self._go_on(selector, self._turns.popleft())
            took = time.monotonic() - begun
            if not self._turns and (left := max(self._period(len(selector.get_map())) - took, SHARE * took)) > LEAST:
                time.sleep(left)

    def _admit(self, selector: selectors.BaseSelector) -> None:
        with self._lock:
            arriving, self._arriving = self._arriving, deque()
        for steps, wait in arriving:
            self._watch(selector, steps, wait)

    def _watch(self, selector: selectors.BaseSelector, steps: Steps, wait: Data) -> None:
        try:
            key = selector.register(wait.connection, selectors.EVENT_READ, (steps, wait))
        except (OSError, ValueError, KeyError):
            _logger.exception("A connection cannot be watched with the others; its reply gets a thread of its own.")
            self._submit(partial(_wait_alone, steps))
        else:
            wait.unwatch = partial(selector.unregister, key.fd)

    def _step(self, selector: selectors.BaseSelector, steps: Steps, watched: Data) -> None:
        """Take one step of a reply whose connection has something to read."""
        wait = _next(steps)
        if wait is not watched:
            watched.leave()
            self._sort(selector, steps, wait)

    def _go_on(self, selector: selectors.BaseSelector, steps: Steps) -> None:
        self._sort(selector, steps, _next(steps))

    def _sort(self, selector: selectors.BaseSelector, steps: Steps, wait: Wait | None) -> None:
        if wait is TURN:
            self._turns.append(steps)
        elif isinstance(wait, Data):
            self._watch(selector, steps, wait)
        elif wait is not None:
            self._submit(partial(self._block, steps))


def _wait_alone(steps: Steps) -> None:
    """Take all steps in this thread, and wait in it."""
    for _ in waited_for(steps):
        pass


def _next(steps: Steps) -> Wait | None:
    """Take one step; returns its wait, or None at the end."""
    try:
        return next(steps, None)
    except Exception:
        _logger.exception("The steps of a reply ended by a fault.")
        return None
