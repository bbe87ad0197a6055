"""Folders that the first test process to need them fills, for all processes of one run."""

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
_MIGRATE = """
import django
from django.conf import settings
options = settings.DATABASES["default"]["OPTIONS"]
if "init_command" in options:
    options["init_command"] += "PRAGMA synchronous=OFF;"  # no commit waits for the disk
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
_COLLECT = """
from chatsite.static_collection import collect_if_changed
collect_if_changed()
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


@contextmanager
def after_the_first(name: str) -> Iterator[None]:
    """Let the first process of this run do something alone, and the others afterwards, side by side."""
    done = _shared_folder() / f"{name}.done"
    with (_shared_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            yield
            done.touch()
            return
    yield


def _shared_folder() -> Path:
    """Return the folder of this run; a benchmark, which no `tests.environment` prepares, gets one here."""
    if "TESTS_SHARED_FOLDER" not in os.environ:
        os.environ["TESTS_SHARED_FOLDER"] = tempfile.mkdtemp(prefix="chatsite-tests-shared-")
        atexit.register(shutil.rmtree, os.environ["TESTS_SHARED_FOLDER"], ignore_errors=True)
    return Path(os.environ["TESTS_SHARED_FOLDER"])


def migrated() -> Path:
    """Return the path of a SQLite database to which all migrations have been applied."""
    return _after_a_first_start() / "chatsite.sqlite3"


def static_files() -> Path:
    """Return a folder of collected static files."""
    return _after_a_first_start() / "static"


def spare_first_start(folder: Path) -> None:
    """Fill a data folder with what a first start takes long to make: a migrated database and the static files."""
    shutil.copy(migrated(), folder)
    spare_collection(folder)


def spare_collection(folder: Path) -> None:
    """Copy the collected static files to a data folder."""
    link(static_files(), folder / "static")
    shutil.copy(_after_a_first_start() / "static.stamp", folder)


def link(source: Path, target: Path) -> None:
    """Give the files of a tree further names: to copy thousands takes a second. Nobody changes them in place."""
    shutil.copytree(source, target, copy_function=_link, dirs_exist_ok=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def migrate(folder: Path, program: str = _MIGRATE, **environment: str) -> None:
    """Migrate the database of the site with this data folder."""
    ours = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | environment
    ours |= {"CHATSITE_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    subprocess.run([sys.executable, "-c", program], cwd=BASE, env=ours, check=True)


def _after_a_first_start() -> Path:
    return made_once("after a first start", lambda folder: migrate(folder, _MIGRATE + _COLLECT))
