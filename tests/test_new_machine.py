"""The drill of a lost machine: from a backup, the keys and a fresh clone to the same site.

It takes one command.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from chatsite.bootstrap import environment, keys
from tests.canaries import CANARY
from tests.fake_vendor import FakeVendor
from tests.faults.chatterbox import Chatterbox
from tests.faults.conftest import chatterbox as chatterbox
from tests.faults.page import Page
from tests.faults.real_site import RealSite
from tests.faults.rows import read_rows
from tests.shell import inside

BASE = Path(__file__).resolve().parent.parent
KEY, OTHER = "A" * 43, "B" * 43


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the sources as a fresh clone has them, with this interpreter's environment, so that nothing is fetched."""
    if environment._stamp_lines("run", environment._dotted(sys.version_info[:2])) - environment._read_stamp():
        pytest.fail("The packages are not those of requirements/run.txt: run `python3 manage.py test` once.")
    listed = subprocess.run(["git", "ls-files", "-zco", "--exclude-standard"], cwd=BASE, capture_output=True)
    if listed.returncode != 0:
        pytest.fail("The drill of a fresh clone needs git and its folder.")
    folder = tmp_path_factory.mktemp("new") / "clone"
    for name in listed.stdout.decode().split("\0"):
        if name and (BASE / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(BASE / name, folder / name)
    (folder / ".venv").symlink_to(Path(sys.prefix).resolve())
    return folder


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSite]:
    """Create a site with a conversation, and back it up while it runs."""
    folder = tmp_path_factory.mktemp("lost") / "data"
    folder.mkdir()
    with FakeVendor() as vendor:
        chatterbox = Chatterbox(vendor)
        chatterbox.pieces, chatterbox.pace = (20, 20), 0.0
        site = RealSite(folder, vendor)
        site.start()
        page = site.page("alice")
        page.say("remember this", models=[site.model]).ack()
        page.wait(Page.is_quiet)
        command = [sys.executable, str(BASE / "manage.py"), "backup", str(folder.parent / "site.tar.gz")]
        subprocess.run(command, env=site.environment, check=True, capture_output=True)
        yield site
        site.close()


@pytest.fixture
def backup(lost: RealSite) -> str:
    return str(Path(lost.database).parent.parent / "site.tar.gz")


@pytest.fixture
def kept(lost: RealSite) -> str:
    """Return the path of its keys, as their owner has kept them elsewhere."""
    return str(Path(lost.database).parent / "encryption-keys")


def manage(*words: str, data: Path | None = None) -> tuple[list[str], dict[str, str]]:
    """Return a command of the clone and its environment, without any setting but perhaps the data folder."""
    settings = ("CHATSITE_", "DATABASE_", "REDIS_")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(settings)}
    return [sys.executable, "manage.py", *words], ours | ({"CHATSITE_DATA": str(data)} if data else {})


def run(clone: Path, words: tuple[str, ...], data: Path) -> str:
    command, ours = manage(*words, data=data)
    done = subprocess.run(command, cwd=clone, env=ours, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stderr


@contextmanager
def started(clone: Path, *options: str, data: Path | None = None) -> Iterator[tuple[str, list[str]]]:
    """Start the site, and return its address and its output before that."""
    command, ours = manage("start", "--port", "0", "--no-local-model", *options, data=data)
    said: list[str] = []
    with subprocess.Popen(
        command, cwd=clone, env=ours, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout
            for line in process.stdout:
                said.append(line)
                if found := re.search(r"answers at (http://[^/]+)/", line):
                    yield found[1], said
                    break
            else:
                pytest.fail("".join(said))
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0, "".join(said)


@pytest.mark.soak
def test_one_command_brings_a_site_to_a_new_machine(lost: RealSite, backup: str, kept: str, clone: Path) -> None:
    before = read_rows(lost.database)
    assert "remember this" in {row.text for row in before}
    with started(clone, "--restore", backup, "--keys", kept) as (address, said):
        assert any(re.match(r"Restored .*site\.tar\.gz, made at \S+ UTC by Chatsite 0\.1\.0\.", line) for line in said)
        assert not any("Locked" in line or "Set it up" in line for line in said), said
        assert requests.get(f"{address}/readyz", timeout=20).json()["status"] == "ok"
    data = clone / "data"
    assert read_rows(str(data / "chatsite.sqlite3")) == before
    found = inside(manage(data=data)[1], "", "[ApiKey.objects.get().secret.reveal(), AuditEntry.objects.exists()]")
    assert found == [CANARY, True]
    private = [path for path in data.iterdir() if path.name != "static"]
    assert [path.name for path in private if path.stat().st_mode & 0o077] == []

    command, ours = manage("start", "--port", "0", "--restore", backup)
    again = subprocess.run(command, cwd=clone, env=ours, capture_output=True, text=True, timeout=60)
    assert again.returncode == 1
    assert "This site is not empty" in again.stderr


@pytest.mark.soak
def test_who_has_started_it_first_and_forgot_the_keys_can_still_do_both(
    backup: str, kept: str, clone: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    said_by = [run(clone, words, data) for words in (("migrate", "-v0"), ("restore", backup))]
    warning = next(line for line in said_by[1].splitlines() if "Locked keys: 1." in line)
    with started(clone, "--keys", kept, data=data) as (_, said):
        assert not any("Locked" in line for line in said), said
    ids = inside(manage(data=data)[1], "from providers.encryption import sealing", "sealing.key_ids()")
    assert ids[0] in warning, "which key is missing was named"
    ring = (data / "encryption-keys").read_text().strip().split(",")
    assert ring[0] == Path(kept).read_text().strip()
    assert len(ring) == 2, "the key that was made here stays, for what it has sealed meanwhile"


# --- Keys that are given --------------------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CHATSITE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_given_keys_come_first_and_none_is_lost(data: Path, tmp_path: Path) -> None:
    given = tmp_path / "keys"
    given.write_text(f"{KEY}\n")
    keys.bring(given)
    ring = data / "encryption-keys"
    assert (ring.read_text(), ring.stat().st_mode & 0o777) == (f"{KEY}\n", 0o600)
    given.write_text(f"{OTHER}, {KEY}")
    keys.bring(given)
    keys.bring(given)
    assert ring.read_text() == f"{OTHER},{KEY}\n"
    assert [path.name for path in data.iterdir()] == ["encryption-keys"]


@pytest.mark.parametrize("content", ["", "short", f"{KEY},short", "é" * 43])
def test_what_holds_no_keys_changes_nothing(data: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "keys").write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit, match="holds no encryption keys"):
        keys.bring(tmp_path / "keys")
    assert not data.exists()


def test_keys_that_a_setting_would_win_over_are_refused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATSITE_ENCRYPTION_KEYS", KEY)
    with pytest.raises(SystemExit, match="CHATSITE_ENCRYPTION_KEYS is set and would win over --keys"):
        keys.bring(tmp_path / "keys")
