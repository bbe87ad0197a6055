"""Budgets: what is set aside, and that none is passed however many ask at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from conversations import actions
from conversations.errors import Refused
from conversations.generation import recovery
from conversations.models import Budget, Conversation, Message, Reservation, Tally, UsageRecord, User
from conversations.protocol import parsing
from conversations.templatetags.amounts import money, price
from conversations.usage import budgets, estimates
from conversations.usage.token_counts import tokens
from providers.models import ApiKey, Deployment, LanguageModel
from tests.conftest import Cast
from tests.conversations.calling import Api
from tests.conversations.paying import Connect, finished, priced
from tests.conversations.test_engine import ask, until
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_event, openai_stream

__all__ = ["priced"]
TYPICAL = 1 + 2 * estimates.TYPICAL_OUTPUT
"""Millionths set aside for “Hi” at the prices of `priced`."""


def budget(kind: str, hard: int, period: str = "day", **fields: Any) -> Budget:
    """Create a budget of `millionths`."""
    return Budget.objects.create(kind=kind, period=period, hard=Decimal(hard) / 1_000_000, **fields)


# --- Budgets -------------------------------------------------------------------------------------------------------


@pytest.fixture
def held(vendor: FakeVendor, site: str) -> Iterator[FakeVendor]:
    """Let the vendor answer only once the gate opens."""
    vendor.script = lambda _: [200, vendor.gate, openai_stream(["Hello"])]
    yield vendor
    vendor.gate.set()


def test_fifty_at_once_do_not_pass_a_budget_for_ten(
    cast: Cast, priced: LanguageModel, held: FakeVendor, request: pytest.FixtureRequest
) -> None:
    limit = budget("model", 10 * TYPICAL)
    people = [User.objects.create(username=f"person{number}") for number in range(50)]

    def send(person: User) -> str:
        frame = {"type": "message.send", "id": "1", "conversation": None, "text": "Hi", "models": [str(priced.id)]}
        try:
            actions.post_message(person, parsing.parse(frame), actions.new_conversation_id())
            return "passed"
        except Refused as refused:
            return refused.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(send, people))
    assert (told.count("passed"), told.count("over_budget")) == (10, 40)
    tally = Tally.objects.get(budget=limit)
    assert (tally.spent, tally.reserved) == (0, 10 * TYPICAL)
    assert Message.objects.filter(role="assistant").count() == 10
    held.gate.set()
    until(lambda: not Message.objects.under_way().exists(), 20)
    tally.refresh_from_db()
    assert (tally.spent, tally.reserved) == (10 * 13, 0)
    assert not Reservation.objects.exists()


@pytest.mark.parametrize("kind", ["person", "team", "model"])
def test_over_budget_is_refused_before_anything_is_stored(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect, kind: str
) -> None:
    budget(kind, TYPICAL - 1)
    bob = connect(cast.bob)
    told = bob.ask("message.send", conversation=None, text="Hi", models=[priced.id], team=cast.team.id)
    assert (told["type"], told["code"]) == ("error", "over_budget")
    assert not Message.objects.exists()
    assert not Reservation.objects.exists()
    assert vendor.requests == []


def test_a_budget_of_ones_own_counts_instead_of_the_one_for_each(
    cast: Cast, priced: LanguageModel, connect: Connect
) -> None:
    budget("person", 1)
    budget("person", 10 * TYPICAL, target=cast.bob.id)
    bob, carol = connect(cast.bob), connect(cast.carol)
    ask(bob, priced)
    assert finished(bob)["status"] == "complete"
    refused = carol.ask("message.send", conversation=None, text="Hi", models=[priced.id])
    assert refused["code"] == "over_budget"


def test_retries_are_set_aside_for_too(cast: Cast, priced: LanguageModel, connect: Connect) -> None:
    alice = connect(cast.alice)
    reply = ask(alice, priced)["replies"][0]
    finished(alice)
    budget("person", TYPICAL)
    assert alice.ask("reply.retry", message=reply)["code"] == "over_budget"


def test_a_budget_begins_with_what_was_spent_before_it_was_made(
    cast: Cast, priced: LanguageModel, connect: Connect
) -> None:
    alice = connect(cast.alice)
    ask(alice, priced)
    finished(alice)
    limit = budget("person", TYPICAL + 12)
    assert alice.ask("message.send", conversation=None, text="Hi", models=[priced.id])["code"] == "over_budget"
    limit.hard = Decimal(TYPICAL + 13) / 1_000_000
    limit.save()
    ask(alice, priced)
    assert finished(alice)["status"] == "complete"
    assert Tally.objects.get().spent == 26


def test_yesterdays_money_is_not_todays(cast: Cast, priced: LanguageModel) -> None:
    day, month = budget("person", 100, "day"), budget("person", 100, "month")
    now = timezone.now().replace(day=15, hour=0, minute=30)
    for moment, cost in ((now - timedelta(hours=1), 30), (now, 5), (now - timedelta(days=20), 50)):
        UsageRecord.objects.create(
            created_at=moment, user=cast.bob, conversation=cast.bob.id, message=cast.bob.id, cost=cost, total_ms=1
        )
    assert budgets._tally(day, cast.bob.id, now).spent == 5
    assert budgets._tally(month, cast.bob.id, now).spent == 35


def test_what_was_set_aside_is_free_when_the_reply_fails(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    budget("person", TYPICAL)
    vendor.play([413, b"{}"])
    alice = connect(cast.alice)
    for status in ("failed", "complete"):
        ask(alice, priced)
        assert finished(alice)["status"] == status
    assert (Tally.objects.get().spent, Tally.objects.get().reserved) == (13, 0)


def test_a_stopped_reply_is_paid_for_as_far_as_it_came(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    budget("person", TYPICAL)
    vendor.play([200, openai_event("Hello"), vendor.gate])
    alice = connect(cast.alice)
    reply = ask(alice, priced)["replies"][0]
    alice.event("message.delta")
    alice.ask("reply.stop", message=reply)
    assert finished(alice)["status"] == "stopped"
    row = UsageRecord.objects.get()
    assert (row.outcome, row.estimated, row.cost) == ("stopped", True, tokens("Hi") + 2 * tokens("Hello"))
    assert (Tally.objects.get().spent, Tally.objects.get().reserved) == (row.cost, 0)


def test_what_a_dead_process_had_set_aside_is_freed_and_what_it_had_heard_is_paid(
    cast: Cast, priced: LanguageModel
) -> None:
    limit = budget("person", 10 * TYPICAL)
    conversation = Conversation.objects.create(owner=cast.alice)
    question = Message.objects.create(
        conversation=conversation, role="user", author=cast.alice, text="Hi", status="complete", revision=1
    )
    fields: dict[str, Any] = {
        "conversation": conversation,
        "parent": question,
        "role": "assistant",
        "author": cast.alice,
        "model": priced,
        "owner": "an earlier boot",
        "heartbeat": timezone.now(),
        "revision": 1,
    }
    silent = Message.objects.create(**fields, status="waiting")
    spoken = Message.objects.create(**fields, status="streaming", text="Hello", seq=1)
    for reply in (silent, spoken):
        budgets.reserve(reply)
    assert Tally.objects.get(budget=limit).reserved == 2 * TYPICAL
    recovery.end_replies_of_earlier_boots()
    cost = tokens("Hi") + 2 * tokens("Hello")
    tally = Tally.objects.get(budget=limit)
    assert (tally.reserved, tally.spent) == (0, cost)
    row = UsageRecord.objects.get()
    assert (row.message, row.estimated, row.outcome) == (spoken.pk, True, "server_restarted")
    spoken.refresh_from_db()
    assert spoken.cost == cost


def test_what_was_set_aside_in_a_conversation_that_is_gone_is_freed(
    cast: Cast, priced: LanguageModel, held: FakeVendor, connect: Connect
) -> None:
    budget("person", TYPICAL)
    alice = connect(cast.alice)
    conversation = ask(alice, priced)["conversation"]
    Conversation.objects.filter(pk=conversation).delete()
    budgets.release_forgotten()
    assert Tally.objects.get().reserved == 0


def test_a_key_without_budget_is_passed_over(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    poor = ApiKey.objects.get()
    rich = ApiKey.objects.create(endpoint=poor.endpoint, secret="sk-test-second-0123456789", priority=2)
    budget("key", 1, target=poor.pk)
    alice = connect(cast.alice)
    ask(alice, priced)
    assert finished(alice)["status"] == "complete"
    assert UsageRecord.objects.get().key == rich
    rich.delete()
    ask(alice, priced)
    error = finished(alice)["error"]
    assert error["code"] == "quota"
    assert "budget" in error["text"]
    assert len(vendor.requests) == 1


# --- The estimate before a question ---------------------------------------------------------------------------------


def test_a_question_is_estimated_with_what_is_left(cast: Cast, priced: LanguageModel, connect: Connect) -> None:
    Budget.objects.create(kind="person", period="day", hard=Decimal("0.1"), soft=Decimal("0.00001"))
    alice = connect(cast.alice)
    ack = ask(alice, priced)
    reply = finished(alice)
    body = {"conversation": ack["conversation"], "parent": reply["id"], "models": [str(priced.id)], "text": "And now?"}
    status, told = Api(cast.alice).call("POST", "/estimate", body)
    assert status == 200, told
    words = tokens("Hi") + tokens(reply["text"]) + tokens("And now?")
    assert (told["input_tokens"], told["output_tokens"]) == (words, estimates.TYPICAL_OUTPUT)
    assert told["cost"] == words + 2 * estimates.TYPICAL_OUTPUT
    assert told["likely_cost"] == words + 2 * reply["usage"]["output_tokens"], "as the answer above was"
    _, first = Api(cast.alice).call("POST", "/estimate", {"text": "Hi", "models": [str(priced.id)]})
    assert first["likely_cost"] is None
    assert told["currency"] == "USD"
    assert told["budgets"] == [
        {"kind": "person", "period": "day", "limit": 100_000, "left": 100_000 - 13, "warns": True}
    ]


def test_nobody_is_told_of_what_is_not_theirs(cast: Cast, priced: LanguageModel) -> None:
    conversation = Conversation.objects.create(owner=cast.alice)
    for body in ({"conversation": str(conversation.id)}, {"team": str(cast.team.id)}):
        assert Api(cast.carol).refusal("POST", "/estimate", body) == (404, "not_found")


def test_half_a_price_is_shown_as_half_unknown(
    cast: Cast, priced: LanguageModel, sign_in: Callable[..., Client]
) -> None:
    Deployment.objects.update(output_price=None)
    assert 'data-price="1 / ?"' in sign_in(cast.alice).get("/").content.decode()
    assert price(None) == "–"


def test_the_ledger_and_budgets_are_in_the_admin_and_the_ledger_cannot_be_changed(
    cast: Cast, priced: LanguageModel, connect: Connect, sign_in: Callable[..., Client]
) -> None:
    budget("person", 10 * TYPICAL)
    budget("model", 10 * TYPICAL, target=priced.pk)
    alice = connect(cast.alice)
    ask(alice, priced, "a private word")
    finished(alice)
    client = sign_in(cast.alice)
    for page in ("usagerecord", "budget"):
        shown = client.get(f"/admin/conversations/{page}/")
        assert shown.status_code == 200
        assert "parrot" in shown.content.decode()
        assert "a private word" not in shown.content.decode()
    call = client.get(f"/admin/conversations/usagerecord/{UsageRecord.objects.get().pk}/change/").content.decode()
    assert money(UsageRecord.objects.get().cost) in call, "the cost is told as everywhere"
    assert "/history/" not in call, "nobody changes a call"
    assert (
        "/history/" in client.get(f"/admin/conversations/budget/{Budget.objects.all()[0].pk}/change/").content.decode()
    )
    kept = client.get(f"/admin/conversations/budget/{Budget.objects.all()[0].pk}/delete/").content.decode()
    assert "Tally" not in kept
    assert client.get("/admin/conversations/usagerecord/add/").status_code == 403
    assert client.post(f"/admin/conversations/usagerecord/{UsageRecord.objects.get().pk}/delete/").status_code == 403
