"""A start on a database of another version; on PostgreSQL these tests run once more."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from chatsite import database_upgrade
from chatsite.models import Pulse, Release
from conversations.models import User
from tests.conftest import Cast


@pytest.fixture
def data(cast: Cast, tmp_path: Path, settings: Any) -> Path:
    settings.CHATSITE_DATA = tmp_path
    return tmp_path


def one_migration_waits() -> None:
    with connection.schema_editor() as editor:
        editor.delete_model(Pulse)
    MigrationRecorder(connection).record_unapplied("chatsite", "0002_pulse")


def bring_up_to_date() -> list[str]:
    """Upgrade the database and return the messages."""
    said: list[str] = []
    database_upgrade.bring_up_to_date(said.append)
    return said


def test_before_migrations_sqlite_is_copied_and_of_postgresql_it_is_said(data: Path, settings: Any) -> None:
    settings.CHATSITE_VERSION = "0.9.1"
    one_migration_waits()
    assert database_upgrade.difference() == (["chatsite.0002_pulse"], [])
    said = bring_up_to_date()
    assert database_upgrade.difference() == ([], [])
    assert Release.last() == "0.9.1"
    assert len(said) == 1
    assert "from an unknown version to 0.9.1" in said[0]
    copies = list((data / database_upgrade.COPIES).glob("*")) if connection.vendor == "sqlite" else []
    if connection.vendor == "postgresql":
        assert "no copy is kept here: the way back is a backup" in said[0]
        return
    assert [str(path) in said[0] for path in copies] == [True]
    assert copies[0].stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copies[0])) as copy:
        names = [name for (name,) in copy.execute("SELECT username FROM conversations_user")]
        tables = [name for (name,) in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    assert set(names) == set(User.objects.values_list("username", flat=True))
    assert "chatsite_pulse" not in tables, "as it was before"


def test_where_nothing_waits_nothing_is_copied_and_a_version_is_noted_once(data: Path, settings: Any) -> None:
    for version in ("0.9.1", "0.9.1", "0.9.2"):
        settings.CHATSITE_VERSION = version
        assert bring_up_to_date() == []
    assert list(Release.objects.values_list("version", flat=True)) == ["0.9.2", "0.9.1"]
    assert list(data.iterdir()) == []


def test_a_step_within_a_version_is_said_to_be_one(data: Path, settings: Any) -> None:
    settings.CHATSITE_VERSION = "0.9.1"
    bring_up_to_date()
    one_migration_waits()
    assert "The database is brought up to date within 0.9.1." in bring_up_to_date()[0]


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite is copied")
def test_the_last_three_copies_are_kept(data: Path) -> None:
    (data / database_upgrade.COPIES).mkdir()
    old = [data / database_upgrade.COPIES / f"2020010{day}T000000-0.0.{day}.sqlite3" for day in range(1, 5)]
    for path in old:
        path.touch()
    one_migration_waits()
    bring_up_to_date()
    kept = sorted((data / database_upgrade.COPIES).iterdir())
    assert kept[:2] == old[2:]
    assert len(kept) == database_upgrade.MAX_COPIES


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only SQLite is copied")
def test_without_a_copy_nothing_is_changed(data: Path) -> None:
    (data / database_upgrade.COPIES).write_text("no folder")
    one_migration_waits()
    with pytest.raises(database_upgrade.NotCopied, match="make room"):
        bring_up_to_date()
    assert database_upgrade.difference() == (["chatsite.0002_pulse"], [])
    (data / database_upgrade.COPIES).unlink()
    bring_up_to_date()


def test_a_database_of_a_newer_version_is_refused_and_both_are_named(data: Path, settings: Any) -> None:
    settings.CHATSITE_VERSION = "0.9.1"
    Release.note("1.2.3")
    MigrationRecorder(connection).record_applied("conversations", "9999_of_the_future")
    MigrationRecorder(connection).record_applied("an_app_of_then", "0001_initial")
    try:
        with pytest.raises(
            database_upgrade.Newer, match=r"Chatsite 1\.2\.3 and .* 0\.9\.1, .*conversations\.9999_of_the_future"
        ):
            bring_up_to_date()
        assert database_upgrade.difference() == ([], ["conversations.9999_of_the_future"])
    finally:
        MigrationRecorder(connection).record_unapplied("conversations", "9999_of_the_future")
    assert bring_up_to_date() == [], "an app that is there no more makes a database no newer"
    MigrationRecorder(connection).record_unapplied("an_app_of_then", "0001_initial")
