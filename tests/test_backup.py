"""`backup` and `restore`, while replies are written; on PostgreSQL these tests run once more."""

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection

from chatsite.backup import archive, dumps
from conversations.files import storage
from conversations.models import Message
from providers.models import AuditEntry, LanguageModel
from tests.conftest import CANARY, Cast
from tests.conversations.test_engine import ask, until
from tests.fake_vendor import FakeVendor
from tests.services import MIGRATED
from tests.sockets import Socket
from tests.vendor_replies import openai_end, openai_event

BASE = Path(__file__).resolve().parent.parent
LIST = """
import json, django; django.setup()
from conversations.models import Conversation, File, Message
from providers.models import ApiKey, AuditEntry
print(json.dumps({
    "messages": {str(m.pk): [m.status, m.text] for m in Message.objects.all()},
    "revisions": {str(c.pk): c.revision for c in Conversation.objects.all()},
    "files": {f.name: f.path.read_text() for f in File.objects.all()},
    "keys": ApiKey.objects.count(),
    "noted": list(AuditEntry.objects.values_list("actor_name", "act", "subject_name").order_by("-id")[:1]),
}))
from django.contrib.auth.models import Group
Group.objects.create(name="sequences go on")
"""


FILL = """
import django, sys; django.setup()
from django.core.management import call_command
from chatsite.backup import dumps
dumps.is_empty, dumps._ends = lambda: True, lambda behind: []
call_command("restore", sys.argv[1])
"""
"""A restore into tables that are there: to migrate PostgreSQL takes long."""


class Elsewhere:
    """Another site: an empty data folder, and an empty database of the same kind.

    Without --soak, PostgreSQL's has its tables already.
    """

    def __init__(self, folder: Path, *, is_migrated: bool) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        self.environment = own | {"CHATSITE_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
        if connection.vendor == "postgresql":
            self.environment["DATABASE_URL"] = _empty_database(folder, MIGRATED if is_migrated else "template1")
        self._restore = (
            ("-c", FILL) if "DATABASE_URL" in self.environment and is_migrated else ("-m", "django", "restore")
        )

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, *words]
        return subprocess.run(command, cwd=BASE, env=self.environment, capture_output=True, text=True)

    def restore(self, path: Path) -> "subprocess.CompletedProcess[str]":
        return self.run(*self._restore, str(path))

    def rows(self) -> dict[str, Any]:
        listed = self.run("-c", LIST)
        assert listed.returncode == 0, listed.stderr
        return dict(json.loads(listed.stdout))


def _empty_database(folder: Path, copied: str) -> str:
    name = f"elsewhere_{abs(hash(folder))}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {copied}")
    base, _, query = os.environ["DATABASE_URL"].partition("?")
    return f"{base.rpartition('/')[0]}/{name}?{query}"


@pytest.fixture
def elsewhere(tmp_path: Path, transactional_db: None, pytestconfig: pytest.Config) -> Elsewhere:
    return Elsewhere(tmp_path / "elsewhere", is_migrated=not pytestconfig.getoption("--soak"))


def test_what_is_restored_is_one_moment_of_a_site_at_work(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    connect: Callable[..., Socket],
    elsewhere: Elsewhere,
    tmp_path: Path,
) -> None:
    words = [f"word{number} " for number in range(40)]
    vendor.play([200, *map(openai_event, words[:20]), vendor.gate, *map(openai_event, words[20:]), openai_end()])
    file = storage.store(cast.alice, "note.txt", "text/plain", b"remember")
    alice = connect(cast.alice)
    first = ask(alice, model, "Hi", files=[str(file.id)])
    reply = first["replies"][0]
    until(lambda: Message.objects.get(pk=reply).text == "".join(words[:20]))
    stop = threading.Event()
    asking = threading.Thread(target=_keep_asking, args=(connect(cast.bob), model, stop))
    asking.start()
    path = tmp_path / "site.tar.gz"
    call_command("backup", str(path))
    stop.set()
    asking.join()
    vendor.gate.set()
    alice.event("message.finished")

    said = elsewhere.restore(path)
    assert said.returncode == 0, said.stderr
    assert "Locked keys: 1" in said.stderr, "the keys that open it were not in the backup"
    restored = elsewhere.rows()
    assert restored["messages"][reply] == ["streaming", "".join(words[:20])]
    assert restored["files"] == {"note.txt": "remember"}
    assert restored["keys"] == 1
    assert restored["noted"] == [["manage.py restore", "restored", path.name]]
    last = AuditEntry.objects.latest("id")
    assert (last.actor_name, last.act, last.subject_name) == ("manage.py backup", "backed_up", path.name)
    later = {str(key) for key in Message.objects.values_list("pk", flat=True)}
    assert set(restored["messages"]) <= later
    assert path.stat().st_mode & 0o077 == 0


def _keep_asking(socket: Socket, model: LanguageModel, stop: threading.Event) -> None:
    while not stop.is_set():
        ask(socket, model, "more")
        socket.event("message.finished")


def test_a_backup_holds_no_key(cast: Cast, model: LanguageModel, tmp_path: Path) -> None:
    call_command("backup", str(tmp_path / "site.tar.gz"))
    with tarfile.open(tmp_path / "site.tar.gz") as members:
        held = b"".join(file.read() for member in members if (file := members.extractfile(member)))
    secrets = [CANARY, django_settings.SECRET_KEY, *django_settings.CHATSITE_ENCRYPTION_KEYS]
    assert [secret for secret in secrets if secret.encode() in held] == []


def test_files_that_share_their_bytes_are_whole_in_a_backup(cast: Cast, tmp_path: Path) -> None:
    first, second = (storage.receive(cast.alice, f"{number}.txt", b"the same bytes") for number in range(2))
    assert first.path.samefile(second.path)
    call_command("backup", str(tmp_path / "site.tar.gz"))
    with tarfile.open(tmp_path / "site.tar.gz") as members:
        held = {Path(member.name).name: member for member in members}
    assert held[first.id.hex].isreg()
    assert held[second.id.hex].isreg()
    first.path.unlink()
    second.path.unlink()


def test_a_site_that_is_not_empty_refuses_a_restore(cast: Cast, tmp_path: Path) -> None:
    call_command("backup", str(tmp_path / "site.tar.gz"))
    with pytest.raises(archive.Unusable, match="is not empty"):
        archive.read(tmp_path / "site.tar.gz")
    assert cast.team.members.count() == 3


@pytest.mark.soak
def test_a_site_that_is_not_empty_is_left_as_it_is(cast: Cast, elsewhere: Elsewhere, tmp_path: Path) -> None:
    path = tmp_path / "site.tar.gz"
    call_command("backup", str(path))
    assert elsewhere.restore(path).returncode == 0
    before = elsewhere.rows()
    said = elsewhere.restore(path)
    assert said.returncode == 1
    assert "is not empty" in said.stderr
    assert elsewhere.run("-c", LIST.replace("Group.obj", "0 and Group.obj")).stdout.strip() == json.dumps(before)


def test_an_order_in_which_migrations_were_noted_does_not_matter() -> None:
    noted = [("conversations", "0002_initial"), ("conversations", "0003_files"), ("conversations", "0001_initial")]
    assert dumps._ends([*noted, ("an_app_of_then", "0001_initial")]) == [("conversations", "0003_files")]


def test_a_folder_that_is_not_there_is_told_in_plain_words(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("backup", tmp_path / "away" / "site.tar.gz")
    assert str(refused.value) == f"Nothing was written to {tmp_path / 'away'}: No such file or directory."


def test_a_name_that_is_taken_is_not_written_over(cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(tmp_path / "mine"))
    assert (tmp_path / "mine").read_text() == "precious"
    assert len(list(tmp_path.iterdir())) == 1


def archive_of(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w:gz") as target:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def nothing_here(cast: Cast, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the site look empty to `restore`."""
    settings.CHATSITE_DATA = tmp_path
    monkeypatch.setattr(dumps, "is_empty", lambda: True)
    return tmp_path


LABEL = {
    "format": archive.FORMAT,
    "database": connection.vendor,
    "migrations": [["conversations", "9999_of_the_future"]],
}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"../outside": b"x"}, "no backup of Chatsite"),
        ({"/etc/outside": b"x"}, "no backup of Chatsite"),
        ({"rows/a/b": b"x"}, "no backup of Chatsite"),
        ({"backup.json": b"{"}, "no backup of Chatsite"),
        ({"backup.json": json.dumps(LABEL).encode()}, "newer version"),
        ({"backup.json": json.dumps(LABEL | {"database": "oracle"}).encode()}, "backup of oracle"),
    ],
)
def test_what_is_no_backup_changes_nothing(nothing_here: Path, members: dict[str, bytes], reason: str) -> None:
    with pytest.raises(archive.Unusable, match=reason):
        archive.read(archive_of(nothing_here / "made up.tar.gz", **members))
    assert [path.name for path in nothing_here.iterdir()] == ["made up.tar.gz"]


def test_no_archive_at_all_is_said(nothing_here: Path) -> None:
    with pytest.raises(archive.Unusable, match="no backup of Chatsite"):
        archive.read(nothing_here / "absent")
