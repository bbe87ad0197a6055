"""Input of broken or hostile browsers gets a clear answer, an open socket, and stores nothing."""

import json
import threading
from collections.abc import Callable
from types import SimpleNamespace
from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus

from conversations.connections import connection, inbound_limit
from conversations.models import Message
from conversations.protocol import strict_json
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.sockets import Socket

Connect = Callable[..., Socket]
NOBODY = "01900000-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    "frame",
    ["{", "", "[]", '"x"', "null", "1", b"\x00\xff", b"{}", "[" * 100_000, '{"a":' * 100_000, '{"id":"a","id":"b"}',
     '{"id":"a","type":"ping","open":{"x":NaN}}', '{"id":"a","n":1e999}', '{"id":"a","n":' + "9" * 5000 + "}"],
)  # fmt: skip
def test_what_is_no_frame_is_refused_and_the_socket_stays(cast: Cast, connect: Connect, frame: str | bytes) -> None:
    alice = connect(cast.alice)
    alice.send_raw(frame)
    assert alice.event("error")["code"] == "bad_frame"
    assert alice.ask("ping")["type"] == "ack"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"type": "no.such"}, "bad_field"),
        ({"type": ["x"]}, "bad_field"),
        ({"type": "message.send", "text": 1}, "bad_field"),
        ({"type": "message.send", "text": ""}, "bad_text"),
        ({"type": "message.send", "text": " \n "}, "bad_text"),
        ({"type": "message.send", "text": "\u200b\u3000\u2800"}, "bad_text"),
        ({"type": "message.send", "text": "a\0b"}, "bad_text"),
        ({"type": "message.send", "text": "x" * 100_001}, "too_long"),
        ({"type": "message.send", "text": "x" * 200_000}, "too_long"),
        ({"type": "message.send", "text": "x", "conversation": NOBODY}, "not_found"),
        ({"type": "message.send", "text": "x", "conversation": "1 OR 1=1"}, "bad_field"),
        ({"type": "message.send", "text": "x", "parent": 5}, "bad_field"),
        ({"type": "message.send", "text": "x", "models": NOBODY}, "bad_field"),
        ({"type": "message.send", "text": "x", "models": [NOBODY]}, "no_model"),
        ({"type": "message.send", "text": "x", "team": NOBODY}, "not_found"),
        ({"type": "message.send", "text": "x", "parameters": []}, "bad_field"),
        ({"type": "conversation.open", "conversation": NOBODY}, "not_found"),
        ({"type": "conversation.open", "conversation": NOBODY, "html": "yes"}, "bad_field"),
        ({"type": "conversation.open", "conversation": NOBODY, "since": True}, "bad_field"),
        ({"type": "conversation.open", "conversation": NOBODY, "since": -1}, "bad_field"),
        ({"type": "conversation.read", "conversation": NOBODY, "revision": 2**70}, "bad_field"),
        ({"type": "reply.stop", "message": NOBODY}, "not_found"),
        ({"type": "reply.stop"}, "bad_field"),
        ({"type": "ping", "open": {"x": 1}}, "bad_field"),
    ],
)
def test_a_command_with_a_wrong_field_says_which(
    cast: Cast, model: LanguageModel, connect: Connect, fields: dict[str, object], code: str
) -> None:
    alice = connect(cast.alice)
    alice.send_raw(json.dumps({"id": "mine", **fields}))
    refusal = alice.event("error")
    assert (refusal["id"], refusal["code"]) == ("mine", code)
    assert refusal["text"].endswith(".")
    assert alice.ask("ping")["type"] == "ack"
    assert not Message.objects.exists()


def test_a_lone_surrogate_is_replaced_and_everything_works(cast: Cast, model: LanguageModel, connect: Connect) -> None:
    alice = connect(cast.alice)
    alice.send_raw('{"id":"a","type":"message.send","conversation":null,"text":"a\\ud800b"}')
    assert alice.event("message.created")["message"]["text"] == "a\ufffdb"
    assert "\ufffd" in alice.event("message.finished")["message"]["text"]


def test_exactly_a_hundred_thousand_characters_are_taken(cast: Cast, model: LanguageModel, connect: Connect) -> None:
    assert connect(cast.alice).ask("message.send", conversation=None, text="字" * 100_000)["type"] == "ack"


def test_a_long_frame_is_read_beside_the_loop_and_what_is_no_object_not_at_all(
    cast: Cast, model: LanguageModel, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    decode, readers = strict_json._decode, []

    def noted(frame: str) -> object:
        readers.append(threading.current_thread().name)
        return decode(frame)

    alice = connect(cast.alice)
    monkeypatch.setattr(strict_json, "_decode", noted)
    assert alice.ask("message.send", conversation=None, text="x" * 50_000)["type"] == "ack"
    assert readers == ["database-reader"]
    alice.send_raw("[" + "[]," * 100_000 + "[]]")
    assert alice.event("error")["code"] == "bad_frame"
    assert len(readers) == 1


def test_more_than_a_person_may_send_is_not_read_and_the_socket_stays(
    cast: Cast, connect: Connect, monkeypatch: pytest.MonkeyPatch, clock_of_intake: list[float]
) -> None:
    monkeypatch.setattr(inbound_limit, "MAX_BURST", 1_000)
    alice, again, bob = connect(cast.alice), connect(cast.alice), connect(cast.bob)
    assert alice.ask("ping")["type"] == "ack"
    alice.send_raw(json.dumps({"id": "a", "type": "message.send", "conversation": None, "text": "x" * 1_000}))
    refusal = alice.event("error")
    assert (refusal["id"], refusal["code"]) == (None, "rate_limited")
    assert alice.ask("ping")["type"] == "ack"
    again.send_raw("x" * 1_100)
    assert again.closed_with() == 4413, "another socket of one person has no room of its own"
    assert bob.ask("ping")["type"] == "ack"
    assert not Message.objects.exists()


def test_what_a_person_may_send_grows_with_time(clock_of_intake: list[float]) -> None:
    limit, alice, bob = inbound_limit.InboundLimit(), uuid4(), uuid4()
    assert limit.allows(alice, inbound_limit.MAX_BURST)
    assert not limit.allows(alice, 1)
    assert limit.allows(bob, inbound_limit.MAX_BURST)
    clock_of_intake[0] += 2
    assert limit.allows(alice, 2 * inbound_limit.MAX_PER_SECOND)
    for _ in range(3):
        assert not limit.allows(alice, inbound_limit.MAX_BURST)
    assert limit.is_flooded(alice)
    assert not limit.is_flooded(bob)
    clock_of_intake[0] += 1_000_000
    assert not limit.allows(alice, inbound_limit.MAX_BURST + 1)
    assert not limit.is_flooded(alice)


@pytest.fixture
def clock_of_intake(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the clock of the limit on received data, with no data counted yet."""
    now = [0.0]
    monkeypatch.setattr(inbound_limit, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(connection, "inbound_limit", inbound_limit.InboundLimit())
    return now


def test_a_frame_of_two_megabytes_closes_with_1009(cast: Cast, connect: Connect) -> None:
    alice = connect(cast.alice)
    alice.send_raw(json.dumps({"id": "a", "type": "message.send", "text": "x" * 2 * 1024 * 1024}))
    assert alice.closed_with() == 1009
    assert not Message.objects.exists()


@pytest.mark.parametrize("origin", ["http://evil.test", "https://127.0.0.1", "http://127.0.0.1:1", "null"])
def test_a_foreign_origin_is_turned_away(cast: Cast, site: str, origin: str, sign_in: Callable[..., object]) -> None:
    session = sign_in(cast.alice).cookies["sessionid"].value  # type: ignore[attr-defined]
    with pytest.raises(InvalidStatus) as refusal:
        Socket(site, session, origin=origin)
    assert refusal.value.response.status_code == 403


def test_more_replies_than_a_person_may_run_are_refused(
    cast: Cast, model: LanguageModel, vendor: object, connect: Connect
) -> None:
    vendor.script = lambda request: [200, vendor.gate]  # type: ignore[attr-defined]
    alice = connect(cast.alice)
    for number in range(8):
        assert alice.ask("message.send", conversation=None, text=str(number))["type"] == "ack"
    assert alice.ask("message.send", conversation=None, text="9")["code"] == "busy"
