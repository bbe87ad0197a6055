"""The messages in a database, read without the site, even while it is down."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.faults.notes import UNDER_WAY

_COLUMNS = "id, conversation_id, parent_id, role, status, text, seq, revision"

_LOCK_TABLES = "LOCK TABLE conversations_conversation, conversations_message IN EXCLUSIVE MODE"


@dataclass(frozen=True, slots=True)
class Row:
    """A message as it is stored; ids as text with hyphens."""

    id: str
    conversation: str
    parent: str
    role: str
    status: str
    text: str
    seq: int
    revision: int

    @property
    def is_reply(self) -> bool:
        return self.role == "assistant"

    @property
    def is_terminal(self) -> bool:
        return self.status not in UNDER_WAY


def read_rows(database: str) -> list[Row]:
    """Return all messages of the database at this path (SQLite) or address (PostgreSQL)."""
    with connected(database) as connection:
        cursor = connection.cursor()
        cursor.execute(f"SELECT {_COLUMNS} FROM conversations_message ORDER BY id")
        return [
            Row(_key(key), _key(conversation), _key(parent), *columns)
            for key, conversation, parent, *columns in cursor.fetchall()
        ]


def read_people(database: str) -> tuple[set[str], set[str]]:
    """Return the ids of the messages that mention somebody, and of those that are verified."""
    with connected(database) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT message_id FROM conversations_mention")
        mentions = {_key(key) for (key,) in cursor.fetchall()}
        cursor.execute("SELECT message_id FROM conversations_verification")
        return mentions, {_key(key) for (key,) in cursor.fetchall()}


def read_remarks(database: str) -> dict[str, dict[str, int]]:
    """Return the remarks of each conversation in this database, with their revisions."""
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    with connected(database) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT conversation_id, id, revision FROM conversations_remark")
        for conversation, key, revision in cursor.fetchall():
            found[_key(conversation)][_key(key)] = revision
    return found


@contextmanager
def locked(database: str) -> Iterator[None]:
    """Block all other writers inside; reading goes on."""
    with connected(database) as connection:
        cursor = connection.cursor()
        cursor.execute(_LOCK_TABLES if "://" in database else "BEGIN EXCLUSIVE")
        yield
        connection.rollback()


@contextmanager
def connected(database: str) -> Iterator[Any]:
    """Connect to the database at this path (SQLite) or address (PostgreSQL)."""
    if "://" not in database:
        with closing(sqlite3.connect(database, timeout=20)) as connection:
            yield connection
        return
    import psycopg

    with psycopg.connect(database) as connection:
        yield connection


def _key(value: str | UUID | None) -> str:
    return "" if value is None else str(UUID(str(value)))
