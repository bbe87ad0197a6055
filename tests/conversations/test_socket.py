"""Asking and being answered over a real websocket, by a real server, from a real HTTP vendor."""

import threading
from collections.abc import Callable

import pytest

from conversations.live import rendering
from conversations.markdown.patches.shorthand import shorten as short
from conversations.models import Message
from providers import local_model
from providers.models import Endpoint, LanguageModel
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_end, openai_event

Connect = Callable[..., Socket]


def test_a_question_is_acked_stored_and_answered_word_by_word(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    alice = connect(cast.alice)
    ack = alice.ask("message.send", conversation=None, parent=None, text="Hi", models=[model.id])
    assert ack["type"] == "ack", ack
    reply = ack["replies"][0]
    assert alice.event("message.created", revision=1)["message"]["text"] == "Hi"
    assert alice.event("message.created", revision=2)["message"]["status"] == "waiting"
    assert alice.event("message.delta", message=reply)["text"] == "Hel"
    vendor.gate.set()
    assert alice.event("message.delta", message=reply)["text"] == "lo"
    finished = alice.event("message.finished")["message"]
    assert (finished["text"], finished["status"], finished["finish_reason"]) == ("Hello", "complete", "stop")
    stored = Message.objects.get(pk=reply)
    assert (stored.text, stored.status, stored.seq) == ("Hello", "complete", 2)


def ask(socket: Socket, model: LanguageModel, text: str, **fields: object) -> dict[str, object]:
    ack = socket.ask("message.send", **{"conversation": None, "text": text, "models": [model.id], **fields})
    assert ack["type"] == "ack", ack
    return ack


def test_a_second_question_goes_out_with_the_first(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    alice = connect(cast.alice)
    first = ask(alice, model, "one")
    answer = alice.event("message.finished")["message"]["text"]
    ask(alice, model, "two", conversation=first["conversation"], parent=first["replies"][0])
    alice.event("message.finished")
    assert [turn["content"] for turn in vendor.requests[-1].json["messages"]] == ["one", answer, "two"]


def test_every_revision_comes_once_and_in_order(cast: Cast, model: LanguageModel, connect: Connect) -> None:
    alice = connect(cast.alice)
    ask(alice, model, "one")
    alice.event("message.finished")
    revisions = [frame["revision"] for frame in alice.settle() if frame["type"] != "ack" and "revision" in frame]
    assert revisions == [1, 2, 3, 4, 5]


def test_the_same_command_twice_is_done_once(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    alice = connect(cast.alice)
    fields = {"conversation": None, "text": "once", "models": [model.id], "id": "mine"}
    first = alice.ask("message.send", **fields)
    again = connect(cast.alice).ask("message.send", **fields)
    assert {**again, "_seen": 0} == {**first, "_seen": 0}
    other = alice.ask("message.send", **{**fields, "text": "twice"})
    assert (other["type"], other["code"]) == ("error", "conflict")
    alice.event("message.finished")
    assert Message.objects.count() == 2
    assert len(vendor.requests) == 1


def test_who_comes_in_the_middle_sees_the_words_so_far_and_then_the_rest(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "SHARE", 0)  # no piece goes out plain, however slow the machine is just now
    monkeypatch.setattr(rendering, "PATIENCE_SECONDS", 10)
    seen = threading.Event()  # behind the end, the last words may go out without HTML: that comes with the end
    vendor.play([200, openai_event("Hel"), vendor.gate, openai_event("lo **you**"), seen, openai_end()])
    alice, late = connect(cast.alice), connect(cast.alice)
    ack = ask(alice, model, "Hi")
    alice.event("message.delta")
    opened = late.ask("conversation.open", conversation=ack["conversation"], html=True)
    (streaming,) = opened["streaming"]
    assert (streaming["text"], streaming["seq"]) == ("Hel", 1)
    assert streaming["html"]["add"] == [short("<p>Hel</p>")]
    assert [message["status"] for message in opened["messages"]] == ["complete", "waiting"]
    vendor.gate.set()
    delta = late.event("message.delta")
    seen.set()
    assert (delta["seq"], delta["text"]) == (2, "lo **you**")
    assert (delta["html"]["on"], delta["html"]["at"]) == (streaming["html"]["to"], [0, 0, 3])
    assert delta["html"]["add"] == [short("lo <strong>you</strong>")]
    assert "<strong>you</strong>" in late.event("message.finished")["html"]


def test_opening_since_a_revision_tells_only_what_is_new(cast: Cast, model: LanguageModel, connect: Connect) -> None:
    alice = connect(cast.alice)
    ack = ask(alice, model, "Hi")
    alice.event("message.finished")
    alice.settle()
    opened = alice.ask("conversation.open", conversation=ack["conversation"], since=3)
    assert [message["id"] for message in opened["messages"]] == ack["replies"]
    assert (opened["revision"], opened["streaming"]) == (5, [])
    assert alice.ask("ping", open={ack["conversation"]: 5})["moved"] == []
    assert alice.ask("ping", open={ack["conversation"]: 4})["moved"] == [ack["conversation"]]


def test_stop_keeps_the_words_and_hangs_up(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate])
    alice = connect(cast.alice)
    ack = ask(alice, model, "Hi")
    alice.event("message.delta")
    assert alice.ask("reply.stop", message=ack["replies"][0])["type"] == "ack"
    finished = alice.event("message.finished")["message"]
    assert (finished["text"], finished["status"]) == ("Hel", "stopped")
    assert vendor.requests[0].hung_up.wait(2)


def test_stop_does_not_wait_for_a_local_model_to_start(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting, patience = threading.Event(), threading.Event()

    def start() -> str:
        starting.set()
        patience.wait(20)
        return vendor.openai_url

    monkeypatch.setattr(local_model, "ensure_running", start)
    Endpoint.objects.update(is_local=True)
    alice = connect(cast.alice)
    ack = ask(alice, model, "Hi")
    assert starting.wait(10)
    alice.ask("reply.stop", message=ack["replies"][0])
    assert alice.event("message.finished")["message"]["status"] == "stopped"
    assert not patience.is_set()
    patience.set()
    again = ask(alice, model, "Hi", conversation=ack["conversation"])
    finished = alice.wait(
        lambda frame: frame["type"] == "message.finished" and frame["message"]["id"] == again["replies"][0]
    )
    assert finished["message"]["status"] == "complete"
    assert len(vendor.requests) == 1


def test_a_question_asked_meanwhile_waits_for_the_reply_above(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    alice = connect(cast.alice)
    first = ask(alice, model, "one")
    alice.event("message.delta")
    second = ask(alice, model, "two", conversation=first["conversation"], parent=first["replies"][0])
    assert alice.event("message.waiting", message=second["replies"][0])["reason"]["code"] == "queued"
    assert len(vendor.requests) == 1
    vendor.gate.set()
    assert alice.event("message.finished")["message"]["id"] == first["replies"][0]
    assert alice.event("message.finished")["message"]["id"] == second["replies"][0]
    assert [turn["content"] for turn in vendor.requests[1].json["messages"]] == ["one", "Hello", "two"]


def test_a_team_mate_watches_and_asks_on_and_an_outsider_hears_nothing(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    alice, bob, rita, carol = (connect(person) for person in (cast.alice, cast.bob, cast.rita, cast.carol))
    first = ask(alice, model, "one", team=cast.team.id)
    conversation = first["conversation"]
    assert bob.event("conversation.updated")["title"] == "one"
    for mate in (bob, rita):
        assert mate.ask("conversation.open", conversation=conversation)["type"] == "ack"
    assert carol.ask("conversation.open", conversation=conversation)["code"] == "not_found"
    vendor.gate.set()
    for mate in (bob, rita):
        assert mate.event("message.finished")["message"]["text"] == "Hello"
    assert rita.ask("message.send", conversation=conversation, text="no")["code"] == "not_found"
    assert carol.ask("message.send", conversation=conversation, text="no")["code"] == "not_found"
    assert carol.ask("reply.stop", message=first["replies"][0])["code"] == "not_found"
    ask(bob, model, "two", conversation=conversation, parent=first["replies"][0])
    assert alice.event("message.created", revision=6)["message"]["author"]["name"] == "bob"
    alice.event("message.finished", revision=9)
    assert {frame["type"] for frame in carol.settle()} == {"error"}


def test_who_leaves_the_team_hears_no_more(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    alice, bob = connect(cast.alice), connect(cast.bob)
    first = ask(alice, model, "one", team=cast.team.id)
    bob.ask("conversation.open", conversation=first["conversation"])
    cast.bob.memberships.all().delete()
    assert bob.event("conversation.gone")["conversation"] == first["conversation"]
    vendor.gate.set()
    alice.event("message.finished")
    assert "message.finished" not in {frame["type"] for frame in bob.settle()}


def test_a_session_that_ends_takes_its_socket_with_it(
    cast: Cast, connect: Connect, sign_in: Callable[..., object]
) -> None:
    client = sign_in(cast.alice)
    alice = connect(cast.alice, client)
    client.logout()  # type: ignore[attr-defined]
    assert alice.closed_with() == 4401


def test_without_a_session_the_socket_closes_at_once(cast: Cast, site: str) -> None:
    assert Socket(site, session="").closed_with() == 4401
    assert Socket(site, session="x" * 32).closed_with() == 4401
