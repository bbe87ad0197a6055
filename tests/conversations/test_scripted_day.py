"""A day with three vendors, each of which fails in its own way and recovers; nothing really waits."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.db.models import Sum

from conversations.models import UsageRecord
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel, Trouble
from providers.pool import cooldown
from tests.clock import Clock
from tests.conftest import Cast
from tests.conversations.test_engine import ask, until
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import Received, Step, gemini_end, gemini_event, openai_end, openai_event

JSON = {"Content-Type": "application/json"}
REFUSED: Sequence[Step] = [401, JSON, b'{"error":{"message":"revoked"}}']
EMPTY: Sequence[Step] = [402, JSON, b'{"error":{"message":"insufficient quota","code":"insufficient_quota"}}']
TOLD: Sequence[Step] = [429, {**JSON, "Retry-After": "30"}, b"{}"]
UNTOLD: Sequence[Step] = [429, JSON, b"{}"]
BROKEN: Sequence[Step] = [503, b"oops"]
PAUSES = [(REFUSED, "key", 600), (EMPTY, "key", 3600), (TOLD, "key", 30), (UNTOLD, "key", 1), (BROKEN, "host", 0.5)]
"""The vendor's message, the subject of the cooldown, and its minimum: seconds."""


@dataclass
class Vendor:
    """A vendor that keeps books of its own."""

    name: str
    wire: str
    clock: Clock
    faults: dict[str, Sequence[Step]] = field(default_factory=dict)
    calls: list[tuple[datetime, str, Sequence[Step] | None]] = field(default_factory=list)
    tokens: Counter[str] = field(default_factory=Counter)

    def open(self, port: int = 0) -> None:
        self.server = FakeVendor(port=port)
        self.server.script = self.answer
        self.server.__enter__()

    def close(self) -> int:
        self.server.__exit__(None, None, None)
        return int(self.server.host.split(":")[1])

    def answer(self, request: Received) -> Sequence[Step]:
        key = request.headers.get("x-goog-api-key") or request.headers["Authorization"].removeprefix("Bearer ")
        fault = self.faults.get(key)
        self.calls.append((self.clock.now(), key, fault))
        if fault:
            return fault
        asked, said = 10 + len(self.calls), 3 + len(self.calls) % 7
        self.tokens[key] += asked + said
        if self.wire == "gemini":
            return [gemini_event("Hi"), gemini_end(usage={"promptTokenCount": asked, "candidatesTokenCount": said})]
        return [openai_event("Hi"), openai_end(usage={"prompt_tokens": asked, "completion_tokens": said})]


@pytest.fixture
def vendors(cast: Cast, clock: Clock, settings: object) -> Iterator[list[Vendor]]:
    """Create three vendors, with two keys each, for one model."""
    made = [Vendor("a", "openai", clock), Vendor("b", "openai", clock), Vendor("c", "gemini", clock)]
    model = LanguageModel.objects.create(name="parrot")
    for vendor in made:
        vendor.open()
        gemini = vendor.wire == "gemini"
        endpoint = Endpoint.objects.create(
            name=vendor.name,
            wire=vendor.wire,
            base_url=vendor.server.gemini_url if gemini else vendor.server.openai_url,
            key_placement="header-goog" if gemini else "bearer",
        )
        Deployment.objects.create(model=model, endpoint=endpoint, vendor_id="m", input_price=1, output_price=1)
        for number in range(2):
            name = f"{vendor.name}{number}"
            ApiKey.objects.create(endpoint=endpoint, name=name, secret=f"key-of-the-test-{name}")
    settings.CHATSITE_PRIVATE_HOSTS = frozenset(vendor.server.host for vendor in made)  # type: ignore[attr-defined]
    yield made
    for vendor in made:
        vendor.close()


@dataclass
class Day:
    """A person who asks again and again, and the site's records."""

    socket: Socket
    clock: Clock
    asked: int = 0

    def ask(self, times: int) -> None:
        """Ask questions a second apart; each is answered without a wait, by the third call at the latest."""
        for _ in range(times):
            self.clock.turn(1)
            ask(self.socket, LanguageModel.objects.get())
            told = self.socket.event("message.finished")["message"]
            assert (told["status"], told["text"]) == ("complete", "Hi"), told["error"]
            calls = UsageRecord.objects.filter(message=told["id"])
            assert calls.count() <= 3
            self.asked += 1
        assert "message.waiting" not in {frame["type"] for frame in self.socket.frames}

    def come_back(self, name: str) -> None:
        """Check that all troubles of this vendor and its keys end by the next question after its cooldown."""
        rows = [row.pk for row in (*ApiKey.objects.filter(endpoint__name=name), *Endpoint.objects.filter(name=name))]
        subjects = [*rows, *cooldown.pairs(rows)]
        for trouble in list(Trouble.objects.filter(subject__in=subjects).order_by("cooling_until")):
            left = (trouble.cooling_until - self.clock.now()).total_seconds()
            self.clock.turn(max(0.0, left))
            self.ask(1)
            until(lambda trouble=trouble: not Trouble.objects.filter(pk=trouble.pk).exists())  # type: ignore[misc]


@pytest.mark.usefixtures("any_number_of_conversations")
def test_a_scripted_day(
    cast: Cast, vendors: list[Vendor], connect: Callable[..., Socket], clock: Clock, request: pytest.FixtureRequest
) -> None:
    a, b, c = vendors
    day = Day(connect(cast.alice), clock)
    rounds = 60 if request.config.getoption("--soak") else 8
    day.ask(rounds)

    a.faults["key-of-the-test-a0"] = TOLD
    day.ask(rounds)
    b.faults["key-of-the-test-b0"] = REFUSED
    day.ask(rounds)
    c.faults["key-of-the-test-c0"] = EMPTY
    day.ask(rounds)
    a.faults["key-of-the-test-a0"] = UNTOLD
    day.ask(rounds)
    b.faults["key-of-the-test-b1"] = BROKEN
    day.ask(rounds)

    a.faults.clear()
    day.come_back("a")
    b.faults.pop("key-of-the-test-b1")
    clock.turn(120)
    day.ask(rounds)
    port = a.close()  # the host is dead
    day.ask(rounds)
    a.open(port)
    b.faults.clear()
    c.faults.clear()
    for name in ("a", "b", "c"):
        day.come_back(name)
    clock.turn(7 * 3600)
    day.ask(1)
    assert not Trouble.objects.exists()

    answered = {key.name: key for key in ApiKey.objects.all()}
    since = clock.now()
    day.ask(8 * rounds)
    used = set(UsageRecord.objects.filter(created_at__gt=since).values_list("key", flat=True))
    assert used == {key.pk for key in answered.values()}, "every key is back in service"

    assert_no_call_too_early(vendors)
    assert_the_books_agree(vendors)


def assert_no_call_too_early(vendors: list[Vendor]) -> None:
    """Check that no call used a key, or a host, before its cooldown was over."""
    for vendor in vendors:
        begun = vendor.calls[0][0]
        not_before: dict[str, datetime] = {}
        for moment, key, fault in vendor.calls:
            for subject in (key, "host"):
                assert moment >= not_before.get(subject, begun), f"{vendor.name}: {key} at {moment}"
            for said, whose, pause in PAUSES:
                if fault is said:
                    not_before[key if whose == "key" else "host"] = moment + timedelta(seconds=pause)


def assert_the_books_agree(vendors: list[Vendor]) -> None:
    """Check that the books agree to the token, key by key, and that free calls cost nothing."""
    for vendor in vendors:
        for key in ApiKey.objects.filter(endpoint__name=vendor.name):
            rows = UsageRecord.objects.filter(key=key)
            ours = rows.aggregate(tokens=Sum("input_tokens") + Sum("output_tokens"), cost=Sum("cost"))
            assert ours["tokens"] == ours["cost"] == vendor.tokens[f"key-of-the-test-{key.name}"], key.name
            assert not rows.exclude(outcome="complete").filter(cost__gt=0).exists()
    told = sum(len(vendor.calls) for vendor in vendors)
    unreached = UsageRecord.objects.filter(outcome="vendor_down", endpoint__name="a").count()
    assert UsageRecord.objects.count() == told + unreached, json.dumps([told, unreached])
