"""Django's database settings: SQLite in the data folder, or the PostgreSQL of DATABASE_URL."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from chatsite.postgres.limits import AT_START

_SCHEMES = ("postgres", "postgresql")
_MAX_CONNECTIONS = 20
"""Connections of one process; PostgreSQL's own default is 100, for all processes together."""


def sqlite(folder: Path) -> dict[str, Any]:
    """Return the settings of a SQLite with one writer at a time; others wait, instead of failing half-way."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": folder / "chatsite.sqlite3",
        "CONN_MAX_AGE": None,
        "TEST": {"NAME": folder / "test.sqlite3"},
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            # 400 KB of pages a connection: each thread has one, and with more of them the heaps grow for an hour. What
            # is not among them comes from the system's cache: 7 µs more for a query of 20 rows, measured.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-400; PRAGMA journal_size_limit=67108864;"
            ),
        },
    }


def keep_private(folder: Path) -> None:
    """Remove the rights of others on the SQLite files, which an earlier version may have left."""
    for path in folder.glob("chatsite.sqlite3*"):
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)


def fold_in() -> None:
    """Move SQLite's write-ahead log into the database file, which then alone holds everything.

    Call it after the server has ended.
    """
    from django.db import connection  # settings import this module before Django is ready

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1000")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()


def postgres(url: str) -> dict[str, Any]:
    """Return the settings for `postgres://user:password@host:port/name?option=value`. Raises ValueError.

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
        "CONN_HEALTH_CHECKS": True,  # a pooled connection may have died with its server
        "OPTIONS": {
            **dict(parse_qsl(parts.query)),
            "options": AT_START,
            "connect_timeout": 5,
            # Repeated statements are planned once per connection: planning took half of the database's time.
            "server_side_binding": True,
            "prepare_threshold": 5,
            # There are more places than threads, so no thread waits for one: a timeout means that the server is down.
            "pool": {"min_size": 1, "max_size": _MAX_CONNECTIONS, "timeout": 3, "reconnect_timeout": 2},
        },
    }
