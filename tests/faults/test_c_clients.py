"""Faults of clients, and faults that hit them: C01, C05, C06, C08, C09, C10 and C12.

C02 and C07 have files of their own. Twenty retries at once (C08) are in tests/conversations/test_tree.py. A person who
leaves the team (C11) and a foreign Origin (C09) are in tests/conversations/test_socket.py and test_bad_input.py.
"""

import json
import random
import socket
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from conversations import actions
from conversations.models import Conversation, Mention, Message, Remark, User
from providers.models import LanguageModel
from tests.conftest import PASSWORD, Cast, both_ways
from tests.conversations.test_engine import Connect, ask, until
from tests.fake_vendor import FakeVendor
from tests.faults.chatterbox import Chatterbox
from tests.faults.checker import broken_promises, history_of
from tests.faults.conftest import Bar, Window
from tests.faults.page import Page
from tests.faults.rows import read_rows
from tests.vendor_replies import openai_end, openai_event

TWICE, ALL_TWICE = 25, 1000


def rows() -> list[Any]:
    return read_rows(str(connection.settings_dict["NAME"]))


@both_ways
def test_c01_a_tab_that_comes_back_sees_the_words_so_far(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, window: Window
) -> None:
    chatterbox = Chatterbox(vendor, pieces=(100, 100), pace=0.01)
    first = window(cast.alice)
    conversation = first.say("tell me", models=[model.id]).ack()["conversation"]
    first.wait(lambda page: any(shown.seq > 5 for shown in page.messages.values()))
    first.leave()
    said, begun = chatterbox.calls[0].text, monotonic()
    again = window(cast.alice, conversation)
    again.wait(lambda page: page.whole_at)
    print(f"the text so far after {(again.whole_at[0] - begun) * 1000:.0f} ms")
    assert any(len(shown.text) >= len(said) for shown in again.messages.values() if shown.seq)
    again.wait(Page.is_quiet)
    late = window(cast.alice, conversation)
    late.wait(lambda page: page.whole_at and page.is_quiet())
    assert broken_promises(history_of([first, again, late], chatterbox.calls, rows())) == _left_too_early(first)


def _left_too_early(page: Page) -> list[str]:
    """Return the checker's findings about a window that was closed in the middle."""
    running = {key: shown for key, shown in page.messages.items() if shown.status == "streaming"}
    unfinished = [f"unfinished: {page.person} still sees {key} as streaming" for key in running]
    return unfinished + [f"other_texts: {page.person} sees {key} otherwise than it is stored" for key in running]


@both_ways
def test_c05_two_people_and_two_tabs_who_ask_at_once_see_one_order(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, window: Window
) -> None:
    chatterbox = Chatterbox(vendor, pieces=(3, 9), pace=0.005)
    first = window(cast.alice)
    conversation = first.say("begin", models=[model.id], team=cast.team.id).ack()["conversation"]
    pages = [first, *(window(person, conversation) for person in (cast.alice, cast.bob, cast.bob))]
    for page in pages:
        page.wait(lambda page: page.whole_at)
    sendings = [page.say(f"{number} {at}", parent=None) for number in range(5) for at, page in enumerate(pages)]
    for sending in sendings:
        assert sending.answered.wait(20)
    for page in pages:
        page.wait(Page.is_quiet)
    refused = {sending.answer["code"] for sending in sendings if sending.answer and not sending.is_acked}
    assert refused <= {"busy"}
    assert broken_promises(history_of(pages, chatterbox.calls, rows())) == []
    assert len({tuple(sorted(page.messages)) for page in pages}) == 1
    _said_and_marked_at_once(pages)


def _said_and_marked_at_once(pages: list[Page]) -> None:
    """Mention Bob and verify a reply: his tabs hear of each mention once, all of the mark, and nobody has a gap."""
    heals = [page.heals for page in pages]
    said = [page.say("@bob look", parent=None, models=[], at_end=True) for page in pages[:2] for _ in range(3)]
    [reply, *_] = [row.id for row in rows() if row.is_reply and row.status == "complete"]
    pages[0].do("reply.verify", message=reply, note="checked")
    messages = {sending.ack()["message"] for sending in said}
    for page in pages:
        page.wait(lambda page: set(page.messages) >= messages and _heard(page, "mark"))
    for page in pages:
        told = [note.frame["message"] for note in page.notes if note.frame["type"] == "mention.created"]
        assert sorted(told) == (sorted(messages) if page.person == "bob" else [])
        assert [mark["message"] for mark in _heard(page, "mark")] == [reply]
    newest = Conversation.objects.get().revision
    for page in pages:
        page.wait(lambda page: page.revision == newest)
    assert [page.heals for page in pages] == heals


def _heard(page: Page, field: str) -> list[Any]:
    return [note.frame[field] for note in page.notes if note.frame.get(field)]


@both_ways
@pytest.mark.usefixtures("any_number_of_conversations")
def test_c06_a_command_said_again_is_done_once(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, luck: random.Random, soak: bool
) -> None:
    """Twice at once, on one socket or two, once more after the ack, and with another body."""
    tabs, number = [connect(cast.alice), connect(cast.alice)], ALL_TWICE if soak else TWICE
    for at in range(number):
        fields = {"id": f"once-{at}", "conversation": None, "text": f"question {at}", "models": [model.id]}
        at_once = [luck.choice(tabs), luck.choice(tabs)]
        for tab in at_once:
            tab.send("message.send", **fields)
        answers = [tab.event("ack", id=fields["id"]) for tab in at_once]
        answers.append(luck.choice(tabs).ask("message.send", **fields))
        assert len({(answer["message"], *answer["replies"]) for answer in answers}) == 1
        assert luck.choice(tabs).ask("message.send", **{**fields, "text": "another"})["code"] == "conflict"
        until(lambda: not Message.objects.under_way().exists())
    assert Conversation.objects.count() == number
    assert Message.objects.filter(role="user").count() == number
    assert Message.objects.filter(role="assistant", status="complete").count() == number
    assert len(vendor.requests) == number
    said = {"id": "said", "conversation": None, "team": cast.team.id, "text": "@bob", "models": []}
    for tab in tabs:
        tab.send("message.send", **said)
    assert len({tab.event("ack", id="said")["message"] for tab in tabs}) == 1
    assert Mention.objects.get().person == cast.bob


@both_ways
def test_c06_a_remark_said_again_is_made_once_and_all_are_told_of_it_once(
    cast: Cast, model: LanguageModel, connect: Connect, luck: random.Random
) -> None:
    alice, bob, rita = (connect(person) for person in (cast.alice, cast.bob, cast.rita))
    asked = ask(alice, model, "one", team=cast.team.id)
    alice.event("message.finished")
    about = {"message": asked["replies"][0], "text": "Is it?", "quote": "one"}
    for at in range(10):
        tabs = [luck.choice((bob, bob, alice))] * 2
        for tab in tabs:
            tab.send("remark.add", id=f"once-{at}", **about)
        acks = [tab.event("ack", id=f"once-{at}") for tab in tabs]
        assert acks[0]["remark"] == acks[1]["remark"]
        assert tabs[0].ask("remark.add", id=f"once-{at}", **{**about, "text": "Other"})["code"] == "conflict"
    told = [frame["remark"] for frame in rita.settle() if "remark" in frame]
    assert [one["revision"] for one in told] == sorted({one["revision"] for one in told})
    assert {UUID(one["id"]) for one in told} == set(Remark.objects.values_list("pk", flat=True))
    assert len(told) == 10
    assert rita.ask("remark.add", **about)["code"] == "not_found"


@both_ways
def test_c08_an_edit_stops_the_reply_to_the_old_words_and_keeps_what_it_said(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    alice = connect(cast.alice)
    first = ask(alice, model, "one")
    alice.event("message.delta")
    edited = alice.ask("message.edit", message=first["message"], text="two")
    told = {alice.event("message.finished")["message"]["id"] for _ in range(2)}
    assert told == {first["replies"][0], edited["replies"][0]}
    old, new = (Message.objects.get(pk=replies[0]) for replies in (first["replies"], edited["replies"]))
    assert (old.text, old.status, new.status) == ("Hel", "stopped", "complete")
    assert vendor.requests[0].hung_up.wait(5)


@both_ways
def test_c08_a_conversation_deleted_in_the_middle_is_gone_for_all_and_the_vendor_is_hung_up_on(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    alice, bob, rita = (connect(person) for person in (cast.alice, cast.bob, cast.rita))
    conversation = ask(alice, model, "one", team=cast.team.id)["conversation"]
    for mate in (bob, rita):
        assert mate.ask("conversation.open", conversation=conversation)["type"] == "ack"
    alice.event("message.delta")
    actions.delete_conversation(cast.alice, UUID(conversation))
    assert vendor.requests[0].hung_up.wait(5)
    for viewer in (alice, bob, rita):
        assert viewer.event("conversation.gone")["conversation"] == conversation
        kinds = [frame["type"] for frame in viewer.settle() if frame.get("conversation") == conversation]
        assert set(kinds[kinds.index("conversation.gone") :]) == {"conversation.gone"}
    until(lambda: not Message.objects.under_way().exists())
    assert alice.ask("conversation.open", conversation=conversation)["code"] == "not_found"


ORIGINS = [
    ["http://sub.127.0.0.1:{port}"],
    ["http://127.0.0.1.evil.test:{port}"],
    ["http://127.0.0.1:{port}@evil.test"],
    ["http://１２７.0.0.1:{port}"],
    ["file://"],
    [],
    ["http://evil.test", "http://127.0.0.1:{port}"],
    ["http://127.0.0.1:{port}", "http://evil.test"],
]


@pytest.mark.parametrize("origins", ORIGINS, ids=lambda origins: " and ".join(origins) or "none")
def test_c09_any_other_origin_is_turned_away_before_the_handshake(
    cast: Cast, site: str, sign_in: Callable[[User], Client], origins: list[str]
) -> None:
    place = urlsplit(site)
    lines = [
        *("GET /ws/ HTTP/1.1", f"Host: {place.netloc}", "Upgrade: websocket", "Connection: Upgrade"),
        *("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
        f"Cookie: sessionid={sign_in(cast.alice).cookies['sessionid'].value}",
        *(f"Origin: {origin.format(port=place.port)}" for origin in origins),
    ]
    with socket.create_connection(("127.0.0.1", place.port or 80), timeout=5) as raw:
        raw.sendall("\r\n".join([*lines, "", ""]).encode())
        status = raw.recv(4096).split(b" ")[1]
    assert status in (b"403", b"400")


def _sign_out(person: User, browser: Client) -> None:
    browser.logout()


def _change_password(person: User, browser: Client) -> None:
    person.set_password(PASSWORD + " another")
    person.save()


def _deactivate(person: User, browser: Client) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def _expire(person: User, browser: Client) -> None:
    Session.objects.filter(pk=browser.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))


@both_ways
@pytest.mark.parametrize("end", [_sign_out, _change_password, _deactivate, _expire])
def test_c10_who_may_not_stay_is_shown_out_within_two_seconds(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    connect: Connect,
    sign_in: Callable[[User], Client],
    end: Callable[[User, Client], None],
    bar: Bar,
) -> None:
    vendor.play([openai_event("Hel"), vendor.gate, openai_event("SECRET"), openai_end()])
    browser = sign_in(cast.bob)
    alice, bob = connect(cast.alice), connect(cast.bob, browser)
    conversation = ask(alice, model, "one", team=cast.team.id)["conversation"]
    assert bob.ask("conversation.open", conversation=conversation)["type"] == "ack"
    end(cast.bob, browser)
    begun = monotonic()
    assert bob.closed_with() == 4401
    assert monotonic() - begun < bar(2)
    vendor.gate.set()
    alice.event("message.finished")
    assert "SECRET" not in json.dumps(bob.frames)


@both_ways
@pytest.mark.parametrize("since", [0, -1, 10**6, 2**70, None])
def test_c12_whatever_is_said_to_be_known_the_answer_is_ones_own(
    cast: Cast, model: LanguageModel, connect: Connect, since: int | None
) -> None:
    alice, carol = connect(cast.alice), connect(cast.carol)
    other = ask(alice, model, "of another conversation")["conversation"]
    mine = ask(alice, model, "mine")
    for _ in range(2):
        alice.event("message.finished")
    opened = alice.ask("conversation.open", conversation=mine["conversation"], since=since)
    if since in (0, None):
        assert [message["id"] for message in opened["messages"]] == [mine["message"], *mine["replies"]]
    elif opened["type"] == "ack":
        assert opened["messages"] == []
    else:
        assert opened["code"] == "bad_field"
    for conversation in (mine["conversation"], other):
        assert carol.ask("conversation.open", conversation=conversation, since=since)["type"] == "error"
    assert alice.ask("conversation.open", conversation=other, since=10**6)["messages"] == []
    alice.ask("message.send", conversation=mine["conversation"], text="more", models=[model.id])
    assert {frame["type"] for frame in carol.settle()} == {"error"}
