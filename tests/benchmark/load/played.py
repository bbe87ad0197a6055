"""Replies without vendors: the site's own code runs and stores them, and a clock takes the place of the network."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from types import TracebackType
from typing import Any, Self

from django.utils.html import escape

from conversations.generation import runner
from conversations.live import LiveReply, hub
from providers.client.route import Route
from providers.transport.body.waits import Wait
from providers.types import Delta, Finish, Usage

STEP_SECONDS = 0.5
"""Seconds between two deltas: rows are written less often, and frames are not what is measured."""
TEXT = "Some words that somebody wrote or read, and the next of them are as long as these ones were before.\n"
"""What comes in half a second, 200 characters a second."""


class Pause(Wait):
    """The wait for the next delta."""


class PlayedStream:
    """The stream of one reply, in the place of a vendor's."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.stopped, self.has_left = False, True
        self.first_token_at: float | None = None
        self.ended_at = 0.0
        self.quirks: frozenset[str] = frozenset()
        self.sentences: dict[str, str] = {}
        self.left_out: list[Any] = []
        self.following = None
        self.usage = Usage(100, round(len(TEXT) / 4 * seconds / STEP_SECONDS))
        self.finish = Finish("stop")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended_at = time.monotonic()

    def stop(self) -> None:
        self.stopped = True

    def steps(self) -> Iterator[Delta | Wait]:
        for _ in range(max(1, round(self._seconds / STEP_SECONDS))):
            if self.stopped:
                return
            self.first_token_at = self.first_token_at or time.monotonic()
            yield Delta(TEXT)
            yield Pause()


class Clock:
    """Drives replies as the reader of sockets does; `submit` runs work in a thread that may block."""

    def __init__(self, submit: Callable[[Callable[[], None]], object]) -> None:
        self._submit = submit

    def run(self, steps: Iterator[Wait]) -> None:
        """Take the steps of one reply to their end; returns at once."""
        self._submit(partial(self._go_on, steps))

    def _go_on(self, steps: Iterator[Wait]) -> None:
        for wait in steps:
            if isinstance(wait, Pause):
                hub.call_later(STEP_SECONDS, partial(self.run, steps))
                return


def replace_vendors(seconds: float) -> None:
    """Let each reply of this process come in so many seconds, without a vendor, and without cost for its HTML."""
    Route.stream = lambda route, prompt, searches=0: PlayedStream(seconds)  # type: ignore[method-assign, assignment, return-value]
    runner._reader = Clock(runner._threads.submit)  # type: ignore[assignment]
    runner._rendered = _as_paragraphs


def _as_paragraphs(live: LiveReply) -> str:
    lines = live.fed.text().splitlines()
    return "".join(f"<p>{escape(line)}</p>" for line in lines)
