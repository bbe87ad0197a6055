"""A database that fails at a certain write of the threads that end replies, until it is mended."""

import threading
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

_WRITES = ("INSERT", "UPDATE", "DELETE")
_THREADS = ("database-writer", "checkpoints")


class Cut:
    """A counter of writes since it was armed; the write `at` and all later ones fail.

    A commit counts twice: it fails before it is made, or its answer is lost.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.writes = 0
        self.happened = threading.Event()
        self._at = 0
        self._is_armed = self._is_away = False
        self._lock = threading.Lock()
        self._patch(monkeypatch)

    def arm(self, at: int = 0) -> None:
        """Let the write of this number fail; with 0 none does."""
        self.writes, self._at, self._is_armed = 0, at, True
        self.happened.clear()

    def mend(self) -> None:
        self._is_armed = self._is_away = False

    def _patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        execute, many, commit = CursorWrapper._execute, CursorWrapper._executemany, BaseDatabaseWrapper._commit

        def executing(cursor: Any, sql: Any, *args: Any) -> Any:
            self._pass(str(sql).lstrip().startswith(_WRITES))
            return execute(cursor, sql, *args)

        def executing_many(cursor: Any, sql: Any, *args: Any) -> Any:
            self._pass(True)
            return many(cursor, sql, *args)

        def committing(connection: Any) -> None:
            self._pass(True)
            commit(connection)
            self._pass(True)

        monkeypatch.setattr(CursorWrapper, "_execute", executing)
        monkeypatch.setattr(CursorWrapper, "_executemany", executing_many)
        monkeypatch.setattr(BaseDatabaseWrapper, "_commit", committing)

    def _pass(self, is_write: bool) -> None:
        if not self._is_armed or not threading.current_thread().name.startswith(_THREADS):
            return
        with self._lock:
            self.writes += is_write
            self._is_away = self._is_away or (is_write and self.writes == self._at)
            is_away = self._is_away
        if is_away:
            self.happened.set()
            raise OperationalError("the database is away")
