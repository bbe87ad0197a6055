"""Further calls of one reply that a vendor wants for its own search: each is paid, counted and bounded as a call."""

from collections.abc import Callable
from typing import Any

import pytest

from conversations.generation import recovery
from conversations.models import Budget, Message, Reservation, Tally, UsageRecord
from conversations.usage import ledger, token_counts
from conversations.usage.billing import BillingContext
from providers.client.route import route_of
from providers.client.stream import MAX_SEARCHES
from providers.models import Deployment
from providers.types import Usage
from tests import anthropic_replies
from tests.conftest import Cast, serve
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.providers.test_messages_wire import CITED, FOUND, SEARCH
from tests.sockets import Socket
from tests.vendor_replies import Received, openai_chunk, openai_end, openai_event

Connect = Callable[..., Socket]
SEARCHING = {"web_search": True}
COUNTS = {"input_tokens": 1000, "output_tokens": 100}
STARTED = {**SEARCH, "id": "srvtoolu_2"}
ECHO = {
    "index": 0,
    "id": "c1",
    "type": "builtin_function",
    "function": {"name": "$web_search", "arguments": '{"q": "茶"}'},
}


def claude(*blocks: Any, reason: str = "end_turn") -> bytes:
    return anthropic_replies.stream(blocks, reason, COUNTS, {"output_tokens": 100})


def said(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def kimi(words: str, **delta: Any) -> bytes:
    usage = {"prompt_tokens": 1000, "completion_tokens": 100}
    return openai_event(words) + (openai_chunk(**delta) if delta else b"") + openai_end(
        "tool_calls" if delta else "stop", usage=usage
    )  # fmt: skip


# The wire, the form of search, the call that goes on, the one that ends, and the text of both.
ROUNDS: dict[str, tuple[str, str, bytes, bytes, str]] = {
    "a pause": (
        "anthropic",
        "",
        claude(SEARCH, FOUND, said("So: "), STARTED, reason="pause_turn"),
        claude({**FOUND, "tool_use_id": "srvtoolu_2"}, said("It is "), CITED),
        "So: It is 12 m",
    ),
    "a call to be given back": (
        "openai",
        "$web_search",
        kimi("I look.", tool_calls=[ECHO]),
        kimi("It is green."),
        "I look.\n\nIt is green.",
    ),
}
every_round = pytest.mark.parametrize("name", ROUNDS)


def searching(vendor: FakeVendor, wire: str, form: str) -> Any:
    """Return a model that searches in this form, at a price of 1 for a million tokens of input and 2 of output."""
    model = serve(vendor, wire)
    Deployment.objects.update(input_price=1, output_price=2, web_search=form)
    return model


def ended(socket: Socket, asked: dict[str, Any]) -> Message:
    socket.event("message.finished")
    return Message.objects.get(pk=asked["replies"][0])


@every_round
def test_each_call_has_a_row_and_its_own_reservation(
    cast: Cast, vendor: FakeVendor, connect: Connect, name: str
) -> None:
    wire, form, first, last, text = ROUNDS[name]
    model = searching(vendor, wire, form)
    Budget.objects.create(kind="person", target=None, period="month", hard=1)
    vendor.play([first])
    vendor.play([vendor.gate, last])
    socket = connect(cast.bob)
    asked = ask(socket, model, "How deep?", parameters=SEARCHING)
    vendor.next_request()
    vendor.next_request()
    tally, held = Tally.objects.get(), Reservation.objects.get()
    assert (tally.spent, tally.reserved) == (1200, held.amount), "the first call is paid, the second set aside"
    vendor.gate.set()
    reply = ended(socket, asked)
    assert (reply.status, reply.text, reply.finish_reason) == ("complete", text, "stop")
    calls = UsageRecord.objects.order_by("created_at")
    assert [(call.outcome, call.input_tokens, call.output_tokens, call.cost) for call in calls] == [
        ("tool_call", 1000, 100, 1200),
        ("complete", 1000, 100, 1200),
    ]
    assert (reply.input_tokens, reply.output_tokens) == (2000, 200)
    assert (Tally.objects.get().spent, Tally.objects.get().reserved, Reservation.objects.count()) == (2400, 0, 0)
    if wire == "anthropic":
        [cited] = [part for part in reply.parts if part["kind"] == "citation"]
        assert [(one["start"], one["end"]) for one in cited["supports"]] == [(10, 14)], "of the whole reply's text"


@every_round
def test_a_call_for_which_there_is_no_money_is_not_made(
    cast: Cast, vendor: FakeVendor, connect: Connect, name: str
) -> None:
    wire, form, first, _last, _text = ROUNDS[name]
    model = searching(vendor, wire, form)
    Budget.objects.create(kind="person", target=None, period="month", hard=1)
    vendor.play([vendor.gate, first])
    socket = connect(cast.bob)
    asked = ask(socket, model, "How deep?", parameters=SEARCHING)
    vendor.next_request()
    Tally.objects.update(spent=999_000)
    vendor.gate.set()
    reply = ended(socket, asked)
    assert (reply.status, reply.error_code) == ("interrupted", "over_budget")
    assert reply.error_text == "The budget has no room for the rest of this reply."
    assert reply.text.strip() in ("So:", "I look."), "what came stays"
    assert [call.outcome for call in UsageRecord.objects.all()] == ["tool_call"]
    assert (len(vendor.requests), Tally.objects.get().reserved, Reservation.objects.count()) == (1, 0, 0)


def test_a_vendor_that_pauses_for_ever_is_called_a_few_times(cast: Cast, vendor: FakeVendor, connect: Connect) -> None:
    model = searching(vendor, "anthropic", "")
    vendor.script = lambda _request: [claude(said("On. "), reason="pause_turn")]
    socket = connect(cast.bob)
    reply = ended(socket, ask(socket, model, "How deep?", parameters=SEARCHING))
    assert (reply.status, reply.text) == ("complete", "On. " * (MAX_SEARCHES + 1))
    assert UsageRecord.objects.count() == len(vendor.requests) == MAX_SEARCHES + 1


def test_a_reply_of_many_calls_is_bounded_as_one(cast: Cast, vendor: FakeVendor, connect: Connect) -> None:
    model = searching(vendor, "openai", "$web_search")
    thoughts = openai_chunk(reasoning_content="x" * 700_000)

    def script(_request: Received) -> list[Any]:
        return [thoughts + openai_chunk(tool_calls=[ECHO]) + openai_end("tool_calls")]

    vendor.script = script
    socket = connect(cast.bob)
    reply = ended(socket, ask(socket, model, "How deep?", parameters=SEARCHING))
    assert (reply.status, reply.error_code, len(vendor.requests)) == ("interrupted", "reply_too_long", 2)
    assert [call.outcome for call in UsageRecord.objects.order_by("created_at")] == ["tool_call", "reply_too_long"]


@pytest.mark.parametrize(
    ("after", "outcomes"), [("", ["tool_call"]), ("It is twelve metres deep.", ["tool_call", "server_restarted"])]
)
def test_a_killed_reply_pays_for_the_words_of_each_call_once(
    cast: Cast, vendor: FakeVendor, connect: Connect, after: str, outcomes: list[str]
) -> None:
    model = searching(vendor, "anthropic", "")
    socket = connect(cast.bob)
    other = ended(socket, ask(socket, model))
    before = "So I look into it once more: "
    said = [{"kind": "text", "text": before + after}]
    about = {"conversation": other.conversation, "parent": other.parent, "author": cast.bob, "model": model}
    reply = Message.objects.create(
        **about, role="assistant", status="streaming", text=before + after, parts=said, seq=5, revision=9
    )
    spent = Usage(3, token_counts.tokens(before))
    route = route_of(Deployment.objects.get())
    ledger.record(BillingContext.of(reply), ledger.Call(route, ledger.WENT_ON, spent, False, 5, 9))
    recovery.end_replies(Message.objects.filter(pk=reply.pk))
    calls = list(UsageRecord.objects.filter(message=reply.pk).order_by("created_at"))
    assert [call.outcome for call in calls] == outcomes
    assert not after or abs((calls[-1].output_tokens or 0) - token_counts.tokens(after)) <= 1
