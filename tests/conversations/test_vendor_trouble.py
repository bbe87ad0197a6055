"""Vendors in trouble, as people see it: announced waits, other keys that answer, and no call too many."""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.utils import translation

from conversations.live import hub
from conversations.models import Message, User
from providers.endpoints.detection import QUESTION
from providers.error_texts import localized_stored
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel, Trouble
from providers.reading.size_limits import MAX_TEXT_BYTES
from providers.transport.body.decompression import MAX_BODY_BYTES
from tests.clock import Clock
from tests.conftest import CANARY, Cast, serve
from tests.conversations.test_engine import ask, until
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import Received, Step, close, gemini_event, gemini_stream, openai_event, openai_stream

Connect = Callable[..., Socket]
JSON = {"Content-Type": "application/json"}
WIRES = pytest.mark.parametrize("wire", ["openai", "gemini"])
OTHER = "sk-test-another-0123456789abcd"


def word(wire: str, text: str) -> bytes:
    return (gemini_event if wire == "gemini" else openai_event)(text)


def whole(wire: str, text: str) -> Sequence[Step]:
    return [(gemini_stream if wire == "gemini" else openai_stream)([text])]


def too_many(wire: str, seconds: float) -> Sequence[Step]:
    """Return a temporary refusal, with the wait in this wire's place."""
    if wire == "openai":
        return [429, {**JSON, "Retry-After": f"{seconds:g}"}, b"{}"]
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds:g}s"}]
    error = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slowly", "details": details}}
    return [429, JSON, json.dumps(error).encode()]


def finished(socket: Socket) -> dict[str, Any]:
    return socket.event("message.finished")["message"]  # type: ignore[no-any-return]


@WIRES
def test_a_wait_that_is_too_long_is_told_in_the_vendors_seconds_and_to_the_next_in_those_that_are_left(
    cast: Cast, vendor: FakeVendor, connect: Connect, clock: Clock, wire: str
) -> None:
    model = serve(vendor, wire)
    vendor.script = lambda _: too_many(wire, 90)
    bob, carol = connect(cast.bob), connect(cast.carol)
    ask(bob, model)
    first = finished(bob)["error"]
    said = " It said: slowly" if wire == "gemini" else ""
    text = "The vendor is receiving too many requests. Try again in 90 seconds."
    assert first == {"code": "rate_limited", "text": text + said, "wait": 90}
    with translation.override("zh-hans"):
        assert "90" in localized_stored(first["text"])
        assert "Try again" not in localized_stored(first["text"])
    clock.turn(20)
    ask(carol, model)
    second = finished(carol)["error"]
    assert second["code"] == "rate_limited"
    assert 70 <= second["wait"] <= 80, "of 90 seconds and a tenth at most"
    assert second["text"].endswith(f"Try again in {second['wait']} seconds.")
    assert len(vendor.requests) == 1


@WIRES
def test_v05_a_wait_is_told_and_kept(cast: Cast, vendor: FakeVendor, connect: Connect, wire: str) -> None:
    model, called = serve(vendor, wire), []

    def answer(_: Received) -> Sequence[Step]:
        called.append(time.monotonic())
        return too_many(wire, 1) if len(called) == 1 else whole(wire, "Hello")

    vendor.script = answer
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    told = alice.event("message.waiting", message=reply)
    assert told["reason"] == {"code": "rate_limited"}
    assert told["until"]
    assert 0 <= told["seconds"] <= 2
    late = connect(cast.alice)
    opened = late.ask("conversation.open", conversation=told["conversation"])
    waiting = opened["streaming"][0]["waiting"]
    assert 0 <= waiting.pop("seconds") <= told["seconds"]
    assert waiting == {"code": "rate_limited", "until": told["until"]}
    assert finished(alice)["text"] == "Hello"
    assert called[1] - called[0] >= 1
    assert len(called) == 2


@WIRES
def test_v05_an_absurd_wait_fails_now(cast: Cast, vendor: FakeVendor, connect: Connect, wire: str) -> None:
    model = serve(vendor, wire)
    vendor.script = lambda _: too_many(wire, 1e9)
    alice = connect(cast.alice)
    ask(alice, model)
    assert finished(alice)["error"]["code"] == "rate_limited"
    ask(alice, model)
    assert finished(alice)["error"]["code"] == "rate_limited"
    assert len(vendor.requests) == 1


def test_stop_works_while_waiting(cast: Cast, vendor: FakeVendor, connect: Connect) -> None:
    model = serve(vendor, "openai")
    vendor.script = lambda _: too_many("openai", 50)
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    alice.event("message.waiting")
    alice.ask("reply.stop", message=reply)
    assert finished(alice)["status"] == "stopped"
    assert len(vendor.requests) == 1


@WIRES
def test_v06_those_who_wait_call_one_by_one_after_the_deadline_in_their_order(
    cast: Cast, vendor: FakeVendor, connect: Connect, clock: Clock, request: pytest.FixtureRequest, wire: str
) -> None:
    count = 200 if request.config.getoption("--soak") else 20
    model = serve(vendor, wire)
    ApiKey.objects.update(max_concurrent=1)
    vendor.script = lambda _: too_many(wire, 12)
    people = [User.objects.create(username=f"person{number}", language="en") for number in range(count)]
    sockets = [connect(person) for person in people]
    for number, socket in enumerate(sockets):
        ask(socket, model, f"question {number}")
        socket.event("message.waiting")
    assert len(vendor.requests) == 1, "nobody else calls"
    for calls in (2, 3):  # the first in the queue finds out that it is not over yet
        clock.turn(14)  # within the minute for which each of them waits
        until(lambda calls=calls: len(vendor.requests) >= calls)  # type: ignore[misc]
        until(lambda calls=calls: Trouble.objects.filter(failures=calls, probed_by=None).exists())  # type: ignore[misc]
        assert len(vendor.requests) == calls
        sockets[0].event("message.waiting")  # it stands at the head again: a later turn would be another's
    vendor.script = lambda _: [200, vendor.gate, *whole(wire, "Hello")]
    clock.turn(14)
    vendor.next_request()
    until(lambda: len(vendor.requests) == 4)
    threading.Event().wait(1.2)  # the sweep has come round
    assert len(vendor.requests) == 4, "one at a time"
    vendor.gate.set()
    for socket in sockets:
        assert finished(socket)["text"] == "Hello"
    asked = [json.dumps(call.json).split("question ")[1].split('"')[0] for call in vendor.requests[3:]]
    assert asked == [str(number) for number in range(count)]


@pytest.mark.parametrize(("wire", "status"), [("openai", 500), ("gemini", 502), ("openai", 503), ("gemini", 529)])
def test_v07_a_broken_vendor_is_asked_three_times_before_a_word(
    cast: Cast, vendor: FakeVendor, connect: Connect, wire: str, status: int
) -> None:
    model = serve(vendor, wire)
    vendor.script = lambda _: [status, b"oops"]
    alice = connect(cast.alice)
    ask(alice, model)
    assert finished(alice)["error"]["code"] == "vendor_down"
    assert len([request for request in vendor.requests if QUESTION not in request.body.decode()]) == 3, (
        "but plain calls"
    )
    assert alice.event("message.waiting")["reason"] == {"code": "retrying"}


@WIRES
def test_v07_after_a_word_nobody_is_asked_again(cast: Cast, vendor: FakeVendor, connect: Connect, wire: str) -> None:
    model = serve(vendor, wire)
    ApiKey.objects.create(endpoint=Endpoint.objects.get(), secret=OTHER)
    vendor.script = lambda _: [word(wire, "Hel"), close]
    alice = connect(cast.alice)
    ask(alice, model)
    message = finished(alice)
    assert (message["status"], message["text"]) == ("interrupted", "Hel")
    assert len(vendor.requests) == 1


def flooded(alice: Socket, model: LanguageModel, over: threading.Event) -> Iterator[tuple[list[float], dict[str, Any]]]:
    """Run one endless reply after the other until it is `over`; return the times of its deltas and its end."""
    while not over.is_set():
        reply = ask(alice, model, "flood")["replies"][0]
        came: list[float] = []
        while True:
            frame = alice.wait(lambda frame: frame.get("type") in ("message.delta", "message.finished"))
            if frame["type"] == "message.finished":
                yield came, frame["message"]
                break
            came.append(time.monotonic())
            if over.is_set():
                alice.send("reply.stop", message=reply)


@pytest.mark.parametrize(("wire", "size"), [("openai", 1), ("gemini", 5000)], ids=["letters", "pages"])
def test_v15_a_flood_comes_on_a_beat_ends_and_disturbs_nobody(
    cast: Cast, vendor: FakeVendor, connect: Connect, wire: str, size: int, pytestconfig: pytest.Config
) -> None:
    model, over = serve(vendor, wire), threading.Event()
    flood, default = word(wire, "a" * size) * (5000 // size), vendor.script
    vendor.script = lambda call: itertools.repeat(flood) if b"flood" in call.body else default(call)  # type: ignore[assignment]
    alice, bob = connect(cast.alice), connect(cast.bob)
    replies: list[tuple[list[float], dict[str, Any]]] = []
    watch = threading.Thread(target=lambda: replies.extend(flooded(alice, model, over)))
    watch.start()
    assert b"flood" in vendor.next_request().body
    waits = sorted(wait_of(bob, model) for _ in range(200 if pytestconfig.getoption("--soak") else 20))
    over.set()
    watch.join(30)
    assert waits[int(len(waits) * 0.95) - 1] < 0.5
    for came, message in replies:
        assert len(came) <= 20 * (came[-1] - came[0] + 1)
        if message["status"] != "stopped":
            assert message["error"]["code"] == "reply_too_long"
            most = min(MAX_TEXT_BYTES, MAX_BODY_BYTES // len(flood) * 5000)  # of letters the body is too long sooner
            assert 0.99 * most <= len(message["text"]) <= MAX_TEXT_BYTES
    assert vendor.requests[0].hung_up.wait(5)


def wait_of(socket: Socket, model: LanguageModel) -> float:
    """Return the seconds from a question to the first word of its answer."""
    begun = time.monotonic()
    ask(socket, model)
    socket.event("message.delta")
    waited = time.monotonic() - begun
    finished(socket)
    return waited


@WIRES
def test_v29_a_key_that_is_switched_off_ends_its_calls(
    cast: Cast, vendor: FakeVendor, connect: Connect, wire: str
) -> None:
    model = serve(vendor, wire)
    vendor.play([200, word(wire, "Hel"), vendor.gate])
    alice = connect(cast.alice)
    ask(alice, model)
    alice.event("message.delta")
    ApiKey.objects.update(enabled=False)
    message = finished(alice)
    assert (message["status"], message["text"], message["error"]["code"]) == ("interrupted", "Hel", "key_refused")
    assert vendor.requests[0].hung_up.wait(2)


@WIRES
def test_v29_before_a_word_another_key_goes_on(cast: Cast, vendor: FakeVendor, connect: Connect, wire: str) -> None:
    model = serve(vendor, wire)
    ApiKey.objects.create(endpoint=Endpoint.objects.get(), secret=OTHER, priority=2)
    vendor.play([200, b": wait\n\n", vendor.gate])
    alice = connect(cast.alice)
    ask(alice, model)
    vendor.next_request()
    until(lambda: any(live.key for live in hub.replies.values()))
    ApiKey.objects.filter(priority=1).update(enabled=False)
    assert finished(alice)["status"] == "complete"
    assert OTHER in str(vendor.requests[1].headers)
    assert not Trouble.objects.exists()


@WIRES
def test_v29_a_key_that_is_replaced_answers_to_the_end_and_the_next_call_has_the_new_one(
    cast: Cast, vendor: FakeVendor, connect: Connect, wire: str
) -> None:
    model = serve(vendor, wire)
    vendor.play([200, word(wire, "Hel"), vendor.gate, *whole(wire, "lo")])
    alice = connect(cast.alice)
    ask(alice, model)
    alice.event("message.delta")
    key = ApiKey.objects.get()
    key.secret = OTHER
    key.save()
    threading.Event().wait(1.2)  # the sweep has come round
    vendor.gate.set()
    assert finished(alice)["text"] == "Hello"
    ask(alice, model)
    assert finished(alice)["status"] == "complete"
    assert CANARY in str(vendor.requests[0].headers)
    assert OTHER in str(vendor.requests[1].headers)


def test_another_wire_goes_on_where_one_vendor_fails(cast: Cast, vendor: FakeVendor, connect: Connect) -> None:
    """The same model from two vendors, each in its own language."""
    model = serve(vendor, "openai")
    spare = serve(vendor, "gemini", "spare")
    Deployment.objects.filter(model=spare).update(model=model, priority=2)
    LanguageModel.objects.filter(pk=spare.pk).delete()
    vendor.play([401, b"{}"])
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    assert finished(alice)["text"] == "You said: Hi."
    assert [("Generate" in call.path) for call in vendor.requests] == [False, True]
    assert Message.objects.get(pk=reply).status == "complete"
    assert not [frame for frame in alice.frames if frame["type"] == "message.waiting"]
