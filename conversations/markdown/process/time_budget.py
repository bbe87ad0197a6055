"""Limits of processor time for the rendering process, which also stop a runaway regular expression."""

import signal
from collections.abc import Callable
from time import process_time
from types import FrameType
from typing import TypeVar

RETRY_SECONDS = 0.02
"""Seconds after which the timer rings again: an exception raised inside a destructor gets lost."""

T = TypeVar("T")

_deadlines: list[float] = []
_is_enforced = False


class OverBudget(BaseException):
    """Ends work whose time is up; not an Exception, because lexers and converters catch those."""


def enforce() -> None:
    """Let the budgets of this process interrupt work; call it in the main thread, before the first budget."""
    global _is_enforced
    signal.signal(signal.SIGPROF, _ring)
    _is_enforced = True


def within(seconds: float, work: Callable[[], T], otherwise: Callable[[], T]) -> T:
    """Return the result of `work`, or of `otherwise` once `work` has used this much processor time: seconds.

    An inner budget never outlasts the outer one: the outer one's exception passes through the inner one.
    """
    depth = len(_deadlines)
    try:
        _deadlines.append(min([process_time() + seconds, *_deadlines]))
        _set_timer()
        return work()
    except OverBudget:
        if depth and process_time() >= _deadlines[depth - 1]:
            raise
    finally:
        del _deadlines[depth:]
        _set_timer()
    return otherwise()


def uncounted(work: Callable[[], T]) -> T:
    """Return the result of `work` without charging any budget: for imports and lexers, which are made once."""
    paused, begun = _deadlines.copy(), process_time()
    try:
        _deadlines.clear()
        _set_timer()
        return work()
    finally:
        _deadlines[:] = [deadline + process_time() - begun for deadline in paused]
        _set_timer()


def _set_timer() -> None:
    if _is_enforced:
        left = max(_deadlines[-1] - process_time(), 0.001) if _deadlines else 0.0
        signal.setitimer(signal.ITIMER_PROF, left, RETRY_SECONDS)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    if _deadlines and process_time() >= _deadlines[-1]:
        raise OverBudget
