"""S01: the server is killed at random moments while people write and models talk, and started again."""

import random
import statistics
import threading

import pytest

from tests.conversations.test_engine import until
from tests.faults.chatterbox import Chatterbox
from tests.faults.checker import Crash, History, broken_promises, history_of, seconds_lost
from tests.faults.conftest import Bar
from tests.faults.page import Page, chatter
from tests.faults.real_site import RealSite
from tests.faults.rows import read_people, read_remarks, read_rows

KILLS, ALL_KILLS = 1, 200
RUNS = (0.05, 0.9)
"""Seconds from the moment that a window is connected again until the next kill."""


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """Return how often the server is killed."""
    return ALL_KILLS if request.config.getoption("--soak") else KILLS


@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_s01_nothing_acknowledged_is_lost_and_nothing_stays_unfinished(
    real_site: RealSite, chatterbox: Chatterbox, luck: random.Random, kills: int, bar: Bar
) -> None:
    real_site.start()
    pages = [real_site.page(person) for person in ("alice", "bob")]
    for page in pages:
        page.next_words = chatter(page, real_site.model, luck)
        page.makes_remarks = True
        page.say(f"{page.person} begins", models=[real_site.model], team=real_site.team)
    pages[0].wait(lambda page: page.conversation)
    pages.append(real_site.page("rita", pages[0].conversation))
    crashes = [crash(real_site, pages, luck, bar) for _ in range(kills)]
    for page in pages:
        page.next_words = lambda: None
    for page in pages:
        page.wait(Page.is_quiet)
    remarks = read_remarks(real_site.database)
    for page in pages:
        page.wait(lambda page: page.remarks == remarks[page.conversation])
    history = history_of(pages, chatterbox.calls, read_rows(real_site.database), crashes, remarks)
    assert remarks
    report(history)
    assert not broken_promises(history)
    assert lost_of_people(pages, *read_people(real_site.database)) == []
    assert max(seconds_lost(history), default=0) <= bar(1)
    assert "Traceback" not in real_site.complaints()


def crash(site: RealSite, pages: list[Page], luck: random.Random, bar: Bar) -> Crash:
    """Kill, look at what is left and start again: within five seconds nothing of the earlier process is unfinished."""
    for page in pages:
        page.wake()
        if done := [key for key, shown in page.messages.items() if shown.seq and shown.status == "complete"]:
            page.do("reply.verify", message=luck.choice(done))
    pages[luck.randrange(len(pages))].wait(lambda page: page.is_connected)
    threading.Event().wait(luck.uniform(*RUNS))  # the moment that it is all about
    at = site.kill()
    rows = read_rows(site.database)
    site.start()
    left = {row.id for row in rows if not row.is_terminal}
    until(lambda: not [row for row in read_rows(site.database) if row.id in left and not row.is_terminal], bar(5))
    return Crash(at, rows)


def lost_of_people(pages: list[Page], mentions: set[str], marks: set[str]) -> list[str]:
    """Return the acknowledged messages whose mention is not stored, and replies whose mark is not."""
    said = [one for page in pages for one in page.sendings if one.is_acked and one.command["text"].startswith("@")]
    vouched = [
        note.answers["message"]
        for page in pages
        for note in page.notes
        if note.answers and note.answers["type"] == "reply.verify" and note.frame["type"] == "ack"
    ]
    print(f"{len(said)} mentions and {len(vouched)} marks acknowledged;", end=" ")
    return [one for one in [sending.ack()["message"] for sending in said] if one not in mentions] + [
        one for one in vouched if one not in marks
    ]


def report(history: History) -> None:
    lost = sorted(seconds_lost(history)) or [0.0]
    acked = sum(sending.is_acked for sending in history.sendings)
    p95 = lost[len(lost) * 95 // 100]
    print(f"{len(history.crashes)} kills, {acked} questions acknowledged, {len(lost)} replies broken off;", end=" ")
    print(f"text lost: p50 {statistics.median(lost):.2f} s, p95 {p95:.2f} s, most {max(lost):.2f} s")
