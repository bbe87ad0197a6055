"""Who serves from a data folder: one process alone, or several that share PostgreSQL and Redis.

Locks of files: they end with their process, however it ends.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_held: list[IO[bytes]] = []


class Taken(Exception):
    """Another process serves from this folder, and the two cannot share it."""


def take(folder: Path, *, shared: bool) -> None:
    """Serve from this folder until this process ends; raises Taken where another does, unless both share it."""
    lock = (folder / "serving.lock").open("wb")
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Taken from None
    _held.append(lock)


def is_served(folder: Path) -> bool:
    """Return whether some process serves from this folder now."""
    try:
        with (folder / "serving.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Processes that start together bring database and files up to date one after the other."""
    with (folder / "starting.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
