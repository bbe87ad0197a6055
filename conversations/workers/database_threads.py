"""The few threads in which blocking work uses the database.

Writers wait for other writers; readers have threads of their own and wait for nobody. SQLite lets one writer in at a
time, in no order. So its writers wait in one queue here.
"""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, close_old_connections

from conversations.workers.thread_pool import ThreadPool

AWAY = (OperationalError, InterfaceError, InternalError)
"""Errors of a database that is away, busy or read-only for now: a retry may succeed."""

P = ParamSpec("P")
T = TypeVar("T")

_readers = ThreadPool("database-reader", 4)
_writers = ThreadPool("database-writer", settings.DATABASE_WRITERS)
_preparers = ThreadPool("database-preparer", settings.DATABASE_WRITERS)


def submit(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Run `work`, which reads (a token's latest use aside), in one of four threads for readers."""
    return _readers.submit(_with_fresh_connections, partial(work, *args, **kwargs))


def submit_change(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Run `work`, which writes, in a thread for writers."""
    return _writers.submit(_with_fresh_connections, partial(work, *args, **kwargs))


def write_in_turn(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` of a thread that writes for itself, and wait for it.

    On SQLite it takes its turn with the other writers, else this thread writes over a connection of its own.
    """
    if settings.DATABASE_WRITERS > 1:
        return work(*args, **kwargs)
    return submit_change(work, *args, **kwargs).result()


def submit_preparation(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Run `work` that prepares a reply: it reads a whole conversation, and no command should wait for it."""
    return _preparers.submit(_with_fresh_connections, partial(work, *args, **kwargs))


def _with_fresh_connections(work: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
