"""The message of a command that cannot go on: one sentence for the person at the terminal, never a traceback."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from chatsite.health import failures
from tests import made_once
from tests.services import Postgres

BASE = Path(__file__).resolve().parent.parent
START = ("start", "--port", "0", "--no-local-model")


def manage(folder: Path, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of a site with its data in FOLDER."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CHATSITE_ORIGINS")}
    environment = inherited | {"CHATSITE_DATA": str(folder)} | settings
    command = [sys.executable, str(BASE / "manage.py"), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def refused(run: "subprocess.CompletedProcess[str]") -> str:
    """Return the one sentence with which the command was refused."""
    assert run.returncode == 1, run.stderr
    assert run.stderr.count("\n") == 1, run.stderr
    return run.stderr


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with a migrated database."""
    folder = tmp_path_factory.mktemp("migrated")
    made_once.spare_first_start(folder)
    return folder


def test_a_database_made_by_migrate_is_for_its_owner_alone(tmp_path: Path) -> None:
    assert manage(tmp_path, "migrate", "contenttypes", "-v0").returncode == 0
    assert "chatsite.sqlite3" in {path.name for path in tmp_path.iterdir()}
    assert [path.name for path in tmp_path.iterdir() if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (START, {"DATABASE_URL": "mysql://db/chat"}, "DATABASE_URL: it must look like postgres://"),
        (("migrate",), {"DATABASE_URL": "postgres://db:x/chat"}, "DATABASE_URL: Port could not be cast"),
        (START, {"DATABASE_URL_FILE": "/nowhere/url"}, "DATABASE_URL_FILE: [Errno 2] No such file"),
        (START, {"CHATSITE_DATA": "/proc/chatsite"}, "CHATSITE_DATA: "),
        (("migrate",), {"CHATSITE_DATA": "/proc/self"}, "CHATSITE_DATA: "),
        (START, {"CHATSITE_MAX_STREAMS": "many"}, "CHATSITE_MAX_STREAMS: invalid literal"),
        (START, {"REDIS_URL": "127.0.0.1:6379"}, "REDIS_URL: it must look like redis://"),
        (START, {"PYTHONTZPATH": "/nowhere"}, "CHATSITE_TIME_ZONE: this machine knows no time zones at all"),
    ],
)
def test_what_cannot_work_is_a_sentence(
    tmp_path: Path, words: tuple[str, ...], settings: dict[str, str], said: str
) -> None:
    assert said in refused(manage(tmp_path, *words, **settings))


def test_a_database_that_is_not_there_is_a_sentence_with_its_reason(tmp_path: Path) -> None:
    said = refused(manage(tmp_path, *START, DATABASE_URL="postgres://127.0.0.1:9/chat"))
    assert "The database does not answer (connection failed: " in said
    assert "Connection refused" in said


@pytest.mark.soak
def test_a_second_alice_is_a_sentence(migrated: Path) -> None:
    first = manage(migrated, "createsuperuser", "--noinput", "--username", "alice", "--email", "")
    assert first.returncode == 0, first.stderr
    assert "already" in refused(manage(migrated, "createsuperuser", "--noinput", "--username", "ALICE", "--email", ""))


def test_a_second_alice_is_refused(db: None) -> None:
    call_command("createsuperuser", "--noinput", "--username", "alice", "--email", "", verbosity=0)
    with pytest.raises(CommandError, match="already"):
        call_command("createsuperuser", "--noinput", "--username", "ALICE", "--email", "")


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "chatsite.sqlite3").write_text("not a database at all, but long enough to be looked at" * 99)
    assert "The database is damaged, or is no database" in refused(manage(tmp_path, *START))


def test_a_database_that_nothing_has_prepared_is_a_sentence(tmp_path: Path) -> None:
    said = manage(tmp_path, "createsuperuser", "--noinput", "--username", "ann", "--email", "")
    assert said.returncode == 1
    assert re.fullmatch(
        r"The database lacks \d+ migrations of this version: `start` applies them, [^\n]+\n", said.stderr
    )


def test_a_start_on_a_newer_database_names_both_versions(migrated: Path) -> None:
    with closing(sqlite3.connect(migrated / "chatsite.sqlite3")) as database, database:
        database.execute("INSERT INTO chatsite_release (version, since) VALUES ('7.8.9', '2099-01-01')")
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('providers', '9999_x', '2099-01-01')"
        )
    said = refused(manage(migrated, *START))
    assert "last served by Chatsite 7.8.9 and holds what this version, 0.1.0, does not know (providers.9999_x)" in said


@pytest.mark.parametrize("words", [("--version",), ("start", "--version")])
def test_the_version_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert manage(tmp_path, *words).stdout == "Chatsite 0.1.0\n"


def test_windows_is_told_what_is_needed(tmp_path: Path) -> None:
    pretend = "import os, runpy, sys; os.name = 'nt'; runpy.run_path(sys.argv[1], run_name='__main__')"
    command = [sys.executable, "-c", pretend, str(BASE / "manage.py")]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert refused(run).startswith("Chatsite needs Linux or macOS; on Windows run it in WSL")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


def test_a_database_in_which_nothing_may_be_made_is_a_sentence(tmp_path: Path, postgres: Postgres) -> None:
    """Since PostgreSQL 15 every database is like that for users who do not own it."""
    address = postgres.new_database()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN")
    said = refused(manage(tmp_path, *START, DATABASE_URL=address.replace("postgres@", "guest@")))
    assert said.startswith("The database forbids this to its user: let it own the database, ALTER DATABASE … OWNER TO")
    assert "permission denied for schema public" in said


@pytest.mark.parametrize("encoding", ["SQL_ASCII", pytest.param("LATIN1", marks=pytest.mark.soak)])
def test_a_database_that_cannot_hold_every_text_is_a_sentence(
    tmp_path: Path, postgres: Postgres, encoding: str
) -> None:
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {encoding} ENCODING '{encoding}' TEMPLATE template0")
    said = refused(manage(tmp_path, *START, DATABASE_URL=postgres.url(encoding.lower())))
    assert f"The database is encoded as {encoding}, which cannot hold every text." in said


def test_a_full_disk_is_told_before_the_migrations_that_it_kept_from_being_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "_waiting", lambda: 49)
    with closing(sqlite3.connect(tmp_path / "small.sqlite3")) as database:
        database.execute("PRAGMA max_page_count = 1")
        with pytest.raises(sqlite3.OperationalError) as full:
            database.execute("CREATE TABLE more (text)")
    failure = OperationalError("database or disk is full")
    failure.__cause__ = full.value
    found = failures.explain(failure)
    assert found is not None
    assert found.code == "database_full"
    unknown = OperationalError("no such table")
    found = failures.explain(unknown)
    assert found is not None
    assert found.code == "migrations_waiting"
