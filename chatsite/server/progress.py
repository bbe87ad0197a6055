"""A watch over the rate of bytes that come or go."""

from collections.abc import Callable

import daphne.server  # noqa: F401  (first: it chooses the reactor)
from twisted.internet import reactor


class Progress:
    """A timer that calls `too_slow` after `seconds` with fewer than `least` bytes; `end` stops it."""

    def __init__(self, seconds: float, least: int, too_slow: Callable[[], object]) -> None:
        self.seconds, self.least, self.too_slow = seconds, least, too_slow
        self.counted = 0
        self._next_look = reactor.callLater(seconds, self._look)

    def count(self, length: int) -> None:
        self.counted += length

    def end(self) -> None:
        if self._next_look.active():
            self._next_look.cancel()

    def _look(self) -> None:
        if self.counted < self.least:
            self.too_slow()
        else:
            self.counted = 0
            self._next_look = reactor.callLater(self.seconds, self._look)
