"""Whatever write fails as a reply ends: its words, its row of the ledger, its budgets and its key are right again."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Sum

from conversations import checkpoints, metering, sweep
from conversations.live import hub
from conversations.models import Budget, Message, Reservation, Tally, UsageRecord
from conversations.reporting import summing
from providers.models import ApiKey, LanguageModel, Lease
from tests.conftest import Cast
from tests.conversations.cutting import Cut
from tests.conversations.paying import Connect, priced
from tests.conversations.test_engine import ask, until
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_end, openai_event

__all__ = ["priced"]
COST = 3 + 2 * 5
ROOM = 100 * (1 + 2 * metering.TYPICAL_OUTPUT)


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cut]:
    """Of a site whose replies are written when a test says so."""
    monkeypatch.setattr(checkpoints, "DUE", 1000.0)
    cutting = Cut(monkeypatch)
    yield cutting
    cutting.mend()


@pytest.fixture
def capped(priced: LanguageModel, vendor: FakeVendor) -> LanguageModel:
    """With a key for one call at a time, and budgets for its asker and for the key."""
    vendor.script = lambda _: [200, openai_event("Hello"), vendor.gate, openai_end()]
    ApiKey.objects.update(max_concurrent=1)
    for kind in ("person", "key"):
        Budget.objects.create(kind=kind, period="day", hard=Decimal(ROOM) / 1_000_000)
    return priced


def begin(socket: Socket, model: LanguageModel, vendor: FakeVendor) -> UUID:
    """A reply that has said a word and waits for the vendor's last."""
    vendor.gate.clear()
    reply = UUID(ask(socket, model)["replies"][0])
    until(lambda: socket.event("message.delta")["message"] == str(reply))
    return reply


def finished(socket: Socket, reply: UUID) -> dict[str, Any]:
    while (told := socket.event("message.finished")["message"])["id"] != str(reply):
        pass
    return told  # type: ignore[no-any-return]


def is_right(reply: UUID) -> None:
    """One row of the ledger for the reply; sums and budgets say what the ledger says, and nothing is held."""
    row = UsageRecord.objects.get(message=reply)
    assert Message.objects.get(pk=reply).cost == row.cost
    assert (Reservation.objects.count(), Lease.objects.filter(ended_at=None).count()) == (0, 0)
    spent = UsageRecord.objects.aggregate(cost=Sum("cost"))["cost"]
    assert set(Tally.objects.values_list("spent", "reserved")) == {(spent, 0)}
    assert not summing.recount(summing.day_of(row.created_at))


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
        sweep.go_round()
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
        sweep.end_replies_of_earlier_boots()
        sweep.reconcile()
        row = Message.objects.get(pk=reply)
        assert (row.text, row.status in ("complete", "interrupted")) == ("Hello", True), at
        is_right(reply)
