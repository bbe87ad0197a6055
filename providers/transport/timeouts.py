"""Three clocks for every reply under way, kept by one thread.

A socket's own time-out cannot keep them: a keep-alive comment resets it, and once it has fired the stream is lost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from providers.types import Clocks

FIRST_TOKEN, SILENCE, TOTAL, CONCLUSION = "first token", "silence", "total", "conclusion"


class Timer:
    """When one reply has taken too long, and which of its clocks says so; times are monotonic seconds."""

    def __init__(self, clocks: Clocks, hang_up: Callable[[], None]) -> None:
        self.expired = ""
        self.hang_up = hang_up
        self._clocks = clocks
        self._started = monotonic()
        self._heard: float | None = None
        self._concluded: float | None = None

    def hear(self) -> None:
        """Something meaningful came: the silence starts anew, and a reply that seemed over is not."""
        was_first, self._heard, self._concluded = self._heard is None, monotonic(), None
        if was_first:
            WATCHDOG.look_again()

    def conclude(self, seconds: float) -> None:
        """The reply is over; whatever may still follow has so long."""
        self._concluded = monotonic() + seconds
        WATCHDOG.look_again()

    def next(self) -> tuple[float, str]:
        """The moment at which a clock runs out if nothing more comes, and that clock."""
        if self._heard is None:
            waiting = (self._started + self._clocks.first_token, FIRST_TOKEN)
        else:
            waiting = (self._heard + self._clocks.silence, SILENCE)
        end = (self._started + self._clocks.total, TOTAL)
        return min(end, waiting if self._concluded is None else (self._concluded, CONCLUSION))


class Watchdog:
    """One daemon thread that sleeps until the next clock of all timers runs out, then hangs up that reply."""

    def __init__(self) -> None:
        self._timers: set[Timer] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def watch(self, timer: Timer) -> None:
        """Keeps `timer` from now on."""
        with self._changed:
            self._timers.add(timer)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="reply-clocks", daemon=True)
                self._thread.start()
            self._changed.notify()

    def release(self, timer: Timer) -> None:
        """Forgets `timer`."""
        with self._changed:
            self._timers.discard(timer)

    def look_again(self) -> None:
        """A timer's next moment has become an earlier one."""
        with self._changed:
            self._changed.notify()

    def _run(self) -> None:
        while True:
            for timer in self._wait():
                timer.hang_up()

    def _wait(self) -> list[Timer]:
        """The timers that have run out, as soon as there are any."""
        with self._changed:
            while not (over := self._expire()):
                moments = [timer.next()[0] for timer in self._timers]
                self._changed.wait(max(0.0, min(moments) - monotonic()) if moments else None)
            return over

    def _expire(self) -> list[Timer]:
        now = monotonic()
        over = [timer for timer in self._timers if timer.next()[0] <= now]
        for timer in over:
            timer.expired = timer.next()[1]
            self._timers.discard(timer)
        return over


WATCHDOG = Watchdog()
