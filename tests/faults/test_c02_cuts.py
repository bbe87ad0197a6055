"""C02: the connection is cut at random bytes, and every window is whole again within a second."""

import hashlib
import random
import statistics
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from django.db import connection

from conversations.models import User
from providers.models import LanguageModel
from tests.conftest import Cast, both_ways
from tests.fake_vendor import FakeVendor
from tests.faults.chatterbox import Call, Chatterbox
from tests.faults.checker import broken_promises, history_of
from tests.faults.conftest import Bar, Window
from tests.faults.page import Page, chatter
from tests.faults.proxy import Fault, Kind, Proxy
from tests.faults.rows import read_remarks, read_rows

CUTS, ALL_CUTS = 16, 1000
KINDS: tuple[Kind, ...] = ("reset", "end", "half-close", "black hole")
BYTES = (150, 30_000)
"""The numbers of bytes to the window before a cut; the fewest are in the handshake."""
BLACK_HOLE = (0.1, 1.0)
"""Seconds of a black hole, before the connection breaks."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """A window, and the way from it to the site."""

    page: Page
    way: Proxy

    def recoveries(self) -> Iterator[float]:
        """Return the seconds from each mend until all was there; of cuts in a row, the last counts."""
        faults = [struck for struck in self.way.faults if struck.is_over_at is not None]
        for struck, following in zip(faults, [*faults[1:], None], strict=True):
            whole_at = next((at for at in self.page.whole_at if at > struck.at), None)
            if whole_at is not None and (following is None or whole_at < following.at):
                yield max(0.0, whole_at - (struck.is_over_at or 0.0))


@pytest.fixture
def look(site: str, window: Window) -> Iterator[Callable[..., Outlook]]:
    """Open a window that has a way of its own to the site."""
    with ExitStack() as stack:

        def open_window(person: User, conversation: str = "") -> Outlook:
            way = stack.enter_context(Proxy(urlsplit(site).port or 80))
            page = window(person, conversation, way.address)
            stack.callback(page.leave)  # before its way goes
            return Outlook(page, way)

        yield open_window


class Cuts:
    """So many cuts, each connection one, until they are used up."""

    def __init__(self, number: int, luck: random.Random) -> None:
        self.left = number
        self.are_over = threading.Event()
        self._luck, self._lock = luck, threading.Lock()

    def begin(self, ways: Sequence[Proxy]) -> None:
        """Begin to cut; present connections end at once."""
        for way in ways:
            way.plan = self._next
            way.strike("end")

    def _next(self) -> Fault | None:
        with self._lock:
            if not self.left:
                self.are_over.set()
                return None
            self.left -= 1
            return Fault(self._luck.choice(KINDS), self._luck.randint(*BYTES), self._luck.uniform(*BLACK_HOLE))


@both_ways
def test_c02_after_a_thousand_cuts_nothing_is_missing_and_nothing_twice(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    look: Callable[..., Outlook],
    luck: random.Random,
    soak: bool,
    bar: Bar,
) -> None:
    chatterbox, cuts = Chatterbox(vendor, pieces=(10, 150)), Cuts(ALL_CUTS if soak else CUTS, luck)
    first = look(cast.alice)
    conversation = first.page.say("begin", models=[model.id], team=cast.team.id).ack()["conversation"]
    people = (cast.alice, cast.bob, cast.bob, cast.rita, cast.rita, cast.alice)
    outlooks = [first, *(look(person, conversation) for person in people)]
    pages = [outlook.page for outlook in outlooks]
    for page in pages[:3]:  # no more than a window can catch up on between two cuts
        page.next_words = chatter(page, str(model.id), luck, most=2)
        page.makes_remarks = True
    cuts.begin([outlook.way for outlook in outlooks])
    assert cuts.are_over.wait(20 + cuts.left), "the cuts take too long"
    for page in pages:
        page.next_words = lambda: None
    for page in pages:
        page.wait(Page.is_quiet)
    report(outlooks)
    database = str(connection.settings_dict["NAME"])
    rows, remarks = read_rows(database), read_remarks(database)
    for page in pages:
        page.wait(lambda page: page.remarks == remarks[page.conversation])
    assert broken_promises(history_of(pages, chatterbox.calls, rows, remarks=remarks)) == []
    assert remarks
    replies = {row.id for row in rows if row.is_reply}
    assert all(hashes_shown(page, replies) == hashes_said(chatterbox.calls) for page in pages)
    assert quantile_95(outlooks) < bar(1)


def hashes_shown(page: Page, replies: set[str]) -> set[str]:
    return {hashed(shown.text) for key, shown in page.messages.items() if key in replies}


def hashes_said(calls: Sequence[Call]) -> set[str]:
    return {hashed(call.text) for call in calls}


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def quantile_95(outlooks: Sequence[Outlook]) -> float:
    return statistics.quantiles([time for outlook in outlooks for time in outlook.recoveries()], n=20)[-1]


def report(outlooks: Sequence[Outlook]) -> None:
    times = sorted(time for outlook in outlooks for time in outlook.recoveries())
    cuts, heals = (sum(len(outlook.way.faults) for outlook in outlooks), sum(one.page.heals for one in outlooks))
    print(f"{cuts} cuts, {heals} opened again for a skipped revision; whole again after", end=" ")
    print(f"p50 {statistics.median(times):.2f} s, p95 {quantile_95(outlooks):.2f} s, at the latest {times[-1]:.2f} s")
