"""Sent requests are counted whoever stops them, and impossible counts are not believed."""

from collections.abc import Sequence
from typing import Any

import pytest

from conversations.models import Budget, Conversation, File, Message, Tally, UsageRecord
from conversations.usage import estimates
from conversations.usage.token_counts import tokens
from providers.models import ApiKey, Deployment, LanguageModel
from tests.conftest import Cast, serve
from tests.conversations.paying import Connect, finished, priced
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import (
    Step,
    close,
    event,
    gemini_end,
    gemini_event,
    gemini_parts,
    openai_chunk,
    openai_end,
    openai_event,
)

__all__ = ["priced"]
LONG = "What is the matter here? " * 3600
"""90,000 characters."""
HUGE = 10**9


def thinking(wire: str, thought: str) -> bytes:
    if wire == "gemini":
        return gemini_parts({"text": thought, "thought": True})
    return openai_chunk(reasoning_content=thought)


def test_a_question_stopped_before_its_first_word_costs_what_has_left(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.script = lambda _: [200, vendor.gate]
    alice = connect(cast.alice)
    reply = ask(alice, priced, LONG)["replies"][0]
    vendor.next_request()
    alice.ask("reply.stop", message=reply)
    told = finished(alice)
    row = UsageRecord.objects.get()
    assert (row.outcome, row.estimated) == ("stopped", True)
    assert (row.input_tokens, row.output_tokens, row.cost) == (tokens(LONG), 0, tokens(LONG))
    assert (told["usage"]["input_tokens"], told["usage"]["cost"]) == (None, tokens(LONG))


def test_stopping_early_without_end_ends_at_the_budget(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    one = tokens(LONG) + 2 * estimates.TYPICAL_OUTPUT
    Budget.objects.create(kind="person", period="day", hard="0.1")
    vendor.script = lambda _: [200, vendor.gate]
    alice = connect(cast.alice)
    for _ in range(100_000 // tokens(LONG) + 2):
        told = alice.ask("message.send", conversation=None, text=LONG, models=[priced.id])
        if told["type"] == "error":
            break
        vendor.next_request()
        alice.ask("reply.stop", message=told["replies"][0])
        finished(alice)
    assert told["code"] == "over_budget"
    tally = Tally.objects.get()
    assert tally.reserved == 0
    assert 100_000 - one <= tally.spent <= 100_000 + one


@pytest.mark.parametrize("wire", ["openai", "gemini"])
def test_thoughts_that_came_before_a_stop_are_counted_as_output(
    cast: Cast, vendor: FakeVendor, connect: Connect, wire: str
) -> None:
    model = serve(vendor, wire)
    Deployment.objects.update(input_price=1, output_price=2)
    thought = "Let me think about this for a while."
    vendor.play([200, thinking(wire, thought), vendor.gate])
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    alice.event("message.delta")
    alice.ask("reply.stop", message=reply)
    finished(alice)
    row = UsageRecord.objects.get()
    assert (row.outcome, row.estimated, row.thought_tokens) == ("stopped", True, tokens(thought))
    assert row.cost == tokens("Hi") + 2 * tokens(thought)


def test_what_never_left_costs_nothing(cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect) -> None:
    vendor.play([413, b"{}"])
    alice = connect(cast.alice)
    ask(alice, priced)
    assert finished(alice)["status"] == "failed"
    assert (UsageRecord.objects.get().cost, UsageRecord.objects.get().estimated) == (0, False)


def test_a_vendor_that_is_not_waited_for_any_longer_is_paid_for_the_question(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    endpoint = ApiKey.objects.get().endpoint
    endpoint.first_token_seconds = 1
    endpoint.save()
    vendor.script = lambda _: [200, vendor.gate]
    alice = connect(cast.alice)
    ask(alice, priced)
    assert finished(alice)["error"]["code"] == "vendor_timeout"
    assert UsageRecord.objects.filter(outcome="vendor_timeout").first().cost == tokens("Hi")  # type: ignore[union-attr]


def test_a_count_that_came_before_a_stop_is_kept_and_what_it_lacks_is_estimated(
    cast: Cast, vendor: FakeVendor, connect: Connect
) -> None:
    model = serve(vendor, "gemini")
    Deployment.objects.update(input_price=1, output_price=2)
    part = {"content": {"role": "model", "parts": [{"text": "Hello"}]}, "index": 0}
    vendor.play([200, event({"candidates": [part], "usageMetadata": {"promptTokenCount": 30}}), vendor.gate])
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    alice.event("message.delta")
    alice.ask("reply.stop", message=reply)
    finished(alice)
    row = UsageRecord.objects.get()
    assert (row.estimated, row.input_tokens, row.output_tokens) == (True, 30, tokens("Hello"))


def counted(wire: str, **counts: int) -> Sequence[Step]:
    names = {
        "openai": {"input": "prompt_tokens", "output": "completion_tokens"},
        "gemini": {"input": "promptTokenCount", "output": "candidatesTokenCount", "thought": "thoughtsTokenCount"},
    }[wire]
    usage = {names[name]: count for name, count in counts.items()}
    if wire == "gemini":
        return [gemini_event("Hello"), gemini_end(usage=usage)]
    return [openai_event("Hello"), openai_end(usage=usage)]


COUNTS: list[tuple[str, dict[str, int]]] = [
    ("openai", {"input": 1, "output": HUGE}),
    ("openai", {"input": HUGE, "output": 1}),
    ("gemini", {"input": 1, "output": 1, "thought": HUGE}),
    ("gemini", {"input": 1, "output": 10**30}),
]


@pytest.mark.parametrize(("wire", "counts"), COUNTS)
def test_a_count_that_cannot_be_is_replaced_by_our_own_and_marked(
    cast: Cast, vendor: FakeVendor, connect: Connect, wire: str, counts: dict[str, Any]
) -> None:
    model = serve(vendor, wire)
    Deployment.objects.update(input_price=1, output_price=2)
    Budget.objects.create(kind="person", period="day", hard="1")
    vendor.play(counted(wire, **counts))
    alice = connect(cast.alice)
    ask(alice, model)
    told = finished(alice)
    row = UsageRecord.objects.get()
    assert (told["status"], told["text"], row.estimated) == ("complete", "Hello", True)
    assert row.cost is not None
    assert row.cost <= 10
    assert told["usage"]["cost"] == row.cost == Tally.objects.get().spent
    assert Message.objects.get(pk=told["id"]).output_tokens in (None, 1)


def test_a_count_of_thoughts_that_nobody_saw_is_believed(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play(counted("openai", input=20, output=60_000))
    alice = connect(cast.alice)
    ask(alice, priced)
    finished(alice)
    assert (UsageRecord.objects.get().cost, UsageRecord.objects.get().estimated) == (20 + 120_000, False)


def test_a_fault_of_our_own_in_the_middle_costs_what_has_come(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("conversations.generation.attempt.LivePart", broken)
    vendor.play([openai_event("Hello"), close])
    ApiKey.objects.update(max_concurrent=1)
    alice = connect(cast.alice)
    ask(alice, priced)
    assert finished(alice)["error"]["code"] == "unavailable"
    row = UsageRecord.objects.get()
    assert (row.outcome, row.cost) == ("unavailable", tokens("Hi") + 2 * tokens("Hello"))


def test_what_a_long_conversation_is_likely_to_use_is_asked_of_the_database_at_once(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    conversation = Conversation.objects.create(owner=cast.alice)
    branch = [
        Message.objects.create(conversation=conversation, role="user", text="Hello there", revision=number)
        for number in range(60)
    ]
    file = File.objects.create(owner=cast.alice, name="a.txt", media_type="text/plain", size=4000)
    branch[7].files.add(file)
    with django_assert_num_queries(3):  # all files, summaries, and what the owner wants models to know
        usage = estimates.likely_usage(conversation, branch, {})
    assert usage.input_tokens == 60 * tokens("Hello there") + estimates.file_tokens(file)
