"""The rendering process, as the server sees it: started on demand, replaced when it hangs or dies."""

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

from conversations.markdown.process.fair_lock import Turns
from conversations.markdown.process.pipes import Broken, receive, send

START_SECONDS = 10.0
REST_SECONDS = 3.0
"""Seconds without a new start after a start that failed."""
IDLE_SECONDS = 300.0
"""Seconds after which an unused process is ended."""
BUSY_SECONDS = 0.05
"""Seconds after which the question under way counts as long."""
HANG_FACTOR = 3.0
"""Multiple of a question's processor time that an answer may take, plus PATIENCE_SECONDS, before the kill."""
PATIENCE_SECONDS = 5.0
"""Seconds that an answer may take on top of that: a busy machine may leave the process without a processor."""
MAX_STARTS = 2
"""Starts for one question: a process may end for its size or age, which is not the text's fault."""
_BASE = Path(__file__).resolve().parents[3]


class Away(Exception):
    """Says that the process cannot be asked now."""


class OverBudget(Exception):
    """Says that this text takes too long, or too much memory."""


@dataclass(frozen=True, slots=True)
class Question:
    """Text that begins with a block, whether it is whole, its sources' places, its formulas' time: seconds."""

    text: str
    is_whole: bool
    places: list[tuple[int, int]]
    formulas: float

    @property
    def seconds(self) -> float:
        """Return the processor time that it may take, several times the usual for this length: seconds."""
        return min(0.2 + 1e-5 * len(self.text), 1.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """A slice as HTML, the time left for formulas, and the processor time that it took."""

    done: list[str]
    live: str
    start: int
    formulas: float
    seconds: float


class Child:
    """One rendering process, which answers one question after the other; any thread may ask."""

    def __init__(self) -> None:
        self._turns = Turns()
        self._process: subprocess.Popen[bytes] | None = None
        self._used_at = self._asked_at = 0.0
        self._not_before = 0.0
        self._starting = threading.Lock()

    @property
    def is_ready(self) -> bool:
        """Return whether the process runs and has no long question under way."""
        asked = self._asked_at
        return self._process is not None and (not asked or time.monotonic() - asked < BUSY_SECONDS)

    def render(self, question: Question, seconds: float) -> Answer:
        """Wait for the turn and ask; raises OverBudget, or Away after so many seconds of waiting."""
        if seconds <= 0:
            raise Away
        with self._turn(seconds):
            for _ in range(MAX_STARTS):
                try:
                    return self._asked(question)
                except Broken:
                    if self._end() != 0:
                        raise OverBudget from None
        raise Away

    def warm(self) -> None:
        """Start the process in a thread of its own, unless it runs or is being started."""
        if self._process is None and self._starting.acquire(blocking=False):
            threading.Thread(target=self._warm, name="markdown-start", daemon=True).start()

    def tend(self) -> None:
        """End the process when it has been idle for long, and reap it when it has died."""
        with suppress(Away), self._turn(0.0):
            idle = time.monotonic() - self._used_at > IDLE_SECONDS
            if self._process is not None and (idle or self._process.poll() is not None):
                self._end()

    def close(self) -> None:
        """End the process; a later question starts another one."""
        atexit.unregister(self.close)
        if process := self._process:
            process.kill()  # the thread that waits for an answer gets Broken
        with suppress(Away), self._turn(PATIENCE_SECONDS):
            self._end()

    def _warm(self) -> None:
        try:
            with suppress(Away), self._turn(0.0):
                self._start()
        finally:
            self._starting.release()

    @contextmanager
    def _turn(self, seconds: float) -> Iterator[None]:
        if not self._turns.acquire(seconds):
            raise Away
        self._asked_at = self._used_at = time.monotonic()
        try:
            yield
        finally:
            self._asked_at = 0.0
            self._turns.give()

    def _asked(self, question: Question) -> Answer:
        process = self._start()
        until = time.monotonic() + HANG_FACTOR * question.seconds + PATIENCE_SECONDS
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
        command = [sys.executable, "-m", "conversations.markdown.process.worker"]
        pipe = subprocess.PIPE
        self._not_before = time.monotonic() + REST_SECONDS
        try:
            # It inherits no environment: that may hold secrets.
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=_BASE, env={})  # noqa: S603
        except OSError:
            raise Away from None
        atexit.register(self.close)
        try:
            receive(process.stdout, time.monotonic() + START_SECONDS)
        except Broken:
            _reap(process)
            raise Away from None
        self._not_before = 0.0
        return process

    def _end(self) -> int:
        """End the process and return its exit code: 0 if it ended by itself or was told to."""
        process, self._process = self._process, None
        return _reap(process) if process is not None else 0


def _reap(process: "subprocess.Popen[bytes]") -> int:
    """Close a process's pipes, which ends it, and wait for it; kill it if it hangs."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    try:
        return process.wait(1.0)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
