"""Faults of a PostgreSQL: S05 and S06. Nothing is lost, askers are told, and no restart is needed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
import pytest
import requests

from tests.faults import furniture
from tests.faults.chatterbox import Chatterbox
from tests.faults.checker import broken_promises, history_of
from tests.faults.conftest import Bar
from tests.faults.furnish import PEOPLE
from tests.faults.page import Page
from tests.faults.real_site import RealSite
from tests.faults.rows import read_rows
from tests.services import Postgres
from tests.sockets import Socket

AWAY, ALL_AWAY = (3.0,), (5.0, 60.0)
"""Seconds."""
_GIVE_TABLES = """DO $$ DECLARE name text; BEGIN
FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('ALTER TABLE %I OWNER TO site', name);
END LOOP; END $$"""
"""No superuser, which has places of its own, serves a site."""


@pytest.fixture
def server() -> Iterator[Postgres]:
    """Return a server that no other test uses."""
    with furniture.postgres() as own:
        yield own


@pytest.fixture
def talking(server: Postgres, chatterbox: Chatterbox, tmp_path: Path) -> Iterator[RealSite]:
    """Return a site on that server, with four pages that watch a reply each.

    Every reply goes on until the vendor is told to end.
    """
    chatterbox.pieces, chatterbox.pace = (100_000, 100_000), 0.05
    _run(server, "CREATE ROLE site LOGIN")
    database = server.new_database(furniture.NAME)
    with psycopg.connect(database) as connection:
        connection.execute(_GIVE_TABLES)
    site = RealSite(tmp_path, chatterbox.vendor, database.replace("postgres@", "site@"))
    site.start()
    for person in PEOPLE[:4]:
        page = site.page(person)
        page.say(f"{person} begins", models=[site.model])
        page.wait(lambda page: any(shown.seq for shown in page.messages.values()))
    yield site
    site.close()


def test_s05_a_database_that_goes_away_costs_no_word(
    talking: RealSite, server: Postgres, chatterbox: Chatterbox, soak: bool, bar: Bar
) -> None:
    """S06: before, it ends all connections, which are opened again."""
    asking = _asking(talking)
    _end_connections(server, talking.database)
    for page in talking.pages:
        page.say(f"{page.person} goes on", parent=None).ack()
    for away in ALL_AWAY if soak else AWAY:
        server.stop()
        gone = monotonic()
        assert asking.ask("message.send", conversation=None, text="Hi", models=[talking.model])["code"] == "unavailable"
        for page in talking.pages:
            page.say(f"{page.person} goes on after {away}", parent=None)
        _let_pass(gone + away)
        server.start()
        back = monotonic()
        for page in talking.pages:
            page.wait(lambda page: all(sending.answered.is_set() for sending in page.sendings))
        print(f"away for {away} s: everything acknowledged {monotonic() - back:.1f} s after its return")
        assert monotonic() - back < bar(15)
        assert asking.ask("message.send", conversation=None, text="Hi", models=[talking.model])["type"] == "ack"
    _ends_whole(talking, chatterbox)


@pytest.mark.soak
def test_s06_a_server_without_room_is_told_of_and_waited_for(
    talking: RealSite, server: Postgres, chatterbox: Chatterbox
) -> None:
    asking = _asking(talking)
    with ExitStack() as crowd:
        _crowd_out(server, talking.database, crowd)
        assert asking.ask("message.send", conversation=None, text="Hi", models=[talking.model])["code"] == "unavailable"
        assert _ready(talking) == 503
    _becomes_ready(talking)
    assert asking.ask("message.send", conversation=None, text="Hi", models=[talking.model])["type"] == "ack"
    _ends_whole(talking, chatterbox)


@pytest.mark.soak
def test_s06_a_server_that_only_reads_is_told_of_and_waited_for(
    talking: RealSite, server: Postgres, chatterbox: Chatterbox
) -> None:
    asking = _asking(talking)
    watched = talking.pages[0]
    _run(server, "ALTER ROLE site SET default_transaction_read_only = on")  # of sessions that begin from here on
    _end_connections(server, talking.database)  # as when another server takes over
    assert asking.ask("message.send", conversation=None, text="Hi", models=[talking.model])["code"] == "unavailable"
    assert asking.ask("conversation.open", conversation=watched.conversation)["code"] == "not_found"  # it is not hers
    answer = requests.get(f"{talking.address}/readyz", timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_read_only")
    chatterbox.is_over = True
    _until(lambda: all(call.is_whole for call in chatterbox.calls))
    _run(server, "ALTER ROLE site RESET ALL")  # those from before stay, as connections to a demoted server do
    _becomes_ready(talking)
    assert asking.ask("message.send", conversation=None, text="Hi", models=[talking.model])["type"] == "ack"
    _ends_whole(talking, chatterbox)


def _asking(site: RealSite) -> Socket:
    socket = Socket(site.address, site.session("rita"))
    assert socket.ask("ping")["type"] == "ack"
    return socket


def _ends_whole(site: RealSite, chatterbox: Chatterbox) -> None:
    """Let every reply come to its end; all of it is stored, and every page has seen it."""
    chatterbox.is_over = True
    for page in site.pages:
        page.wait(Page.is_quiet)
    rows = [row for row in read_rows(site.database) if row.conversation in {page.conversation for page in site.pages}]
    assert {row.status for row in rows} == {"complete"}
    assert broken_promises(history_of(site.pages, chatterbox.calls, rows)) == []


PLACES = """
SELECT sum(CASE name WHEN 'max_connections' THEN 1 ELSE -1 END * setting::int) FROM pg_settings
WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')
"""


def _crowd_out(server: Postgres, database: str, crowd: ExitStack) -> None:
    """Take every place that the server has for others than its superuser, those of the site last."""
    _run(server, "CREATE ROLE crowd LOGIN")
    places, taken = _run(server, PLACES), 0
    while taken < places:  # an ended connection keeps its place for a moment after it is no longer listed
        _end_connections(server, database)
        while _has_room(server, crowd):
            taken += 1


def _has_room(server: Postgres, crowd: ExitStack) -> bool:
    try:
        crowd.enter_context(psycopg.connect(server.url("postgres").replace("postgres@", "crowd@")))
    except psycopg.OperationalError:
        return False
    return True


def _end_connections(server: Postgres, database: str) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    _run(server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)


def _set(server: Postgres, name: str, value: str) -> None:
    _run(server, f"ALTER SYSTEM SET {name} = {value}")
    _run(server, "SELECT pg_reload_conf()")


def _run(server: Postgres, statement: str, *values: Any) -> Any:
    """Run a statement as the superuser; return the first value of the answer, if there is one."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        answer = connection.execute(statement, values or None)  # type: ignore[arg-type]
        row = answer.fetchone() if answer.description else None
        return row[0] if row else None


def _ready(site: RealSite) -> int:
    return requests.get(f"{site.address}/readyz", timeout=30).status_code


def _becomes_ready(site: RealSite) -> None:
    _until(lambda: _ready(site) == 200)


def _until(condition: Callable[[], bool]) -> None:
    until = monotonic() + 30
    while not condition():
        assert monotonic() < until
        _let_pass(monotonic() + 0.05)


def _let_pass(moment: float) -> None:
    threading.Event().wait(max(0.0, moment - monotonic()))
