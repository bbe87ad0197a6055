"""An uploaded file, opened: a zip or a JSON document. Names inside a zip are looked up, and never used as paths."""

import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, Protocol, Self

from conversations.files.storage import MAX_BYTES as MAX_FILE_BYTES
from conversations.imports import fields
from conversations.imports.thread import Problem

MAX_JSON_BYTES = 2 * 2**30
"""Bytes of all JSON of one zip, unpacked."""
MAX_LIST_BYTES = 12 * 2**20
"""Bytes of a zip's list of entries, of which each takes a kilobyte of memory."""
MAX_RATIO, SMALL = 200, 16 * 2**20
"""Times by which JSON beyond SMALL may exceed its compressed form; text is packed to a tenth or so."""
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError,
)  # fmt: skip
"""Errors of an entry that cannot be unpacked; a RuntimeError also tells of a password or an unknown compression."""
_NAMES = "conversation_asset_file_names.json"
_FILE_ID = re.compile(r"file[-_][0-9A-Za-z]+")


class Files(Protocol):
    """The files that came with conversations; None for those that did not."""

    def at(self, path: str) -> bytes | None: ...

    def called(self, key: str) -> bytes | None: ...

    def name_of(self, key: str) -> str: ...


class Upload:
    """The documents and files of an upload; raises Problem for one that cannot be opened or is a bomb."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive = _archive_at(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._archive:
            self._archive.close()

    def documents(self) -> Iterator[IO[bytes]]:
        """Yield each JSON document, opened."""
        if self._archive is None:
            with self._path.open("rb") as document:
                yield document
            return
        for entry in self._json_entries():
            with self._archive.open(entry) as document:
                yield document

    def at(self, path: str) -> bytes | None:
        return self._read(self._entries.get(path))

    def called(self, key: str) -> bytes | None:
        return self._read(self._by_key.get(key))

    def name_of(self, key: str) -> str:
        """Return the name that a person knows the file by, or an empty text."""
        entry = self._by_key.get(key)
        if entry is None:
            return ""
        name = PurePosixPath(entry.filename).name
        told = self._told_names.get(entry.filename) or self._told_names.get(name)
        return fields.text(told, 200) or _FILE_ID.sub("", name, count=1).lstrip("-_") or name

    def _json_entries(self) -> list[zipfile.ZipInfo]:
        found = sorted(name for name in self._entries if name.lower().endswith(".json"))
        entries = [self._entries[name] for name in found if PurePosixPath(name).name != _NAMES]
        if sum(entry.file_size for entry in entries) > MAX_JSON_BYTES or any(map(_is_bomb, entries)):
            raise Problem("too_long")
        if any(entry.flag_bits & 1 for entry in entries):
            raise Problem("encrypted")
        return entries

    @cached_property
    def _entries(self) -> dict[str, zipfile.ZipInfo]:
        entries = self._archive.infolist() if self._archive else []
        return {entry.filename: entry for entry in entries if not entry.is_dir()}

    @cached_property
    def _by_key(self) -> dict[str, zipfile.ZipInfo]:
        """Return the entries by name, by name without its ending, and by ChatGPT's id before it."""
        found: dict[str, zipfile.ZipInfo] = {}
        for entry in self._entries.values():
            path = PurePosixPath(entry.filename)
            marked = _FILE_ID.match(path.name)
            for key in (path.name, path.stem, marked[0] if marked else path.name):
                found.setdefault(key, entry)
        return found

    @cached_property
    def _told_names(self) -> dict[str, object]:
        entry = next((one for name, one in self._entries.items() if PurePosixPath(name).name == _NAMES), None)
        content = self._read(entry)
        try:
            return fields.obj(json.loads(content)) if content else {}
        except (ValueError, RecursionError):
            return {}

    def _read(self, entry: zipfile.ZipInfo | None) -> bytes | None:
        if self._archive is None or entry is None or entry.file_size > MAX_FILE_BYTES:
            return None
        try:
            return self._archive.read(entry)
        except (*DAMAGED, OSError):
            return None


def _archive_at(path: Path) -> zipfile.ZipFile | None:
    """Return the zip at this path, or None for a document that begins like JSON."""
    with path.open("rb") as source:
        begin = source.read(1024)
        if begin[:2] != b"PK":
            if begin.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{"):
                return None
            raise Problem("unknown_format")
        try:
            end = zipfile._EndRecData(source)  # type: ignore[attr-defined]
            if not end or end[zipfile._ECD_SIZE] > MAX_LIST_BYTES:  # type: ignore[attr-defined]
                raise Problem("too_long" if end else "broken")
            return zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
            raise Problem("broken") from None


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size)
