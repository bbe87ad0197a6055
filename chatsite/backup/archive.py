"""A backup file: the site's rows and uploaded files, never the keys that open its secrets."""

import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from chatsite import database_upgrade
from chatsite.backup import dumps
from conversations.models import Installation
from providers.audit import log
from providers.audit.log import Act

FORMAT = 1
_LABEL = "backup.json"
_FILE = re.compile(r"files/[0-9a-f]{2}/[0-9a-f]{32}")
_ROWS = re.compile(r"rows/[A-Za-z0-9_.]+")


class Unusable(Exception):
    """A file that cannot be restored, or not here; its text is a sentence for the person at the terminal."""


def write(path: Path) -> None:
    """Write the archive. Raises FileExistsError.

    It appears under its name only once it is complete. The rows come first. The files that they name are then in the
    folder, where they stay for a day at least.
    """
    if path.exists():
        raise FileExistsError(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".chatsite-") as folder:
        label = {"format": FORMAT, "database": connection.vendor, "made_at": timezone.now().isoformat()}
        label["version"] = settings.CHATSITE_VERSION
        behind = dumps.save(Path(folder))
        (Path(folder) / _LABEL).write_text(json.dumps({**label, "migrations": behind}), encoding="utf-8")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
                with tarfile.open(fileobj=target, mode="w:gz", compresslevel=4, dereference=True) as archive:
                    _fill(archive, Path(folder))
                target.flush()
                os.fsync(target.fileno())
            draft.rename(path)
        finally:
            draft.unlink(missing_ok=True)


def restore(path: Path) -> str:
    """Restore an archive into an empty site, log it in its audit log, and return a sentence about it.

    Raises Unusable.
    """
    try:
        label = read(path)
    except DatabaseError as problem:
        raise Unusable(f"{path} could not be restored: {' '.join(str(problem).split())}.") from None
    with log.by_command("restore"):
        log.note(None, Act.RESTORED, Installation, name=path.name)
    by = f" by Chatsite {label['version']}" if "version" in label else ""
    return f"Restored {path}, made at {label['made_at'][:16]} UTC{by}."


def read(path: Path) -> dict[str, Any]:
    """Unpack an archive into an empty site and return its label. Raises Unusable, and then has changed nothing."""
    if not dumps.is_empty() or any(_uploads().glob("??/*")):
        raise Unusable("This site is not empty: a backup is restored into an empty data folder and an empty database.")
    with tempfile.TemporaryDirectory(dir=settings.CHATSITE_DATA, prefix=".restore-") as folder:
        label = _unpack(path, Path(folder))
        behind = [(app, name) for app, name in label["migrations"]]
        if label["database"] != connection.vendor:
            raise Unusable(f"This is a backup of {label['database']}, and this site's database is {connection.vendor}.")
        if label["format"] != FORMAT or database_upgrade.unknown(behind):
            made_by, here = label.get("version", "an unknown version"), settings.CHATSITE_VERSION
            raise Unusable(f"This backup was made by a newer version of Chatsite, {made_by}; this one is {here}.")
        dumps.load(Path(folder) / "rows", behind)
        if (Path(folder) / "files").exists():
            shutil.rmtree(_uploads(), ignore_errors=True)  # empty folders
            (Path(folder) / "files").rename(_uploads())
    return label


def _fill(archive: tarfile.TarFile, folder: Path) -> None:
    archive.add(folder / _LABEL, _LABEL)
    for rows in sorted(folder.iterdir()):
        if rows.name != _LABEL:
            archive.add(rows, f"rows/{rows.name}")
    for path in sorted(_uploads().glob("??/*")):
        with suppress(FileNotFoundError):  # an unsent file has just been deleted
            archive.add(path, f"files/{path.parent.name}/{path.name}")


def _unpack(path: Path, folder: Path) -> dict[str, Any]:
    """Unpack the archive into the folder, as `rows` and `files`, and return its label.

    Raises Unusable for a file that is damaged or no archive.
    """
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in _ours(archive):
                target = folder / member.name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                content = archive.extractfile(member)
                assert content is not None
                with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    while block := content.read(1024 * 1024):
                        file.write(block)
        return dict(json.loads((folder / _LABEL).read_text(encoding="utf-8")))
    except (tarfile.TarError, EOFError, OSError, ValueError) as problem:
        raise Unusable(f"{path} is no backup of Chatsite, or it is damaged ({problem}).") from None


def _ours(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the members, which must be plain files under names that `write` gives. Raises ValueError for others."""
    for member in archive:
        named = member.name == _LABEL or _FILE.fullmatch(member.name) or _ROWS.fullmatch(member.name)
        if not (member.isreg() and named):
            raise ValueError(f"it holds {member.name!r}")
        yield member


def _uploads() -> Path:
    folder: Path = settings.CHATSITE_DATA / "files"
    return folder
