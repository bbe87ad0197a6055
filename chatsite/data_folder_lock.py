"""The lock of a data folder: one process serves from it, or several that share PostgreSQL and Redis.

The locks are file locks: they end with their process, however it ends.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_held: list[IO[bytes]] = []


class Taken(Exception):
    """A data folder from which another process serves, and which the two cannot share."""


def acquire(folder: Path, *, shared: bool, origins: Sequence[str] = ()) -> None:
    """Lock this folder until this process ends, and note the site's origins in the lock.

    Raises Taken if another process holds it, unless both share it.
    """
    lock = (folder / "serving.lock").open("ab")
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Taken from None
    lock.truncate(0)
    lock.write("\n".join(origins).encode())
    lock.flush()
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


def served_origins(folder: Path) -> list[str]:
    """Return the origins of the process that serves from this folder now; none if there is no such process."""
    return (folder / "serving.lock").read_text(encoding="utf-8").split() if is_served(folder) else []


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other process is inside, so that processes that start together update one after another."""
    with (folder / "starting.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
