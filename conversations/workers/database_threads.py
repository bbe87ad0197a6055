"""The few threads in which everything that may not block talks with the database.

Who writes waits for other writers; who only reads has threads of its own, and waits for nobody. SQLite lets one writer
in at a time, and not in the order of their coming: there, those who write stand in one line.
"""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, close_old_connections

from conversations.workers.thread_pool import ThreadPool

AWAY = (OperationalError, InterfaceError, InternalError)
"""What a database says that is away, busy, or for reading only just now: the same again may succeed later."""

P = ParamSpec("P")
T = TypeVar("T")

_readers = ThreadPool("database-reader", 4)
_writers = ThreadPool("database-writer", settings.DATABASE_WRITERS)
_preparers = ThreadPool("database-preparer", settings.DATABASE_WRITERS)


def submit(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Run `work`, which reads (a token's latest use aside), in one of four threads for that."""
    return _readers.submit(_with_fresh_connections, partial(work, *args, **kwargs))


def submit_change(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Run `work`, which writes, in a thread for that."""
    return _writers.submit(_with_fresh_connections, partial(work, *args, **kwargs))


def submit_preparation(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Run `work`, which makes a reply ready: it reads a whole conversation, and no command waits for that."""
    return _preparers.submit(_with_fresh_connections, partial(work, *args, **kwargs))


def _with_fresh_connections(work: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
