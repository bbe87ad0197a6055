"""Races and faults between two moments: order, replays, database faults, people who leave."""

import itertools
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from conversations import actions
from conversations.connections import opening
from conversations.files import storage
from conversations.generation import runner
from conversations.generation.checkpoints import writer
from conversations.live import events, hub
from conversations.models import Conversation, File, Membership, Message
from conversations.protocol import commands
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.test_engine import ask, until
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_end, openai_event

Connect = Callable[..., Socket]
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("depth", [100, 450, 900])
def test_a_deeply_nested_frame_is_refused_and_the_socket_stays(cast: Cast, connect: Connect, depth: int) -> None:
    alice = connect(cast.alice)
    alice.send_raw('{"type":"ping","id":"x","a":' + "[" * depth + "]" * depth + "}")
    assert alice.event("error")["code"] == "bad_frame"
    assert alice.ask("ping")["type"] == "ack"


def test_the_same_send_again_is_no_way_back_into_a_team(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate, openai_event("SECRET"), openai_end()])
    bob = connect(cast.bob)
    fields = {"conversation": None, "text": "Hi", "models": [model.id], "team": cast.team.id, "id": "once"}
    bob.ask("message.send", **fields)
    bob.event("message.delta")
    Membership.objects.filter(user=cast.bob).delete()
    bob.event("conversation.gone")
    assert bob.ask("message.send", **fields)["code"] == "not_found"
    vendor.gate.set()
    assert "SECRET" not in json.dumps(bob.settle(1))


def test_the_same_send_from_several_sockets_at_once_is_done_once(
    cast: Cast, model: LanguageModel, connect: Connect
) -> None:
    sockets = [connect(cast.alice) for _ in range(4)]
    for socket in sockets:
        socket.send("message.send", id="mine", conversation=None, text="Hi", models=[model.id])
    answers = [socket.wait(lambda frame: frame.get("id") == "mine") for socket in sockets]
    assert {answer["type"] for answer in answers} == {"ack"}
    assert len({(answer["conversation"], answer["message"], *answer["replies"]) for answer in answers}) == 1
    until(Message.objects.filter(role="assistant", status="complete").exists)  # its end may come before the other acks
    assert Message.objects.count() == 2


def test_access_is_asked_before_an_id_is_found_to_be_used(cast: Cast, model: LanguageModel, connect: Connect) -> None:
    hidden = Conversation.objects.create(owner=cast.alice)
    carol = connect(cast.carol)
    first = carol.ask("message.send", id="mine", conversation=None, text="Hi", models=[model.id])
    carol.event("message.finished")
    for conversation, code in ((hidden.pk, "not_found"), (first["conversation"], "conflict")):
        again = carol.ask("message.send", id="mine", conversation=conversation, text="Hi", models=[model.id])
        assert again["code"] == code


def test_after_a_database_error_the_next_send_is_heard(
    cast: Cast, model: LanguageModel, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, real, failed = connect(cast.alice), actions.post_message, []

    def once_locked(*arguments: object) -> dict[str, object]:
        if not failed:
            failed.append(True)
            raise OperationalError("database is locked")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(actions, "post_message", once_locked)
    conversation = Conversation.objects.create(owner=cast.alice)
    assert alice.ask("message.send", conversation=conversation.id, text="Hi")["code"] == "unavailable"
    assert alice.ask("message.send", conversation=conversation.id, text="Hi")["type"] == "ack"
    assert alice.event("message.finished")["message"]["status"] == "complete"


def test_a_reply_that_is_stopped_while_the_database_is_away_ends_as_stopped(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Event()

    def away(live: object) -> None:
        tried.set()
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(runner, "_next_step", away)
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    assert tried.wait(5)
    assert alice.ask("reply.stop", message=reply)["type"] == "ack"
    ended = alice.event("message.finished")["message"]
    assert (ended["status"], ended["error"]) == ("stopped", None)
    assert vendor.requests == []


def test_a_reply_that_failed_by_our_fault_does_not_call_the_vendor_later(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(live: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(runner, "_next_step", broken)
    alice = connect(cast.alice)
    ask(alice, model)
    assert alice.event("message.finished")["message"]["error"]["code"] == "unavailable"
    monkeypatch.undo()
    alice.settle(1.5)
    assert vendor.requests == []


def test_a_message_is_told_of_before_its_words(
    cast: Cast, model: LanguageModel, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, slow = events.body_html, threading.Event()
    monkeypatch.setattr(events, "body_html", lambda message: (slow.wait(0.05), real(message))[1])
    alice = connect(cast.alice)
    ask(alice, model)
    alice.event("message.finished")
    kinds = [frame["type"] for frame in alice.frames]
    assert kinds.index("message.created") < kinds.index("message.delta")


def test_after_the_ack_only_newer_events_follow(
    cast: Cast, model: LanguageModel, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = Conversation.objects.create(owner=cast.alice)
    go, real = threading.Event(), events.messages_created
    monkeypatch.setattr(events, "messages_created", lambda *told: (go.wait(5), real(*told)))
    alice, late = connect(cast.alice), connect(cast.alice)
    alice.send("message.send", conversation=conversation.id, text="Hi", models=[model.id])
    until(lambda: conversation.messages.count() == 2)
    opened = late.ask("conversation.open", conversation=conversation.id)
    go.set()
    late.event("message.finished")
    told = [frame["revision"] for frame in late.settle() if frame["type"] != "ack" and "revision" in frame]
    assert min(told) > opened["revision"]


@pytest.mark.parametrize("moment", range(4))
def test_what_begins_or_ends_between_two_queries_of_a_look_is_told_once(cast: Cast, moment: int) -> None:
    conversation = Conversation.objects.create(owner=cast.alice)

    def reply(**fields: Any) -> Message:
        given = {"role": "assistant", "author": cast.alice, "status": "streaming", "heartbeat": timezone.now()}
        return Message.objects.create(
            conversation=conversation, revision=conversation.advance(1), **{**given, **fields}
        )

    ends, queries = reply(), itertools.count()

    def meanwhile(execute: Callable[..., object], *query: object) -> object:
        if next(queries) == moment:
            reply(text="begins")
            Message.objects.filter(pk=ends.pk).update(status="complete", revision=conversation.advance(1))
        return execute(*query)

    since = conversation.revision
    with connection.execute_wrapper(meanwhile):
        opened = opening.open_conversation(cast.alice, commands.Open(conversation.id, html=False, since=since))
    begins = Message.objects.exclude(pk=ends.pk).first()
    under_way, news = {message.id for message in opened.under_way}, {message.id: message for message in opened.since}
    if begins is not None and begins.id in under_way:
        assert begins.id in news, "its words so far would be about a message that nobody knows"
    if ends.id in news:
        assert ends.id not in under_way, "its end would be overwritten by what it had said before"
    else:
        assert ends.id in under_way, "nobody would know what it has said so far"


def test_a_reply_that_ends_while_a_conversation_is_opened_is_told_up_to_its_end(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.play([openai_event("One"), vendor.gate, openai_event(", two"), openai_end()])
    alice, late = connect(cast.alice), connect(cast.alice)
    conversation = ask(alice, model)["conversation"]
    alice.event("message.delta")
    look = opening.open_conversation

    def look_early(*asked: Any) -> opening.OpenedConversation:
        opened = look(*asked)
        vendor.gate.set()
        until(lambda: not hub.replies)
        return opened

    monkeypatch.setattr(opening, "open_conversation", look_early)
    (told,) = late.ask("conversation.open", conversation=conversation)["streaming"]
    assert (told["seq"], told["text"]) == (2, "One, two")
    assert late.event("message.finished")["message"]["text"] == "One, two"
    assert "message.delta" not in [frame["type"] for frame in late.frames]


def test_a_vendors_broken_text_in_an_error_does_not_stop_the_site(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([413, JSON, b'{"error":{"message":"bad \\ud800 word"}}'])
    alice = connect(cast.alice)
    ask(alice, model)
    assert "\ufffd" in alice.event("message.finished")["message"]["error"]["text"]
    ask(alice, model, "again")
    assert alice.event("message.finished")["message"]["status"] == "complete"
    assert writer._thread is not None
    assert writer._thread.is_alive()


def test_a_deactivated_persons_reply_is_stopped(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate])
    bob = connect(cast.bob)
    ask(bob, model)
    bob.event("message.delta")
    cast.bob.is_active = False
    cast.bob.save()
    assert bob.closed_with() == 4401
    assert vendor.requests[0].hung_up.wait(5)


def test_files_that_were_never_sent_go_bytes_and_all(cast: Cast) -> None:
    file = storage.store(cast.bob, "x.txt", "text/plain", b"x")
    path = file.path
    storage.delete_unsent()
    assert path.exists()
    File.objects.update(created_at=timezone.now() - timedelta(days=2))
    storage.delete_unsent()
    assert not path.exists()
    assert not File.objects.exists()
