"""A thread for work that no response waits for, such as sending mail."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

MAX_WAITING = 1000
"""Pieces of work that may wait; more are dropped."""

_logger = logging.getLogger(__name__)
_thread = ThreadPoolExecutor(1, thread_name_prefix="postbox")
_room = threading.BoundedSemaphore(MAX_WAITING)


def later(work: Callable[[], object]) -> None:
    """Run `work` in the thread, after all earlier work."""
    if not _room.acquire(blocking=False):
        _logger.warning("A letter was dropped: %d wait already.", MAX_WAITING)
        return
    _thread.submit(_done, work)


def wait() -> None:
    """Return once all work so far is done, and the work that it submitted."""
    for _ in range(2):
        _thread.submit(bool).result()


def _done(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:  # the thread's outermost frame
        _logger.exception("A letter could not be written.")
    finally:
        _room.release()
        connections.close_all()
