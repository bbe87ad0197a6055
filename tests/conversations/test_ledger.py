"""The ledger: what a reply costs, counted by its vendor or estimated, and that every attempt is written down."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from conversations.models import Conversation, UsageRecord, User
from conversations.usage.token_counts import tokens
from providers.models import ApiKey, Deployment, LanguageModel
from providers.prices import LongPrices, Prices
from providers.types import Usage
from tests import anthropic_replies
from tests.conftest import Cast, serve
from tests.conversations.calling import Api
from tests.conversations.paying import Connect, finished, priced
from tests.conversations.sharing import content_of
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import close, default_reply, gemini_end, gemini_event, openai_end, openai_event, openai_stream

__all__ = ["priced"]


# --- Arithmetic ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        (Usage(1000, 500), 2000 + 4000),
        (Usage(1000, 500, thought_tokens=100), 2000 + 4000 + 800),
        (Usage(1000, 500, cached_tokens=400), 1200 + 200 + 4000),
        (Usage(100, 0, cached_tokens=400), 50),
        (Usage(), 0),
        (Usage(1, None), 2),
    ],
)
def test_a_price_per_million_tokens_is_millionths_per_token(usage: Usage, cost: int) -> None:
    assert Prices(Decimal(2), Decimal(8), cached=Decimal("0.5")).cost(usage) == cost


def test_thoughts_may_have_a_price_of_their_own() -> None:
    assert Prices(Decimal(2), Decimal(8), thought=Decimal(1)).cost(Usage(0, 1, 3)) == 11


def test_what_is_written_to_a_cache_may_cost_more_than_other_input() -> None:
    usage = Usage(1000, 0, cached_tokens=400, written_tokens=500)
    assert Prices(Decimal(2), Decimal(8), Decimal("0.5"), written=Decimal(3)).cost(usage) == 200 + 200 + 1500
    assert Prices(Decimal(2), Decimal(8), Decimal("0.5")).cost(usage) == 200 + 200 + 1000
    assert Prices(Decimal(2), Decimal(8), written=Decimal(3)).cost(Usage(10, 0, written_tokens=50)) == 30


def test_what_is_set_aside_is_enough_if_all_input_goes_into_a_cache() -> None:
    guessed = Usage(1000, 10)
    dear, cheap = (Prices(Decimal(2), Decimal(8), written=Decimal(price)) for price in (3, 1))
    assert [prices.most(guessed) for prices in (dear, cheap, Prices(Decimal(2), Decimal(8)))] == [3080, 2080, 2080]


def test_a_long_call_costs_more_in_all_its_parts() -> None:
    long = LongPrices(1000, Decimal(4), Decimal(12))
    prices = Prices(Decimal(2), Decimal(8), Decimal("0.5"), Decimal(16), written=Decimal("2.5"), long=long)
    usage = Usage(1000, 10, 5, cached_tokens=400, written_tokens=500)
    assert prices.cost(usage) == replace(prices, long=None).cost(usage) == 200 + 200 + 1250 + 80 + 80
    usage = replace(usage, input_tokens=1001)
    assert prices.cost(usage) == 404 + 400 + 2500 + 120 + 120
    assert replace(prices, long=LongPrices(1000, None, Decimal(12))).cost(usage) == 202 + 200 + 1250 + 120 + 120
    assert replace(prices, input=Decimal(0)).cost(usage) == 404 + 200 + 1250 + 120 + 120, "no factor over nought"


@pytest.mark.parametrize("given", [{"long_above": 5}, {"long_input_price": 1}, {"long_output_price": 1}])
def test_a_long_call_has_a_beginning_and_a_price(given: dict[str, int], model: LanguageModel) -> None:
    deployment = Deployment.objects.get()
    for name, value in given.items():
        setattr(deployment, name, value)
    with pytest.raises(ValidationError, match="A long call needs both"):
        deployment.clean()
    deployment.long_above, deployment.long_output_price = 5, Decimal(9)
    deployment.clean()
    deployment.input_price = Decimal(1)
    assert deployment.prices() == Prices(
        Decimal(1), Decimal(0), long=LongPrices(5, deployment.long_input_price, Decimal(9))
    )


def test_half_a_millionth_is_rounded_up() -> None:
    assert Prices(Decimal("0.15"), Decimal("0.6")).cost(Usage(10, 0)) == 2


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [("", 0, 0), ("Hello, how are you today?", 5, 9), ("你好，今天天气怎么样？", 8, 12), ("Привет, как дела?", 5, 10)],
)
def test_tokens_are_guessed_by_script(text: str, least: int, most: int) -> None:
    assert least <= tokens(text) <= most


# --- The ledger ----------------------------------------------------------------------------------------------------


def test_a_reply_leaves_a_row_and_shows_what_it_cost(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    bob = connect(cast.bob)
    ack = ask(bob, priced, team=cast.team.id)
    usage = finished(bob)["usage"]
    assert usage == {"input_tokens": 3, "output_tokens": 5, "thought_tokens": None, "cached_tokens": None, "cost": 13}
    row = UsageRecord.objects.get()
    assert (row.user, row.team, row.model, row.endpoint) == (cast.bob, cast.team, priced, ApiKey.objects.get().endpoint)
    assert (str(row.conversation), str(row.message)) == (ack["conversation"], ack["replies"][0])
    assert (row.key, row.key_name, row.model_name) == (ApiKey.objects.get(), "••••nary", "parrot")
    assert (row.input_tokens, row.output_tokens, row.cost, row.outcome, row.estimated) == (3, 5, 13, "complete", False)
    assert row.first_token_ms is not None
    assert 0 <= row.first_token_ms <= row.total_ms
    told = Api(cast.bob).get(f"/conversations/{ack['conversation']}/messages")["results"][1]
    assert told["usage"] == usage


def test_what_a_vendor_read_from_its_cache_and_wrote_to_it_is_priced_apart(
    cast: Cast, vendor: FakeVendor, connect: Connect
) -> None:
    model = serve(vendor, "anthropic")
    Deployment.objects.update(input_price=10, output_price=20, cached_price=1, written_price=12)
    counts = {"input_tokens": 3, "cache_read_input_tokens": 900, "cache_creation_input_tokens": 50, "output_tokens": 1}
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    vendor.play([anthropic_replies.stream([thought, {"type": "text", "text": "Yes."}], usage=counts)])
    bob = connect(cast.bob)
    # A vendor counts only what can be: the question is as long as its count.
    ack = ask(bob, model, "why " * 300, parameters={"thinking": "auto"})
    message = finished(bob)
    assert (message["text"], message["usage"]["cached_tokens"]) == ("Yes.", 900)
    row = UsageRecord.objects.get()
    assert (row.input_tokens, row.output_tokens, row.cached_tokens, row.written_tokens) == (953, 5, 900, 50)
    assert row.cost == message["usage"]["cost"] == 3 * 10 + 900 + 50 * 12 + 5 * 20
    ask(bob, model, "And?", conversation=ack["conversation"])
    assert finished(bob)["status"] == "complete"
    assert vendor.requests[1].json["messages"][1]["content"] == [thought, {"type": "text", "text": "Yes."}]


def test_every_attempt_leaves_a_row(cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect) -> None:
    ApiKey.objects.create(endpoint=ApiKey.objects.get().endpoint, secret="sk-test-second-0123456789")
    vendor.play([401, b"{}"], [openai_stream(["Hello"])])
    alice = connect(cast.alice)
    ask(alice, priced)
    assert finished(alice)["usage"]["cost"] == 13
    rows = UsageRecord.objects.order_by("id").values_list("outcome", "cost", "first_token_ms")
    assert [(outcome, cost, first is None) for outcome, cost, first in rows] == [
        ("key_refused", 0, True),
        ("complete", 13, False),
    ]
    assert len(set(UsageRecord.objects.values_list("key"))) == 2


def test_a_call_that_failed_keeps_its_parameters_without_words(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect, sign_in: Callable[[User], Client]
) -> None:
    words = {"stop": ["the merger", "Initech"], "json_schema": {"title": "the merger"}}
    numbers = {"temperature": 1.5, "seed": 7, "thinking": {"level": "high"}}
    vendor.script = lambda _: [400, b"{}"]
    bob = connect(cast.bob)
    ask(bob, priced, parameters={**words, **numbers})
    assert finished(bob)["error"]["code"] == "bad_request"
    row = UsageRecord.objects.get()
    assert row.parameters == {**numbers, "stop": ["…", "…"], "json_schema": "…"}
    admin = sign_in(cast.alice)
    page = admin.get(reverse("admin:conversations_usagerecord_change", args=[row.pk])).content.decode()
    assert "temperature = 1.5" in page
    sheet = content_of(admin.get(reverse("ledger-csv")))
    assert json.loads(next(csv.DictReader(StringIO(sheet.removeprefix("\ufeff"))))["parameters"]) == row.parameters
    assert "merger" not in page + sheet
    vendor.script = default_reply
    ask(bob, priced, parameters=numbers)
    assert finished(bob)["status"] == "complete"
    assert UsageRecord.objects.get(outcome="complete").parameters is None


@pytest.mark.parametrize("wire", ["openai", "gemini"])
def test_what_no_vendor_counted_is_estimated_and_says_so(
    cast: Cast, vendor: FakeVendor, connect: Connect, wire: str
) -> None:
    model = serve(vendor, wire)
    Deployment.objects.update(input_price=1, output_price=1)
    said = "Hello there, this is an answer of some length."
    vendor.play([(gemini_event if wire == "gemini" else openai_event)(said), close])
    alice = connect(cast.alice)
    ask(alice, model, "How are you?")
    assert finished(alice)["status"] == "interrupted"
    row = UsageRecord.objects.get()
    assert row.estimated
    assert (row.input_tokens, row.output_tokens) == (tokens("How are you?"), tokens(said))
    assert row.cost == tokens("How are you?") + tokens(said)


def test_what_has_no_price_costs_nobody_knows_what(cast: Cast, model: LanguageModel, connect: Connect) -> None:
    alice = connect(cast.alice)
    ask(alice, model)
    assert finished(alice)["usage"]["cost"] is None
    assert UsageRecord.objects.get().cost is None


def test_the_ledger_outlives_what_it_names_and_only_grows(cast: Cast, priced: LanguageModel, connect: Connect) -> None:
    alice = connect(cast.alice)
    ask(alice, priced)
    finished(alice)
    LanguageModel.objects.all().delete()
    ApiKey.objects.all().delete()
    Conversation.objects.all().delete()
    row = UsageRecord.objects.get()
    assert (row.model_name, row.cost) == ("parrot", 13)
    for change in (row.delete, UsageRecord.objects.all().delete, lambda: UsageRecord.objects.update(cost=0)):
        with pytest.raises(TypeError):
            change()


def test_vendors_that_count_on_the_gemini_wire_are_paid_alike(cast: Cast, vendor: FakeVendor, connect: Connect) -> None:
    model = serve(vendor, "gemini")
    Deployment.objects.update(input_price=1, output_price=2, cached_price=0)
    counts = {"promptTokenCount": 30, "cachedContentTokenCount": 10, "candidatesTokenCount": 5, "thoughtsTokenCount": 7}
    vendor.play([gemini_event("Hello"), gemini_end(usage=counts)])
    alice = connect(cast.alice)
    ask(alice, model)
    assert finished(alice)["usage"]["cost"] == 20 + 2 * 12


def test_openai_counts_thoughts_and_cached_tokens_within(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    Deployment.objects.update(cached_price=0, thought_price=3)
    counts = {
        "prompt_tokens": 30,
        "prompt_tokens_details": {"cached_tokens": 10},
        "completion_tokens": 12,
        "completion_tokens_details": {"reasoning_tokens": 7},
        "total_tokens": 42,
    }
    vendor.play([openai_event("Hello"), openai_end(usage=counts)])
    alice = connect(cast.alice)
    ask(alice, priced)
    assert finished(alice)["usage"]["cost"] == 20 + 2 * 5 + 3 * 7
