"""The rendering process, as the server sees it: started when it is needed, replaced when it hangs or dies."""

import atexit
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from conversations.markdown.pipes import Broken, receive, send
from conversations.markdown.turns import Turns

START_SECONDS = 10.0
REST_SECONDS = 3.0
"""After a start that failed."""
IDLE_SECONDS = 300.0
"""After which an unused process ends."""
BUSY_SECONDS = 0.05
"""After which the work under way counts as long."""
HANGING = 3.0
"""A process may take so many times its processor time,"""
PATIENCE = 2.0
"""and so many seconds, before it is killed."""
MOST_STARTS = 2
"""For one question: a process that has ended for its size or its age is no fault of the text."""
_BASE = Path(__file__).resolve().parent.parent.parent


class Away(Exception):
    """The process cannot be asked now."""


class OverBudget(Exception):
    """This text takes too long, or too much memory."""


@dataclass(frozen=True, slots=True)
class Question:
    """Text that begins with a block, whether it ends there, the places of its sources, and its formulas' seconds."""

    text: str
    is_whole: bool
    places: list[tuple[int, int]]
    formulas: float

    @property
    def seconds(self) -> float:
        """The processor time that it may take: several times what a usual text of this length does."""
        return min(0.2 + 1e-5 * len(self.text), 1.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """A slice as HTML, what is left of the formulas' seconds, and the processor time that it took."""

    done: list[str]
    live: str
    start: int
    formulas: float
    seconds: float


class Child:
    """One process that renders, one question after the other; any thread may ask."""

    def __init__(self) -> None:
        self._turns = Turns()
        self._process: subprocess.Popen[bytes] | None = None
        self._used_at = self._asked_at = 0.0
        self._not_before = 0.0
        self._starting = threading.Lock()

    @property
    def is_ready(self) -> bool:
        """It runs, and has nothing to do that takes long."""
        asked = self._asked_at
        return self._process is not None and (not asked or time.monotonic() - asked < BUSY_SECONDS)

    def render(self, question: Question, seconds: float) -> Answer:
        """Ask once it is this text's turn; raises OverBudget, or Away after so many seconds of waiting."""
        if seconds <= 0:
            raise Away
        with self._turn(seconds):
            for _ in range(MOST_STARTS):
                try:
                    return self._asked(question)
                except Broken:
                    if self._end() != 0:
                        raise OverBudget from None
        raise Away

    def warm(self) -> None:
        """Start it, in a thread of its own, unless it runs or somebody does so already."""
        if self._process is None and self._starting.acquire(blocking=False):
            threading.Thread(target=self._warm, name="markdown-start", daemon=True).start()

    def tend(self) -> None:
        """End it when it has been idle for long, and bury it when it has died."""
        with suppress(Away), self._turn(0.0):
            idle = time.monotonic() - self._used_at > IDLE_SECONDS
            if self._process is not None and (idle or self._process.poll() is not None):
                self._end()

    def close(self) -> None:
        """End it for good, or until somebody asks again."""
        atexit.unregister(self.close)
        if process := self._process:
            process.kill()  # who waits for an answer gets none
        with suppress(Away), self._turn(PATIENCE):
            self._end()

    def _warm(self) -> None:
        try:
            with suppress(Away), self._turn(0.0):
                self._start()
        finally:
            self._starting.release()

    @contextmanager
    def _turn(self, seconds: float) -> Iterator[None]:
        if not self._turns.take(seconds):
            raise Away
        self._asked_at = self._used_at = time.monotonic()
        try:
            yield
        finally:
            self._asked_at = 0.0
            self._turns.give()

    def _asked(self, question: Question) -> Answer:
        process = self._start()
        until = time.monotonic() + HANGING * question.seconds + PATIENCE
        send(process.stdin, json.dumps({**asdict(question), "seconds": question.seconds}).encode(), until)
        answer = json.loads(receive(process.stdout, until))
        if answer is None:
            raise OverBudget
        return Answer(**answer)

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            if time.monotonic() < self._not_before:
                raise Away
            self._process = self._started()
        return self._process

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "conversations.markdown.worker"]
        pipe = subprocess.PIPE
        self._not_before = time.monotonic() + REST_SECONDS
        try:
            # Nothing of the environment: secrets may be in it.
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=_BASE, env={})  # noqa: S603
        except OSError:
            raise Away from None
        atexit.register(self.close)
        try:
            receive(process.stdout, time.monotonic() + START_SECONDS)
        except Broken:
            _bury(process)
            raise Away from None
        self._not_before = 0.0
        return process

    def _end(self) -> int:
        """Return how it ended: 0 by its own will, or ours."""
        process, self._process = self._process, None
        return _bury(process) if process is not None else 0


def _bury(process: "subprocess.Popen[bytes]") -> int:
    """Make an end of a process and wait for it: the end of its input is enough, unless it hangs."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    try:
        return process.wait(0.1)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
