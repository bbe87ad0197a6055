"""Faults of the server: S02, S04 and S12. S01 has a file of its own."""

import statistics
import threading
from collections.abc import Sequence
from itertools import pairwise
from time import monotonic

import pytest
from django.db import connection

from conversations.models import User
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.faults.chatterbox import Chatterbox, question
from tests.faults.checker import broken_promises, history_of
from tests.faults.conftest import Bar, Window
from tests.faults.furnish import PEOPLE
from tests.faults.page import Page
from tests.faults.real_site import RealSite
from tests.faults.rows import locked, read_rows
from tests.sockets import Socket
from tests.vendor_replies import Received, Step, openai_event

STREAMS, ALL_STREAMS = 20, 50
LOCK, ALL_LOCK = 2.0, 5.0
CROWD, ALL_CROWD = 16, 100
BURN, ALL_BURN = 1.0, 5.0


@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_s02_streams_end_with_the_server_within_five_seconds(
    real_site: RealSite, chatterbox: Chatterbox, soak: bool, bar: Bar
) -> None:
    """One of them before its first word, and one in the middle of a silence."""
    vendor, streams = chatterbox.vendor, ALL_STREAMS if soak else STREAMS
    chatterbox.pieces, chatterbox.pace = (10_000, 10_000), 0.05
    scripts: dict[str, Sequence[Step]] = {
        "silent 0": [200, vendor.gate],
        "silent 1": [openai_event("Hel"), vendor.gate],
    }

    def script(request: Received) -> object:
        return scripts.get(question(request)) or chatterbox.script(request)

    vendor.script = script  # type: ignore[assignment]
    real_site.start()
    pages = [real_site.page(person) for person in PEOPLE]
    for page in pages:
        page.say(f"{page.person} begins", models=[real_site.model])
        page.wait(lambda page: page.conversation and page.is_connected)
    for at in range(streams - len(pages) - 2):
        pages[at % len(pages)].say(f"{at} goes on", parent=None)
    silent = [page.say(f"silent {at}", parent=None).ack()["replies"][0] for at, page in enumerate(pages[-2:])]
    for page in pages:
        expected = {reply for sending in page.sendings for reply in sending.ack()["replies"]} - {silent[0]}
        page.wait(lambda page: expected <= {key for key, shown in page.messages.items() if shown.seq})  # noqa: B023
    assert len([vendor.next_request() for _ in range(streams)]) == streams
    seconds, code = real_site.terminate()
    print(f"exit after {seconds:.1f} s")
    assert code == 0
    assert seconds < bar(5)
    assert all(request.hung_up.wait(2) for request in vendor.requests)
    if not soak:  # where other tests need the cores too, the last rows may be left to the next start
        real_site.start()
        for page in pages:
            page.wait(Page.is_quiet)
    rows = read_rows(real_site.database)
    ends = {row.id: row.status for row in rows if row.is_reply}
    assert set(ends.values()) == {"interrupted", "failed"}
    assert {key for key, status in ends.items() if status == "failed"} == {silent[0]}
    assert [page.close_codes[0] for page in pages] == [1012] * len(pages)
    assert "Traceback" not in real_site.complaints()
    found = broken_promises(history_of(pages, chatterbox.calls, rows))
    assert [finding for finding in found if silent[1] not in finding] == []


@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_s04_a_locked_database_delays_and_loses_nothing(
    real_site: RealSite, chatterbox: Chatterbox, soak: bool, bar: Bar
) -> None:
    real_site.start()
    lock = ALL_LOCK if soak else LOCK
    if "://" in real_site.database:
        lock = min(lock, 4.0)  # there a statement waits for a lock for five seconds at most
    chatterbox.pieces = (int(lock * 40), int(lock * 60))  # so that some talk before, while and after
    pages = [real_site.page(person) for person in PEOPLE[:4]]
    for page in pages:
        page.say(f"{page.person} begins", models=[real_site.model])
        page.wait(lambda page: any(shown.seq for shown in page.messages.values()))
    pinging = Socket(real_site.address, real_site.session("rita"))
    begun = monotonic()
    with locked(real_site.database):
        sendings = [page.say(f"{page.person} goes on", parent=None) for page in pages]
        pings = list(_pings(pinging, until=begun + lock))
        assert not any(sending.answered.is_set() for sending in sendings)
    for sending in sendings:
        sending.ack()
    acked = monotonic() - begun
    pinging.close()
    for page in pages:
        page.wait(Page.is_quiet)
    print(f"locked for {lock} s: acknowledged after {acked:.1f} s, the slowest ping took {max(pings) * 1000:.0f} ms")
    assert acked < lock + bar(2)
    assert statistics.quantiles(pings, n=20)[-1] < lock / 2
    assert broken_promises(history_of(pages, chatterbox.calls, read_rows(real_site.database))) == []
    assert {row.status for row in read_rows(real_site.database)} == {"complete"}


def _pings(socket: Socket, until: float) -> list[float]:
    """Return the seconds that each ping took, one after the other."""
    seconds = []
    while (begun := monotonic()) < until:
        assert socket.ask("ping")["type"] == "ack"
        seconds.append(monotonic() - begun)
    return seconds


@pytest.fixture
def crowd(cast: Cast, soak: bool) -> list[User]:
    return [User.objects.create_user(f"guest{number}") for number in range((ALL_CROWD if soak else CROWD) // 8 + 1)]


def test_s12_streams_go_on_while_a_view_computes(
    model: LanguageModel, vendor: FakeVendor, window: Window, crowd: list[User], soak: bool, bar: Bar
) -> None:
    """A thread of the server's process, as a view has one, that never waits."""
    burn, streams = (ALL_BURN, ALL_CROWD) if soak else (BURN, CROWD)
    count = int((burn + 2) / 0.1)
    chatterbox = Chatterbox(vendor, pieces=(count, count), pace=0.1)
    pages = [window(person) for person in crowd]
    for page in pages:
        page.say(f"{page.person} begins", models=[model.id]).ack()
    sendings = [pages[at % len(pages)].say(f"{at}", parent=None) for at in range(streams - len(pages))]
    for sending in sendings:
        sending.ack()
    begun = monotonic()
    _compute(burn)
    ended = monotonic()
    for page in pages:
        page.wait(Page.is_quiet)
    between = sorted(gap for page in pages for gap in _gaps(page, begun, ended))
    p99 = between[int(len(between) * 0.99)]
    print(f"{streams} streams beside {burn} s of computing: p50 {between[len(between) // 2]:.2f} s, p99 {p99:.2f} s")
    assert p99 < bar(1)
    rows = read_rows(str(connection.settings_dict["NAME"]))
    assert broken_promises(history_of(pages, chatterbox.calls, rows)) == []


def _compute(seconds: float) -> None:
    """Compute in a thread, until it has ended."""

    def burn() -> None:
        until = monotonic() + seconds
        while monotonic() < until:
            sum(range(10_000))

    thread = threading.Thread(target=burn)
    thread.start()
    thread.join()


def _gaps(page: Page, begun: float, ended: float) -> list[float]:
    """Return the seconds between two deltas of one reply, of those that came in this time."""
    moments: dict[str, list[float]] = {}
    for note in page.notes:
        if note.frame["type"] == "message.delta" and begun <= note.at <= ended:
            moments.setdefault(note.frame["message"], []).append(note.at)
    return [later - earlier for each in moments.values() for earlier, later in pairwise(each)]
