"""The emptying of the audit log between tests, which the database otherwise refuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from providers.models import AuditEntry

_TABLE = AuditEntry._meta.db_table


@contextmanager
def unlocked(cursor: Any) -> Iterator[None]:
    """Lift the locks of the audit log inside, in one transaction; an empty log needs none."""
    cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {_TABLE})")
    lift, put_back = _statements(cursor) if cursor.fetchone()[0] else ([], [])
    for statement in lift:
        cursor.execute(statement)
    yield
    for statement in put_back:
        cursor.execute(statement)


def _statements(cursor: Any) -> tuple[list[str], list[str]]:
    if connection.vendor == "postgresql":
        return [f"ALTER TABLE {_TABLE} DISABLE TRIGGER USER"], [f"ALTER TABLE {_TABLE} ENABLE TRIGGER USER"]
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [_TABLE])
    locks = dict(cursor.fetchall())
    return [f"DROP TRIGGER {name}" for name in locks], list(locks.values())
