"""The drill of an upgrade: a site that the oldest commit has made and served is served by today's software."""

import io
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from chatsite import database_upgrade
from tests import made_once
from tests.canaries import CANARY, PASSWORD
from tests.services import Postgres
from tests.shell import inside

BASE = Path(__file__).resolve().parent.parent
MAKE_ROWS = f"""
import gc; gc.disable()
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from conversations.models import *
from providers.models import *
from providers.pool import *
ann = User.objects.create_superuser("ann", password="{PASSWORD}", display_name="Ann")
ben = User.objects.create_user("ben", password="{PASSWORD}", language="zh-hans")
team = Team.objects.create(name="Crew")
Membership.objects.create(team=team, user=ann)
Membership.objects.create(team=team, user=ben)
Installation.objects.create(pk=1, administrator=ann)
endpoint = Endpoint.objects.create(name="Vendor", wire="openai", base_url="https://vendor.example/v1")
ApiKey.objects.create(endpoint=endpoint, name="first", secret="{CANARY}")
model = LanguageModel.objects.create(name="parrot")
Deployment.objects.create(model=model, endpoint=endpoint, vendor_id="parrot-1")
talk = Conversation.objects.create(
    title="Old talk", owner=ann, team=team, model=model, system_prompt="Be brief.", revision=4
)
asked = Message.objects.create(
    conversation=talk, role="user", author=ann, text="What was?", revision=1, status="complete"
)
told = Message.objects.create(
    conversation=talk, role="assistant", parent=asked, text="It **was**.", revision=2, status="complete", model=model,
    model_name="parrot", input_tokens=7, output_tokens=3, parts=[{{"kind": "text", "text": "It **was**."}}],
)
late = Message.objects.create(
    conversation=talk, role="user", author=ben, text="And then?", revision=3, status="complete", parent=told
)
Message.objects.create(
    conversation=talk, role="assistant", parent=late, text="Half a", revision=4, status="streaming", model=model,
    model_name="parrot", owner="gone", seq=2, parts=[{{"kind": "text", "text": "Half a"}}],
)
"""
START = """
import gc, os
gc.disable()
from chatsite.bootstrap import address, catalogues
catalogues.compile_changed()
port = address.free_port("127.0.0.1", 0)
os.environ["CHATSITE_ORIGINS"] = ",".join(address.origins("127.0.0.1", port))
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "start", "--port", str(port), "--no-local-model"])
"""
"""The code of `manage.py start`, in the present environment."""

MIGRATE = """
import django.core.management.commands.migrate; django.setup()
django.core.management.call_command({command}, verbosity=0)
"""
CATALOGUE = (
    """
    SELECT table_name, column_name, udt_name, is_nullable, column_default, character_maximum_length, is_identity
    FROM information_schema.columns WHERE table_schema = 'public'
    """,
    """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    """,
    "SELECT pg_get_indexdef(indexrelid) FROM pg_stat_user_indexes",
    "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
)
"""Queries of what a PostgreSQL database consists of."""


@pytest.fixture(scope="module")
def oldest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sources of the first commit, without an environment of their own: nothing is installed."""
    first = _git("rev-list", "--max-parents=0", "HEAD").decode().split()
    if not first or _git("rev-parse", "--is-shallow-repository").strip() != b"false":
        pytest.fail("The drill of an upgrade needs the whole history: clone the repository without --depth.")
    folder = tmp_path_factory.mktemp("oldest")
    with tarfile.open(fileobj=io.BytesIO(_git("archive", first[-1]))) as sources:
        sources.extractall(folder, filter="data")
    return folder


def _git(*words: str) -> bytes:
    try:
        return subprocess.run(["git", *words], cwd=BASE, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return b""


def schema(database: Path) -> set[tuple[Any, ...]]:
    """Return what a SQLite database consists of; the order of a table's columns does not matter."""
    with closing(sqlite3.connect(database)) as there:
        return {
            (kind, name, frozenset(sql.partition("(")[2].removesuffix(")").split(", ")) if kind == "table" else sql)
            for kind, name, sql in there.execute("SELECT type, name, sql FROM sqlite_schema")
        }


@contextmanager
def served(sources: Path, data: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve a site with these sources and this data until SIGTERM; yield its address and its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CHATSITE_", "PYTEST_"))}
    environment |= {"CHATSITE_DATA": str(data), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    command = [sys.executable, "-c", START]
    said: list[str] = []
    with subprocess.Popen(
        command, cwd=sources, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
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


def rows(environment: dict[str, str]) -> Any:
    lines = """
talk = Conversation.objects.get()
key = ApiKey.objects.get()
"""
    answer = """{
    "people": sorted(User.objects.values_list("username", "language", "is_superuser")),
    "roles": sorted(Membership.objects.values_list("user__username", "role")),
    "talk": [talk.title, talk.team.name, talk.model.name, talk.system_prompt],
    "messages": [[m.role, m.text, m.status, m.error_code] for m in talk.messages.order_by("pk")],
    "key": [key.name, key.secret.reveal()],
    "version": __import__("chatsite.models", fromlist=["Release"]).Release.last(),
}"""
    return inside(environment, lines, answer)


def test_a_site_of_the_oldest_commit_is_served_by_todays_software(
    oldest: Path, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """Without --soak the oldest commit only makes the site, and today's static files are there."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    if pytestconfig.getoption("--soak"):
        with served(oldest, data) as (address, _):
            assert requests.get(f"{address}/livez", timeout=20).status_code == 200
    else:
        made_once.spare_collection(data)
    environment = os.environ | {"CHATSITE_DATA": str(data)}
    made = subprocess.run(
        [sys.executable, "-c", MAKE_ROWS], cwd=oldest, capture_output=True, text=True,
        env=environment | {"DJANGO_SETTINGS_MODULE": "chatsite.settings"},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr

    with served(BASE, data) as (address, said):
        assert any("is brought from an unknown version to 0.1.0" in line for line in said)
        assert requests.get(f"{address}/readyz", timeout=20).json()["status"] == "ok"
        browser = requests.Session()
        page = browser.get(f"{address}/accounts/login/", timeout=20)
        form = {"login": "ann", "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        page = browser.post(page.url, form, headers={"Origin": address}, timeout=20)
        assert "Old talk" in page.text
        talk = re.search(r"/conversations/[0-9a-f-]{36}/", page.text)
        assert talk
        thread = browser.get(f"{address}{talk[0]}", timeout=20).text
        assert "It <strong>was</strong>." in thread
        assert "Half a" in thread
        assert requests.get(f"{address}/readyz", timeout=20).json()["status"] == "ok"

    assert schema(data / "chatsite.sqlite3") == schema(made_once.migrated()), "made in one step, and in all of them"
    found = rows(environment)
    assert found["people"] == [["ann", "", True], ["ben", "zh-hans", False]]
    assert found["talk"] == ["Old talk", "Crew", "parrot", "Be brief."]
    assert found["messages"] == [
        ["user", "What was?", "complete", ""],
        ["assistant", "It **was**.", "complete", ""],
        ["user", "And then?", "complete", ""],
        ["assistant", "Half a", "interrupted", "server_restarted"],
    ]
    assert found["key"] == ["first", CANARY]
    assert found["version"] == "0.1.0"
    assert len(list((data / database_upgrade.COPIES).glob("*.sqlite3"))) == 1


@pytest.mark.soak
def test_one_step_makes_the_postgresql_that_all_migrations_make(tmp_path: Path) -> None:
    found = []
    with Postgres() as server:
        for command in ("'migrate'", "django.core.management.commands.migrate.Command()"):
            url = server.new_database()
            made_once.migrate(tmp_path, MIGRATE.format(command=command), DATABASE_URL=url)
            with psycopg.connect(url) as connection:
                found.append([set(connection.execute(query)) for query in CATALOGUE])
    assert found[0] == found[1]
