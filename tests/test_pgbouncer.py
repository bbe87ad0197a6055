"""A site behind a real PgBouncer that gives every transaction another session of PostgreSQL."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_vendor import FakeVendor
from tests.faults import furniture
from tests.faults.chatterbox import Chatterbox
from tests.faults.checker import broken_promises, history_of
from tests.faults.furnish import PEOPLE
from tests.faults.page import Page, chatter
from tests.faults.real_site import BASE, RealSite
from tests.faults.rows import read_rows
from tests.services import PgBouncer, Postgres

LIMITS = {"statement_timeout": "15s", "idle_in_transaction_session_timeout": "30s", "lock_timeout": "5s", "jit": "off"}
POOLERS = {"refuses": {}, "ignores": {"ignore_startup_parameters": "extra_float_digits,options"}}
"""The poolers by their treatment of the limits that a session gets at its beginning."""
PROGRAM = """
import django, json, sys
django.setup()
from django.core.management import call_command
from django.db import connection, transaction
from chatsite.health import checks
from conversations.models import User

def limits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [NAMES])
        return dict(cursor.fetchall())

found = {"alone": limits()}
with transaction.atomic():
    found["together"] = limits()
    try:
        with transaction.atomic():
            User.objects.create_user("somebody")
            raise KeyError
    except KeyError:
        found["after a part was taken back"] = limits()
User.objects.filter(username__startswith="person").delete()
for number in range(20):
    User.objects.filter(username="nobody").first()  # prepared, where statements are
User.objects.bulk_create([User(username=f"person {number}") for number in range(250)])
found["people"] = len(list(User.objects.filter(username__startswith="person").iterator(chunk_size=100)))
found["pooled"] = connection.is_pooled
found["doctor"] = checks.database()
call_command("backup", sys.argv[1])
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with furniture.postgres() as server:
        yield server


@pytest.fixture(scope="module")
def bouncer(postgres: Postgres) -> Iterator[PgBouncer]:
    """Yield a pooler with fewer sessions than people, so that sessions are shared."""
    with PgBouncer(postgres, sessions=3) as pooler:
        yield pooler


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as server:
        yield server


@pytest.fixture(scope="module")
def site(
    postgres: Postgres,
    bouncer: PgBouncer,
    vendor: FakeVendor,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[RealSite]:
    """Yield a site, whose tables were made through the pooler, too, with --soak."""
    copied = {} if pytestconfig.getoption("--soak") else {"copied": furniture.NAME}
    made = RealSite(tmp_path_factory.mktemp("site"), vendor, bouncer.url(postgres.new_database(**copied)))
    yield made
    made.close()


@pytest.mark.soak
def test_a_site_behind_it_streams_and_keeps_every_promise(site: RealSite, vendor: FakeVendor) -> None:
    chatterbox = Chatterbox(vendor, pieces=(20, 60))
    site.start()
    pages = [site.page(person) for person in PEOPLE[:6]]
    for page in pages:
        page.say(f"{page.person} begins", models=[site.model], team=site.team)
        page.wait(lambda page: any(shown.seq for shown in page.messages.values()))
        page.next_words = chatter(page, site.model, random.Random(1), most=3)
    pages[0].wait(lambda page: len(page.sendings) > 5)
    for page in pages:
        page.next_words = lambda: None
    for page in pages:
        page.wait(Page.is_quiet)
    rows = read_rows(site.database)
    assert {row.status for row in rows} == {"complete"}
    assert broken_promises(history_of(pages, chatterbox.calls, rows)) == []
    assert "Traceback" not in site.complaints()
    assert site.terminate()[1] == 0


@pytest.mark.parametrize("way", [*POOLERS, pytest.param("direct", marks=pytest.mark.soak)])
def test_limits_hold_and_nothing_needs_a_session(site: RealSite, postgres: Postgres, way: str, tmp_path: Path) -> None:
    direct = postgres.url(site.database.partition("?")[0].rpartition("/")[2])
    with PgBouncer(postgres, **POOLERS.get(way, {})) as pooler:
        environment = site.environment | {"DATABASE_URL": direct if way == "direct" else pooler.url(direct)}
        command = [sys.executable, "-c", f"NAMES = {list(LIMITS)!r}\n{PROGRAM}", str(tmp_path / "backup")]
        environment["DJANGO_SETTINGS_MODULE"] = "chatsite.settings"
        done = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    places = ("alone", "together", "after a part was taken back")
    assert [found[place] for place in places] == [LIMITS] * 3
    assert (found["people"], found["pooled"]) == (250, way != "direct")
    assert ("through a pooler" in found["doctor"]) == (way != "direct")
