"""The process that writes Word documents: fed with lines, read for the document."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from uuid import UUID

from conversations.errors import Refused

SECONDS = 60
"""Processor time and patience for one document."""
TURN_SECONDS = 20
"""Longest wait for the documents of others."""
_PIECE = 64 * 1024
_BASE = Path(__file__).resolve().parents[3]
_writers = threading.BoundedSemaphore(2)
"""Limits the processes that write at the same time."""
_owners: set[UUID] = set()
"""People of whom a document is being written: nobody takes the turns of all others."""
_lock = threading.Lock()


def document(owner: UUID, lines: Iterable[bytes]) -> Generator[bytes]:
    """Write the document and return its pieces; raises Refused if that cannot be done."""
    with _turn_of(owner), ExitStack() as opened, tempfile.TemporaryFile() as told:
        written = opened.enter_context(tempfile.TemporaryFile())
        try:
            told.writelines(lines)
            told.seek(0)
        except OSError:
            raise Refused("unavailable", "This site has no room for a file just now.") from None
        _write(told.fileno(), written.fileno())
        opened.pop_all()
    return _pieces(written)


def _pieces(written: IO[bytes]) -> Generator[bytes]:
    with written:
        written.seek(0)
        while piece := written.read(_PIECE):
            yield piece


@contextmanager
def _turn_of(owner: UUID) -> Iterator[None]:
    """Hold this person's turn; raises Refused for a second one."""
    with _lock:
        if owner in _owners:
            raise Refused("busy", "A Word document of yours is being written; wait until it has ended.")
        _owners.add(owner)
    try:
        yield
    finally:
        with _lock:
            _owners.discard(owner)


def _write(told: int, written: int) -> None:
    command = [sys.executable, "-m", "conversations.exports.word.process"]
    if not _writers.acquire(timeout=TURN_SECONDS):
        raise Refused("busy", "Others are writing Word documents; try again in a minute.")
    try:
        done = subprocess.run(command, stdin=told, stdout=written, timeout=2 * SECONDS, cwd=_BASE)  # noqa: S603
    except subprocess.TimeoutExpired:
        done = None
    finally:
        _writers.release()
    if done is None or done.returncode:
        raise Refused("unavailable", "This conversation is too long for one Word document.")
