"""The systemd unit and its environment, held to what the code does."""

import configparser
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chatsite.bootstrap import address, catalogues
from chatsite.server.daphne import LATEST_EXIT_SECONDS
from tests.made_once import migrated

BASE = Path(__file__).resolve().parent.parent
DEPLOY = BASE / "deploy"
WATCHED = """
import os, sys
log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.chmod", "os.link", "os.symlink", "os.truncate", "os.rmdir"}

def note(event, given):
    if event == "open" and given[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and not isinstance(given[0], int):
        os.write(log, f"{os.fsdecode(given[0])}\\n".encode())
    elif event in CHANGES or event == "sqlite3.connect":
        os.write(log, f"{os.fsdecode(given[0])}\\n".encode())

sys.addaudithook(note)
import runpy
sys.argv = ["manage.py", "start", "--port", "0", "--no-local-model"]
runpy.run_path("manage.py", run_name="__main__")
"""
"""`start`, with a note of every path that Python opens for writing, makes, moves or removes."""


def unit() -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read(DEPLOY / "chatsite@.service")
    return read


def environment() -> dict[str, str]:
    lines = (DEPLOY / "chatsite.env").read_text().splitlines()
    return dict(line.lstrip("#").split("=", 1) for line in lines if re.match(r"#?[A-Z_]+=", line))


def test_its_command_its_folder_and_its_times_are_the_codes() -> None:
    service = unit()["Service"]
    program, script, command, *options = service["ExecStart"].replace("%i", "0").split()
    assert (program, script, command) == (f"{service['WorkingDirectory']}/.venv/bin/python", "manage.py", "start")
    assert not address.parse(options).fetch_model, "it would install packages into a folder that is read-only"
    assert float(service["TimeoutStopSec"]) >= 2 * LATEST_EXIT_SECONDS
    assert environment()["CHATSITE_DATA"] == f"/var/lib/{service['StateDirectory']}"
    assert unit()["Unit"]["StartLimitIntervalSec"] == "0", "a database that comes up late must not end it for good"


def test_every_name_of_its_environment_is_a_setting() -> None:
    table = (BASE / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    assert [name for name in environment() if f"`{name}`" not in table] == []


@pytest.mark.soak
def test_start_writes_nothing_but_data(tmp_path: Path) -> None:
    """ProtectSystem=strict leaves it the state directory and a private /tmp; nothing else is named or needed."""
    catalogues.compile_changed()  # as the start does that the unit asks for before the first one
    service = unit()["Service"]
    assert service["ProtectSystem"] == "strict"
    assert "ReadWritePaths" not in service
    data, log, temporary = tmp_path / "data", tmp_path / "log", tmp_path / "tmp"
    temporary.mkdir()
    data.mkdir()
    shutil.copy(migrated(), data)
    own = os.environ | {"CHATSITE_DATA": str(data), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", WATCHED, str(log)]
    with subprocess.Popen(command, cwd=BASE, env=own, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert "answers at" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    allowed = (str(data), str(temporary), "/dev/", "file:")
    touched = set(log.read_text().splitlines())
    assert str(data / "chatsite.sqlite3") in touched
    assert [path for path in touched if not path.startswith(allowed)] == []
