"""The people, the team and the model of a site: created once by `tests.faults.furnish`, copied for each site."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.made_once import link, made_once, spare_collection, spare_first_start
from tests.services import MIGRATED, Postgres, migrated_postgres

BASE = Path(__file__).resolve().parents[2]
NAME = "furnished"
"""The database of `postgres()` that is to be copied."""
_LIST = "furniture.json"
_STATIC = "static"
_MOVE = "UPDATE providers_endpoint SET base_url = "
_IS_FURNISHED = "SELECT count(*) FROM pg_tables WHERE tablename = 'providers_endpoint'"


def furnished(folder: Path, database_url: str, vendor: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Furnish the site in FOLDER, whose model is at VENDOR; return its sessions, its model and its team."""
    if not database_url:
        kit = made_once("a furnished folder", _make_folder)
        _copy(kit, folder)
        with closing(sqlite3.connect(folder / "chatsite.sqlite3")) as rows, rows:
            rows.execute(f"{_MOVE}?", [vendor])
    elif _is_copied(database_url):
        _copy(made_once("a furnished postgres", _make_postgres) / "data", folder)
        with psycopg.connect(database_url) as connection:
            connection.execute(f"{_MOVE}%s", [vendor])
    else:
        return _furnish(environment, vendor)
    furniture: dict[str, Any] = json.loads((folder / _LIST).read_text())
    (folder / _LIST).unlink()
    return furniture


def _copy(kit: Path, folder: Path) -> None:
    shutil.copytree(kit, folder, ignore=shutil.ignore_patterns(_STATIC), dirs_exist_ok=True)
    link(kit / _STATIC, folder / _STATIC)


def postgres() -> Postgres:
    """Return a server, not yet started, with a furnished database to copy."""
    return Postgres(made_once("a furnished postgres", _make_postgres) / "rows")


def _is_copied(database_url: str) -> bool:
    with psycopg.connect(database_url) as connection:
        return bool((connection.execute(_IS_FURNISHED).fetchone() or [0])[0])


def _make_folder(folder: Path) -> None:
    spare_first_start(folder)
    furniture = _furnish(os.environ | {"CHATSITE_DATA": str(folder)}, "http://127.0.0.1:9/v1")
    (folder / _LIST).write_text(json.dumps(furniture))


def _make_postgres(folder: Path) -> None:
    with migrated_postgres() as server:
        data, url = folder / "data", server.new_database(MIGRATED)
        data.mkdir()
        spare_collection(data)
        furniture = _furnish(os.environ | {"CHATSITE_DATA": str(data), "DATABASE_URL": url}, "http://127.0.0.1:9/v1")
        (data / _LIST).write_text(json.dumps(furniture))
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {conninfo_to_dict(url)['dbname']} RENAME TO {NAME}")
        server.finish()
        shutil.copytree(server.folder / "rows", folder / "rows")


def _furnish(environment: Mapping[str, str], vendor: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.faults.furnish", vendor]
    done = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    furniture: dict[str, Any] = json.loads(done.stdout)
    return furniture
