"""Failures of the database, the disk and the settings that a person can fix, each a code and a sentence."""

import errno
import sqlite3
from dataclasses import dataclass
from functools import cache
from typing import Any

AWAY, DAMAGED, FAILING, FORBIDDEN, FULL, LOCKED, READ_ONLY = (
    "database_away", "database_damaged", "database_failing", "database_forbidden", "database_full", "database_locked",
    "database_read_only",
)  # fmt: skip
SENTENCES = {
    AWAY: "The database does not answer",
    DAMAGED: "The database is damaged, or is no database",
    FAILING: "The disk below the database fails",
    FORBIDDEN: "The database forbids this to its user: let it own the database, ALTER DATABASE … OWNER TO …",
    FULL: "The disk is full: nothing can be written",
    LOCKED: "The database is locked by somebody else",
    READ_ONLY: "The database can only be read, not written",
}
_SQLITE = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_IOERR: FAILING,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CANTOPEN: AWAY,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
_POSTGRES = {"25006": READ_ONLY, "42501": FORBIDDEN, "53100": FULL, "55P03": LOCKED}
_POSTGRES_CLASSES = {"08": AWAY, "28": AWAY, "3D": AWAY, "53": AWAY, "57": AWAY, "58": AWAY}
"""SQLSTATE codes, and their first two characters (PostgreSQL documentation, appendix A)."""
_DISK = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: READ_ONLY}


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure: `code` for programs, `sentence` for the person at the terminal."""

    code: str
    sentence: str


def known_failure(error: BaseException) -> Failure | None:
    """Return the failure behind this error, or None if only its traceback helps."""
    from django.core.exceptions import ImproperlyConfigured  # not earlier: settings are read while Django loads
    from django.db import Error

    if isinstance(error, ImproperlyConfigured):
        return Failure("settings", _line(error))
    if isinstance(error, Error) and (code := _code(_driver_error(error))):
        return Failure(code, f"{SENTENCES[code]} ({_line(error)}).")
    if isinstance(error, OSError) and error.errno in _DISK:
        code = _DISK[error.errno]
        return Failure(code, f"{error.strerror}: {error.filename or 'the disk'}.")
    return None


def explain(error: BaseException) -> Failure | None:
    """Return the failure behind a command's error, or None.

    A pool of connections does not report the reason of its timeout, so this connects once to learn it.
    """
    from django.db import DatabaseError, Error, IntegrityError

    if type(error.__cause__).__name__ != "PoolTimeout" and (found := known_failure(error)):
        return found
    if isinstance(error, DatabaseError) and (waiting := _waiting()):
        advice = "`start` applies them, and so does `migrate`"
        return Failure("migrations_waiting", f"The database lacks {waiting} migrations of this version: {advice}.")
    if isinstance(error, IntegrityError):
        return Failure("taken", f"There is such a row already, or one that it needs is missing ({_line(error)}).")
    if type(error.__cause__).__name__ != "PoolTimeout":
        return None
    try:
        _connect_once()
    except Error as problem:
        return known_failure(problem)
    return known_failure(error)


def _driver_error(error: BaseException) -> BaseException:
    """Return the driver's own error behind Django's.

    Django may raise it from the driver's error, or while it handles one.
    """
    return error.__cause__ or (error.__context__ and error.__context__.__cause__) or error


def _waiting() -> int:
    from django.db import DatabaseError

    from chatsite import database_upgrade

    try:
        return len(database_upgrade.difference()[0])
    except DatabaseError:  # it does not answer at all, which the error itself says
        return 0


def _connect_once() -> None:
    from django.db import connection as postgres

    connection: Any = postgres
    with connection.wrap_database_errors:
        connection.Database.connect(**connection.get_connection_params()).close()


def _code(cause: Any) -> str | None:
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    if not isinstance(cause, _postgres_errors()):
        return None
    state = getattr(cause, "sqlstate", None) or ""
    return _POSTGRES.get(state) or _POSTGRES_CLASSES.get(state[:2]) or (None if state else AWAY)


@cache
def _postgres_errors() -> tuple[type[Exception], ...]:
    """Return the errors of psycopg that may have such a cause; most others are mistakes in our code.

    An OperationalError without SQLSTATE means that no connection was made.
    """
    from django.conf import settings

    if not settings.DATABASE_URL:
        return ()
    from psycopg import errors

    return (errors.OperationalError, errors.InterfaceError, errors.InternalError, errors.InsufficientPrivilege)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")
