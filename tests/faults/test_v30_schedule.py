"""V30: a vendor that fails at random in every way, while many people chat: each reply has an end."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from time import monotonic

import pytest
from django.db import connection

from conversations.models import Membership, User
from providers.models import Endpoint
from providers.pool import cooldown
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor
from tests.faults.chatterbox import Call, Chatterbox
from tests.faults.checker import broken_promises, history_of
from tests.faults.conftest import Window
from tests.faults.notes import UNDER_WAY
from tests.faults.page import Page, chatter
from tests.faults.rows import Row, read_rows
from tests.providers.dialects import DIALECTS, Dialect
from tests.vendor_replies import Step, close, event, hold, reset

FAULTS, ALL_FAULTS = 20, 500
PEOPLE, ALL_PEOPLE = 4, 20
SILENCE = 1
"""Seconds that the site waits for a vendor's next word."""

WORDS = {
    "openai": ("content_filter", "length"),
    "anthropic": ("refusal", "max_tokens"),
    "gemini-events": ("SAFETY", "MAX_TOKENS"),
    "responses": ("content_filter", "max_output_tokens"),
}
"""The names by which the vendors of each wire call a filtered answer, and one at its limit."""


def ends(dialect: Dialect) -> dict[str, list[Step]]:
    """Return how answers of a vendor end, besides as they should."""
    filtered, limited = WORDS[dialect.name]
    return {
        "torn off": [reset],
        "cut off": [close],
        "no finish": [],
        "cut in a character": ["字".encode()[:2], close],
        "silent": [hold],
        "an error in the stream": [event({"error": {"message": "boom", "code": "server_error"}})],
        "not JSON": [b"data: {x\n\n"] * 3,
        "filtered": [dialect.end(filtered)],
        "at the limit": [dialect.end(limited)],
        "goes on after the end": [dialect.end() + dialect.piece("more") + dialect.end()],
        "open after the end": [dialect.end(), hold],
        "slow": [0.3, dialect.end()],
    }


REFUSALS: dict[str, list[Step]] = {
    "broken": [500, b"<html>oops</html>"],
    "too busy": [503, {"Content-Type": "application/json"}, b'{"error":{"message":"overloaded"}}'],
    "a web page": [{"Content-Type": "text/html"}, b"<!DOCTYPE html><p>Log in</p>"],
    "elsewhere": [302, {"Location": "http://127.0.0.1:9/"}, b""],
    "nothing": [close],
}
WHOLE = ("filtered", "at the limit", "goes on after the end", "open after the end", "slow")


class Unreliable(Chatterbox):
    """Every other answer goes wrong."""

    def __init__(self, vendor: FakeVendor, luck: random.Random, number: int, dialect: Dialect) -> None:
        super().__init__(vendor, pieces=(1, 30), pace=0.01, dialect=dialect)
        self._ends = ends(dialect)
        self.left = number
        self.faults: Counter[str] = Counter()
        self.are_over = threading.Event()
        self._luck = luck

    def answer(self, call: Call) -> Iterator[Step]:
        with self._lock:
            fault = self._next()
        if fault in REFUSALS:
            return iter(REFUSALS[fault])
        return self._break(call, fault) if fault else super().answer(call)

    def _next(self) -> str:
        if not self.left:
            self.are_over.set()
        if not self.left or self._luck.random() < 0.5:
            return ""
        self.left -= 1
        fault = self._luck.choice([*self._ends, *REFUSALS])
        self.faults[fault] += 1
        return fault

    def _break(self, call: Call, fault: str) -> Iterator[Step]:
        for step in super().answer(call):
            if call.is_whole:
                break
            yield step
        call.is_whole = fault in WHOLE
        if fault == "goes on after the end":
            call.said.append((monotonic(), "more"))  # in one chunk with the end, so it is read with it
        yield from self._ends[fault]


@pytest.fixture
def people(cast: Cast, soak: bool) -> list[User]:
    """Return members of the team."""
    found = [User.objects.create_user(f"guest{number}") for number in range(ALL_PEOPLE if soak else PEOPLE)]
    Membership.objects.bulk_create(Membership(user=person, team=cast.team, role="member") for person in found)
    return found


@pytest.mark.parametrize(
    "name", [name if name == "openai" else pytest.param(name, marks=pytest.mark.soak) for name in WORDS]
)
def test_v30_whatever_the_vendor_does_each_reply_has_an_end(
    cast: Cast,
    vendor: FakeVendor,
    window: Window,
    people: list[User],
    luck: random.Random,
    soak: bool,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    dialect = next(one for one in DIALECTS if one.name == name)
    model = serve(vendor, "openai" if name == "responses" else dialect.wire)
    Endpoint.objects.update(wire=dialect.wire)
    monkeypatch.setattr(cooldown, "pause", lambda error, failures: 0.05)  # here everything fails all the time
    Endpoint.objects.update(silence_seconds=SILENCE, first_token_seconds=2 * SILENCE)
    unreliable = Unreliable(vendor, luck, ALL_FAULTS if soak else FAULTS, dialect)
    pages = [window(person) for person in people]
    for number, page in enumerate(pages):
        page.next_words = chatter(page, str(model.id), luck)
        page.say(f"{page.person} begins", models=[model.id], **({"team": cast.team.id} if number % 2 else {}))
    assert unreliable.are_over.wait(60 + unreliable.left), f"{unreliable.left} faults are left"
    for page in pages:
        page.next_words = lambda: None
    for page in pages:
        page.wait(Page.is_quiet)
    rows = read_rows(str(connection.settings_dict["NAME"]))
    found = Counter(row.status for row in rows if row.is_reply)
    print(f"{sum(unreliable.faults.values())} faults of {len(unreliable.faults)} kinds; replies: {dict(found)}")
    assert not set(found) & set(UNDER_WAY)
    assert found["complete"] > len(people)
    assert broken_promises(history_of(pages, unreliable.calls, rows)) == []
    assert _ended_as_they_should(rows, unreliable.calls)


def _ended_as_they_should(rows: list[Row], calls: list[Call]) -> bool:
    """Return whether each reply fits its call: complete if ended, interrupted if broken off, else failed."""
    questions = {row.id: row.text for row in rows}
    said = {call.question: (call.is_whole, bool(call.said)) for call in calls}
    expected = {(True, True): "complete", (False, True): "interrupted", (False, False): "failed"}
    return all(row.status == expected[said[questions[row.parent]]] for row in rows if row.is_reply)
