"""Answers with sounds, kept on disk for a day and up to a limit: nobody pays twice for them."""

import os
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from django.conf import settings

KEPT_SECONDS = 24 * 3600
MAX_BYTES = 200 * 2**20
"""Bytes of all sounds together; the oldest make room."""


def kept(name: str) -> bytes | None:
    """Return the answer of this name, or None if there is none."""
    with suppress(OSError):
        return (_folder() / name).read_bytes()
    return None


def keep(name: str, answer: bytes) -> None:
    """Keep an answer; without room on the disk it is not kept."""
    path = _folder() / name
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        new = path.with_suffix(f".{uuid4().hex}")  # two people of a team may hear the same words at once
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            target.write(answer)
        new.replace(path)
    remove_old()


def remove_old() -> None:
    """Remove the sounds that are older than a day, and the oldest beyond the limit."""
    found = []
    for path in _folder().glob("*"):
        with suppress(OSError):  # another call removes them too
            found.append((path, path.stat()))
    room, oldest = MAX_BYTES, time.time() - KEPT_SECONDS
    for path, status in sorted(found, key=lambda one: -one[1].st_mtime):
        room -= status.st_size
        if room < 0 or status.st_mtime < oldest:
            path.unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.CHATSITE_DATA) / "speech"
