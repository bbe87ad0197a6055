"""Three clocks for every running reply, watched by one thread.

A socket's own timeout cannot do this. A keep-alive comment resets it, and once it has fired the stream is lost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from providers.types import Clocks

FIRST_TOKEN, SILENCE, TOTAL, CONCLUSION = "first token", "silence", "total", "conclusion"


class Timer:
    """The deadlines of one reply, in monotonic seconds; `expired` names the clock that ran out."""

    def __init__(self, clocks: Clocks, hang_up: Callable[[], None]) -> None:
        self.expired = ""
        self.hang_up = hang_up
        self._clocks = clocks
        self._started = monotonic()
        self._heard: float | None = None
        self._concluded: float | None = None
        self._is_paused = False

    def hear(self) -> None:
        """Restart the silence clock after a meaningful event. Cancels the deadline that `conclude` has set."""
        self._is_paused = False
        was_first, self._heard, self._concluded = self._heard is None, monotonic(), None
        if was_first:
            WATCHDOG.look_again()

    def pause(self) -> None:
        """Let the silence clock rest until the next `hear`, while this side is busy with what came."""
        self._is_paused = True

    def conclude(self, seconds: float) -> None:
        """Limit the time for data after the end of the reply to `seconds`."""
        self._concluded = monotonic() + seconds
        WATCHDOG.look_again()

    def next(self) -> tuple[float, str]:
        """Return the next deadline, should no data arrive, and the name of its clock."""
        if self._heard is None:
            waiting = (self._started + self._clocks.first_token, FIRST_TOKEN)
        else:
            waiting = (self._heard + self._clocks.silence, SILENCE)
        end = (self._started + self._clocks.total, TOTAL)
        if self._is_paused:
            return end
        return min(end, waiting if self._concluded is None else (self._concluded, CONCLUSION))


class Watchdog:
    """A daemon thread that sleeps until the next deadline of all timers, then hangs up that reply."""

    def __init__(self) -> None:
        self._timers: set[Timer] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def watch(self, timer: Timer) -> None:
        """Add `timer`, and start the thread if it is not running."""
        with self._changed:
            self._timers.add(timer)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="reply-clocks", daemon=True)
                self._thread.start()
            self._changed.notify()

    def release(self, timer: Timer) -> None:
        """Remove `timer`."""
        with self._changed:
            self._timers.discard(timer)

    def look_again(self) -> None:
        """Wake the thread after a timer's next deadline has moved to an earlier moment."""
        with self._changed:
            self._changed.notify()

    def _run(self) -> None:
        while True:
            for timer in self._wait():
                timer.hang_up()

    def _wait(self) -> list[Timer]:
        """Wait until timers run out, then return them."""
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
