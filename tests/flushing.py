"""How tests empty the audit log between each other, which the database refuses to everybody."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from providers.models import AuditEntry

_TABLE = AuditEntry._meta.db_table


@contextmanager
def unlocked(cursor: Any) -> Iterator[None]:
    """Inside, in one transaction, the locks of the audit log are lifted; an empty one has nothing to protect."""
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
