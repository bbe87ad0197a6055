"""After any failed write at a reply's end, its text, ledger row, budgets and key are put right."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError
from django.db.models import Sum
from django.utils import timezone

from conversations import sweeper
from conversations.generation import checkpoints, recovery
from conversations.live import events, hub
from conversations.models import Budget, Conversation, Message, Reservation, Tally, UsageRecord
from conversations.usage import billing, budgets, daily_sums, estimates, ledger
from conversations.usage.token_counts import tokens
from providers.client import route
from providers.models import ApiKey, Deployment, LanguageModel, Lease
from providers.types import Usage
from tests.conftest import Cast
from tests.conversations.calling import say
from tests.conversations.cutting import Cut
from tests.conversations.paying import Connect, priced
from tests.conversations.test_engine import ask, until
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_end, openai_event

__all__ = ["priced"]
COST = 3 + 2 * 5
ROOM = 100 * (1 + 2 * estimates.TYPICAL_OUTPUT)


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cut]:
    """Return the cut of a site that writes its replies only when a test says so."""
    monkeypatch.setattr(checkpoints, "DUE_SECONDS", 1000.0)
    cutting = Cut(monkeypatch)
    yield cutting
    cutting.mend()


@pytest.fixture
def capped(priced: LanguageModel, vendor: FakeVendor) -> LanguageModel:
    """Limit the key to one call at a time, set budgets for asker and key, and hold replies at `gate`."""
    vendor.script = lambda _: [200, openai_event("Hello"), vendor.gate, openai_end()]
    ApiKey.objects.update(max_concurrent=1)
    for kind in ("person", "key"):
        Budget.objects.create(kind=kind, period="day", hard=Decimal(ROOM) / 1_000_000)
    return priced


def begin(socket: Socket, model: LanguageModel, vendor: FakeVendor) -> UUID:
    """Begin a reply that has sent a word and waits for the vendor's last one."""
    vendor.gate.clear()
    reply = UUID(ask(socket, model)["replies"][0])
    until(lambda: socket.event("message.delta")["message"] == str(reply))
    return reply


def finished(socket: Socket, reply: UUID) -> dict[str, Any]:
    while (told := socket.event("message.finished")["message"])["id"] != str(reply):
        pass
    return told  # type: ignore[no-any-return]


def is_right(reply: UUID) -> None:
    """Check that the reply has one ledger row, that sums and budgets agree with it, and nothing is held."""
    row = UsageRecord.objects.get(message=reply)
    assert Message.objects.get(pk=reply).cost == row.cost
    assert (Reservation.objects.count(), Lease.objects.filter(ended_at=None).count()) == (0, 0)
    spent = UsageRecord.objects.aggregate(cost=Sum("cost"))["cost"]
    assert set(Tally.objects.values_list("spent", "reserved")) == {(spent, 0)}
    assert not daily_sums.recount(daily_sums.day_of(row.created_at))


def writes_of_an_end(alice: Socket, model: LanguageModel, vendor: FakeVendor, cut: Cut) -> int:
    reply = begin(alice, model, vendor)
    cut.arm()
    vendor.gate.set()
    finished(alice, reply)
    is_right(reply)
    cut.mend()
    return cut.writes


def test_a_database_that_goes_away_at_any_write_of_an_end_costs_neither_words_nor_money_nor_a_key(
    cast: Cast, capped: LanguageModel, vendor: FakeVendor, connect: Connect, cut: Cut
) -> None:
    alice = connect(cast.alice)
    writes = writes_of_an_end(alice, capped, vendor, cut)
    assert writes > 10
    for at in range(1, writes + 1):
        reply = begin(alice, capped, vendor)
        cut.arm(at)
        vendor.gate.set()
        assert cut.happened.wait(10), at
        cut.mend()
        told = finished(alice, reply)
        assert (told["status"], told["text"], told["usage"]["cost"]) == ("complete", "Hello", COST), at
        sweeper.go_round()
        is_right(reply)


def test_a_process_that_dies_at_any_write_of_an_end_leaves_a_row_that_is_estimated_and_no_key_taken(
    cast: Cast, capped: LanguageModel, vendor: FakeVendor, connect: Connect, cut: Cut
) -> None:
    alice = connect(cast.alice)
    writes = writes_of_an_end(alice, capped, vendor, cut)
    for at in range(1, writes + 1):
        reply = begin(alice, capped, vendor)
        checkpoints._write_batch([hub.replies[reply]])
        cut.arm(at)
        vendor.gate.set()
        assert cut.happened.wait(10), at
        until(lambda: checkpoints.writer._endings)
        checkpoints.writer._endings.clear()
        hub.forget(reply)
        cut.mend()
        Message.objects.filter(pk=reply).update(owner="an earlier boot")
        sweeper.go_round(is_heir=True)
        row = Message.objects.get(pk=reply)
        assert (row.text, row.status in ("complete", "interrupted")) == ("Hello", True), at
        is_right(reply)


def test_an_end_that_could_not_be_told_is_told_in_the_next_round(
    cast: Cast, priced: LanguageModel, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failed = events.message_finished, []

    def tell(message: Message) -> None:
        if not failed:
            failed.append(message)
            raise OperationalError("the database is away")
        real(message)

    monkeypatch.setattr(events, "message_finished", tell)
    alice = connect(cast.alice)
    reply = UUID(ask(alice, priced)["replies"][0])
    assert finished(alice, reply)["status"] == "complete"
    assert failed


def test_a_reply_does_not_wait_for_the_place_that_it_took_itself(
    cast: Cast, capped: LanguageModel, vendor: FakeVendor, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failed = budgets.reserve_for_key, []

    def reserve(*given: Any) -> bool:
        if not failed:
            failed.append(given)
            raise OperationalError("the database is away")
        return real(*given)

    monkeypatch.setattr(budgets, "reserve_for_key", reserve)
    vendor.gate.set()
    alice = connect(cast.alice)
    reply = UUID(ask(alice, capped)["replies"][0])
    assert finished(alice, reply)["status"] == "complete"
    assert failed
    is_right(reply)


def test_one_step_of_a_round_that_fails_keeps_no_other_from_being_done(
    cast: Cast, priced: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(sweeper, "_end_abandoned", away)
    key, now = ApiKey.objects.get(), timezone.now()
    Lease.objects.create(key=key, holder=cast.alice.id, started_at=now - sweeper.LONGEST_SIDE_CALL)
    Lease.objects.create(key=key, holder=cast.bob.id, started_at=now)  # a call for a title, say, has no row
    sweeper.go_round()
    assert Lease.objects.get(ended_at=None).holder == cast.bob.id


def test_a_failed_call_before_it_does_not_hide_what_a_dead_process_had_heard(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor
) -> None:
    """And the key that it used is charged."""
    key = ApiKey.objects.get()
    budget = Budget.objects.create(kind="key", period="day", hard=Decimal(ROOM) / 1_000_000)
    conversation = Conversation.objects.create(owner=cast.alice)
    question = say(conversation, "Hi", author=cast.alice)
    reply = say(
        conversation, "Hello", role="assistant", parent=question, author=cast.alice, model=priced,
        status="streaming", seq=2, owner="an earlier boot", heartbeat=timezone.now(),
        parts=[{"kind": "thought", "text": "Well now"}, {"kind": "text", "text": "Hello"}],
    )  # fmt: skip
    payer = billing.BillingContext.of(reply)
    ledger.record(
        payer, ledger.Call(route.route_of(Deployment.objects.get(), key), "rate_limited", Usage(), False, None, 1)
    )
    Lease.objects.create(key=key, holder=reply.pk, started_at=timezone.now())
    recovery.end_replies_of_earlier_boots()
    lost = UsageRecord.objects.get(outcome="server_restarted")
    cost = tokens("Hi") + 2 * (tokens("Hello") + tokens("Well now"))
    assert (lost.key, lost.endpoint, lost.cost, lost.thought_tokens) == (key, key.endpoint, cost, tokens("Well now"))
    assert Tally.objects.get(budget=budget).spent == cost
    assert not Lease.objects.filter(ended_at=None).exists()
