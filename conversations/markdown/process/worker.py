"""The rendering process: `python -m conversations.markdown.process.worker`, one question after the other.

It has little memory, and little time for each question. It holds nothing of the site: no settings, no rows, no keys.
"""

import gc
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import Any

MAX_MEMORY = 512 * 1024 * 1024
"""Bytes of address space."""
ENOUGH_MEMORY = 96 * 1024 * 1024
"""Bytes of memory after which it ends once it has answered: a new process is small again."""


def main() -> None:
    """Answer questions until the input ends, which is how the server, or the server's death, ends this process."""
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(
            name, signal.SIG_IGN
        )  # a terminal and systemd signal all processes at once; the server still needs this one
    with suppress(ValueError, OSError):  # not every system knows this limit
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.dup(1)
    os.dup2(2, 1)  # so that no print mixes with the answers
    from conversations.markdown.process import time_budget

    time_budget.enforce()
    _answer_all(answers)


def _answer_all(answers: int) -> None:
    from conversations.markdown import slices  # noqa: F401 (before it says that it is ready)
    from conversations.markdown.process.pipes import FOR_EVER, Broken, receive, send

    gc.disable()  # a text is tens of thousands of objects, which were searched again and again: 40 % of its time
    gc.freeze()
    with os.fdopen(answers, "wb") as output, suppress(Broken):
        send(output, b"null", FOR_EVER)
        while _memory() < ENOUGH_MEMORY:
            answer = _answer(json.loads(receive(sys.stdin.buffer, FOR_EVER)))
            send(output, json.dumps(answer).encode(), FOR_EVER)
            gc.collect()
            gc.freeze()  # what stays, like lexers, is not searched again


def _memory() -> int:
    """Return the bytes of memory in use, or 0 if the system does not tell."""
    with suppress(OSError), open("/proc/self/statm") as figures:
        return int(figures.read().split()[1]) * resource.getpagesize()
    return 0


def _answer(question: dict[str, Any]) -> dict[str, Any] | None:
    from conversations.markdown.process.time_budget import within

    seconds = question.pop("seconds")
    _kill_after(seconds + 1)
    work: Callable[[], dict[str, Any] | None] = partial(_rendered, **question)
    try:
        return within(seconds, work, lambda: None)
    except MemoryError:
        return None


def _kill_after(seconds: float) -> None:
    """Let the kernel kill this process after so many seconds of processor time, if no exception gets through."""
    latest = int(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (latest, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _rendered(text: str, is_whole: bool, places: list[tuple[int, int]], formulas: float) -> dict[str, Any]:
    from conversations.markdown.formulas import time_left
    from conversations.markdown.slices import render_slice

    begun, time_left.left = time.process_time(), formulas
    made = render_slice(text, is_whole, [(at, number) for at, number in places])
    return {**asdict(made), "formulas": time_left.left, "seconds": time.process_time() - begun}


if __name__ == "__main__":
    main()
