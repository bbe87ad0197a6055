"""All rows of the database at one moment as files, and their loading into an empty database.

SQLite writes a copy of itself. PostgreSQL writes each table as its COPY text, read in one snapshot. `pg_dump` may be
absent or older than the server. The site can write during both.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

_COPY_OF_ITSELF = "chatsite.sqlite3"
_CHUNK = 1024 * 1024
_MADE_BY_PEOPLE = ("conversations_user", "providers_endpoint")
"""Tables that are empty until a person has set the site up."""


def migrations() -> list[tuple[str, str]]:
    """Return the applied migrations in their order."""
    return list(MigrationRecorder.Migration.objects.order_by("id").values_list("app", "name"))


def is_empty() -> bool:
    """Return whether the database is as before its first start, or a SQLite that nobody has set up."""
    if connection.vendor != "sqlite":
        return not connection.introspection.table_names()
    if not Path(connection.settings_dict["NAME"]).exists():
        return True
    there = connection.introspection.table_names()
    return not any(table in there and _has_rows(table) for table in _MADE_BY_PEOPLE)


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608  # our name
        return cursor.fetchone() is not None


def save(folder: Path) -> list[tuple[str, str]]:
    """Write all rows into this empty folder, and return the applied migrations."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(folder / _COPY_OF_ITSELF)])
        return migrations()
    with _one_snapshot() as raw:
        for table in connection.introspection.table_names():
            _save_table(raw, table, folder)
        return migrations()


def load(folder: Path, behind: list[tuple[str, str]]) -> None:
    """Fill the empty database with the files of `save`, and apply newer migrations.

    The folder must be on the same disk.
    """
    if connection.vendor == "sqlite":
        connection.close()
        for ending in ("-wal", "-shm"):  # of the unused database that is replaced
            Path(f"{connection.settings_dict['NAME']}{ending}").unlink(missing_ok=True)
        (folder / _COPY_OF_ITSELF).rename(connection.settings_dict["NAME"])
    else:
        for app, name in _ends(behind):
            call_command("migrate", app, name, interactive=False, verbosity=0)
        _load_tables(folder)
    call_command("migrate", interactive=False, verbosity=0)


def _ends(behind: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the migrations of each app on which no other of them depends, in whatever order they were applied."""
    nodes, known = MigrationLoader(None, replace_migrations=False).graph.node_map, set(behind)
    return [
        key
        for key in behind
        if key in nodes and not any(child.key[0] == key[0] and child.key in known for child in nodes[key].children)
    ]


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _one_snapshot() -> Iterator[Any]:
    """Read everything inside at one moment, however long it takes."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
        yield connection.connection


def _save_table(raw: Any, table: str, folder: Path) -> None:
    """Write a table's rows, with its columns in the first line: another database may have another order."""
    names = _columns(table)
    copy = sql.SQL("COPY {} ({}) TO STDOUT").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with (folder / table).open("wb") as file, raw.cursor() as cursor, cursor.copy(copy) as rows:
        file.write((",".join(names) + "\n").encode())
        for block in rows:
            file.write(block)


def _load_tables(folder: Path) -> None:
    """Load all tables in one transaction: foreign keys are checked when it ends."""
    tables = connection.introspection.table_names()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        everything = sql.SQL(", ").join(map(sql.Identifier, tables))
        cursor.execute(sql.SQL("TRUNCATE {}").format(everything))  # the backup holds the rows of migrations too
        for path in sorted(folder.iterdir()):
            if path.name in tables:
                _load_table(connection.connection, path)
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models(include_auto_created=True)):
            cursor.execute(statement)


def _load_table(raw: Any, path: Path) -> None:
    with path.open("rb") as file, raw.cursor() as cursor:
        names = file.readline().decode().strip().split(",")
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(path.name), columns)) as rows:
            while block := file.read(_CHUNK):
                rows.write(block)


def _columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]
