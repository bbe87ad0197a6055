"""A zip that is sent while it is written, so that its size does not matter."""

import zipfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, cast

PIECE = 256 * 1024
"""Bytes that are gathered before they are sent."""


class ZipStream:
    """The standard library's zip, written to a target that gives away what it has got.

    It never seeks back: sizes follow their entries (APPNOTE 4.3.9), and what is in memory is the list of entries.
    """

    def __init__(self) -> None:
        self._target = _Target()
        self._archive = zipfile.ZipFile(cast(IO[bytes], self._target), "w", zipfile.ZIP_DEFLATED)

    def add(self, name: str, content: Iterable[bytes], changed_at: datetime) -> Generator[bytes]:
        """Add an entry piece by piece, and yield what can be sent meanwhile."""
        with self._entry(name, changed_at) as entry:
            for piece in content:
                entry.write(piece)
                yield from self._target.taken(PIECE)
        yield from self._target.taken(PIECE)

    def end(self) -> Iterator[bytes]:
        """Yield the rest, with the list of entries."""
        self._archive.close()
        yield from self._target.taken(0)

    @contextmanager
    def _entry(self, name: str, changed_at: datetime) -> Iterator[IO[bytes]]:
        told = zipfile.ZipInfo(name, (max(1980, changed_at.year), *changed_at.timetuple()[1:6]))
        told.compress_type, told.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        with self._archive.open(told, "w", force_zip64=True) as entry:
            yield entry


class _Target:
    """A target of writes that cannot seek."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._size = 0

    def write(self, piece: bytes) -> int:
        self._held.append(bytes(piece))
        self._size += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Do nothing: what was written waits to be taken."""

    def taken(self, most: int) -> Iterator[bytes]:
        """Yield all that is held, if it is more than `most` bytes."""
        if self._size > most:
            piece, self._held, self._size = b"".join(self._held), [], 0
            yield piece
