"""Where rows live: SQLite in the data folder, or the PostgreSQL of DATABASE_URL."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from chatsite.postgres.limits import AT_START

_SCHEMES = ("postgres", "postgresql")
_CONNECTIONS = 20
"""Of one process; PostgreSQL's own default lets 100 in, from all processes together."""


def sqlite(folder: Path) -> dict[str, Any]:
    """SQLite with one writer at a time that waits its turn, instead of failing half-way."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": folder / "chatsite.sqlite3",
        "CONN_MAX_AGE": None,
        "TEST": {"NAME": folder / "test.sqlite3"},
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-2000; PRAGMA journal_size_limit=67108864;"
            ),
        },
    }


def keep_private(folder: Path) -> None:
    """Take from others the right to read a SQLite database: one that an earlier version made may have it."""
    for path in folder.glob("chatsite.sqlite3*"):
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)


def fold_in() -> None:
    """Bring SQLite's write-ahead log into the database file: where nobody serves, that file alone is all."""
    from django.db import connection  # settings ask this module before Django may be asked

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1000")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()


def postgres(url: str) -> dict[str, Any]:
    """The PostgreSQL of `postgres://user:password@host:port/name?option=value`; ValueError where it is none.

    The options are libpq's (`sslmode`, `host` for a socket's folder …).
    """
    parts = urlsplit(url)
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in _SCHEMES or not name or "/" in name:
        raise ValueError("it must look like postgres://user:password@host:port/name")
    return {
        "ENGINE": "chatsite.postgres",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,  # a pooled connection may have died with the server it came from
        "OPTIONS": {
            **dict(parse_qsl(parts.query)),
            "options": AT_START,
            "connect_timeout": 5,
            # A statement that comes again is planned once a connection: that was half of what the database took.
            "server_side_binding": True,
            "prepare_threshold": 5,
            # Nobody waits for a place, there are more than threads: who gets none knows that the server is away.
            "pool": {"min_size": 1, "max_size": _CONNECTIONS, "timeout": 3, "reconnect_timeout": 2},
        },
    }
