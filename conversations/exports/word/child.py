"""The process that writes Word documents: fed with lines, read for the document."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterable
from pathlib import Path

from conversations.errors import Refused

SECONDS = 60
"""Processor time and patience for one document."""
_PIECE = 64 * 1024
_BASE = Path(__file__).resolve().parents[3]
_writers = threading.BoundedSemaphore(2)
"""Limits the processes that write at the same time."""


def document(lines: Iterable[bytes]) -> Generator[bytes]:
    """Yield the document in pieces; raises Refused if it cannot be written."""
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as written:
        for line in lines:
            told.write(line)
            yield b""
        told.seek(0)
        _write(told.fileno(), written.fileno())
        written.seek(0)
        while piece := written.read(_PIECE):
            yield piece


def _write(told: int, written: int) -> None:
    command = [sys.executable, "-m", "conversations.exports.word.process"]
    try:
        with _writers:
            done = subprocess.run(command, stdin=told, stdout=written, timeout=2 * SECONDS, cwd=_BASE)  # noqa: S603
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode:
        raise Refused("unavailable", "This conversation is too long for one Word document.")
