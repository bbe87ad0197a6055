"""Folders that the first test process to need them fills, for all processes of one run."""

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
_MIGRATE = """
import django
from django.conf import settings
settings.DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"  # no commit waits for the disk
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""


def made_once(name: str, fill: Callable[[Path], object]) -> Path:
    """Return the folder NAME of this run, after FILL has filled it once; its content must not be changed."""
    shared = _shared_folder()
    folder = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            growing = shared / f"{name} in the making"
            shutil.rmtree(growing, ignore_errors=True)
            growing.mkdir()
            fill(growing)
            growing.rename(folder)
    return folder


def _shared_folder() -> Path:
    """Return the folder of this run; a benchmark, which no `tests.environment` prepares, gets one here."""
    if "TESTS_SHARED_FOLDER" not in os.environ:
        os.environ["TESTS_SHARED_FOLDER"] = tempfile.mkdtemp(prefix="chatsite-tests-shared-")
        atexit.register(shutil.rmtree, os.environ["TESTS_SHARED_FOLDER"], ignore_errors=True)
    return Path(os.environ["TESTS_SHARED_FOLDER"])


def migrated() -> Path:
    """Return the path of a SQLite database to which all migrations have been applied."""
    return made_once("a migrated folder", _migrate) / "chatsite.sqlite3"


def _migrate(folder: Path) -> None:
    environment = os.environ | {"CHATSITE_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    subprocess.run([sys.executable, "-c", _MIGRATE], cwd=BASE, env=environment, check=True)
