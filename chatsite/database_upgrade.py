"""The upgrade of a database to this version: never back, and with a copy of the old one."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from chatsite.models import Release

COPIES = "before-upgrades"
MAX_COPIES = 3
"""Copies of a SQLite database: the oldest is deleted when a fourth is made."""
_UNKNOWN = "an unknown version"

Migrations = list[tuple[str, str]]


class Newer(Exception):
    """A database with migrations that this version lacks; its text is a sentence for the person at the terminal."""


class Unfit(Exception):
    """A database that cannot hold every text; its text is a sentence for the person at the terminal."""


class NotCopied(Exception):
    """A failed copy, after which nothing was changed; its text is a sentence for the person at the terminal."""


def bring_up_to_date(say: Callable[[str], object]) -> None:
    """Apply the waiting migrations, after a copy. Raises Unfit, Newer or NotCopied, having changed nothing."""
    _look_at_encoding()
    executor = MigrationExecutor(connection)
    applied = list(executor.loader.applied_migrations)
    if unknown(applied, executor.loader):
        raise Newer(_newer(unknown(applied, executor.loader)))
    if applied and executor.migration_plan(executor.loader.graph.leaf_nodes()):
        _keep_what_was(say)
    call_command("migrate", interactive=False, verbosity=0)
    Release.note(settings.CHATSITE_VERSION)


def _look_at_encoding() -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        (found,) = cursor.fetchone()
    if found != "UTF8":
        raise Unfit(
            f"The database is encoded as {found}, which cannot hold every text. Make one that can: "
            "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
        )


def difference() -> tuple[list[str], list[str]]:
    """Return the migrations that the database lacks, and those that only the database has; in one query."""
    applied, known = set(MigrationRecorder(connection).applied_migrations()), _known()
    apps = {app for app, _ in known}
    newer = {(app, name) for app, name in applied - known if app in apps}
    return _listed(known - applied), _listed(newer)


@cache
def _known() -> frozenset[tuple[str, str]]:
    """Return the migrations on disk when this process first asked."""
    return frozenset(MigrationLoader(None).disk_migrations or {})


def _listed(names: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{app}.{name}" for app, name in sorted(names)]


def unknown(names: Iterable[tuple[str, str]], loader: MigrationLoader | None = None) -> Migrations:
    """Return the migrations of our apps that this version does not have.

    Apps that this version does not have do not count.
    """
    loader = loader or MigrationLoader(None)
    known = loader.disk_migrations or {}
    return [(app, name) for app, name in names if app in loader.migrated_apps and (app, name) not in known]


def _newer(names: Migrations) -> str:
    last = Release.last() or _UNKNOWN
    listed = ", ".join(_listed(names)[:3])
    return (
        f"This database was last served by Chatsite {last} and holds what this version, {settings.CHATSITE_VERSION}, "
        f"does not know ({listed}). Start that version or a newer one, or restore a backup of this version."
    )


def _keep_what_was(say: Callable[[str], object]) -> None:
    last = Release.last() or _UNKNOWN
    ours = settings.CHATSITE_VERSION
    step = f"brought from {last} to {ours}" if last != ours else f"brought up to date within {ours}"
    if connection.vendor != "sqlite":
        say(
            f"The database is {step}. Of PostgreSQL no copy is kept here: "
            "the way back is a backup that you have made before."
        )
        return
    path = _copy(last)
    say(f"The database is {step}. As it was it lies in {path}.")


def _copy(last: str) -> Path:
    """Write a copy of the database beside the last copies, readable by its owner alone, and return its path.

    Raises NotCopied.
    """
    folder = Path(settings.CHATSITE_DATA) / COPIES
    path = folder / f"{timezone.now():%Y%m%dT%H%M%S}-{last if last != _UNKNOWN else 'older'}.sqlite3"
    draft = path.with_suffix(".part")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        draft.touch(mode=0o600)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(draft)])
    except (DatabaseError, OSError) as problem:
        with suppress(OSError):
            draft.unlink()
        raise NotCopied(f"The database could not be copied before it is changed ({problem}): make room.") from None
    draft.rename(path)
    for old in sorted(folder.glob("*.sqlite3"))[:-MAX_COPIES]:
        old.unlink()
    return path
