"""A connection that goes away: nothing is lost, nothing comes twice."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from conversations.connections import opening
from conversations.models import Conversation, Message
from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.link import Link
from tests.browser.page_scripts import TRIES_IN_THE_AIR
from tests.browser.watch import NO_NETWORK
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import history, openai_end, openai_event

Connect = Callable[..., Socket]


def in_the_middle(visitor: ChatPage, vendor: FakeVendor, rest: threading.Event) -> None:
    """Ask for a reply of three words that waits after the first for `gate`, after the second for `rest`."""
    visitor.watch.expect(NO_NETWORK)
    one, two, three = map(openai_event, ("One, ", "two, ", "three."))
    vendor.play([one, vendor.gate, two, rest, three, openai_end()])
    visitor.send("Count")
    expect(visitor.replies.first.locator(".message__text")).to_have_text("One,")


def no_second_way(visitor: ChatPage) -> None:
    """Let only websockets lead to the site."""
    visitor.watch.expect("net::ERR_FAILED")
    visitor.page.route("**/api/v1/events*", lambda route: route.abort())


def say_the_second_word(vendor: FakeVendor, listener: Socket) -> None:
    """Let the second word go, and wait until it has been sent to all subscribers."""
    assert listener.ask("conversation.open", conversation=Conversation.objects.get().id)["type"] == "ack"
    vendor.gate.set()
    listener.wait(lambda frame: frame["type"] == "message.delta" and "two" in frame["text"])


@pytest.mark.soak
def test_a_connection_cut_in_the_middle_loses_no_word(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, link: Link, connect: Connect
) -> None:
    rest = threading.Event()
    alice = visit(cast.alice, at=link.address)
    in_the_middle(alice, vendor, rest)
    link.cut()
    expect(alice.connection).to_have_text("Reconnecting…")
    say_the_second_word(vendor, connect(cast.alice))
    assert alice.words(alice.replies.first) == "One,"
    link.mend()
    expect(alice.replies.first.locator(".message__text")).to_have_text("One, two,")
    expect(alice.connection).not_to_have_text("Reconnecting…")
    rest.set()
    alice.ended(alice.replies.first)
    assert alice.words(alice.replies.first) == "One, two, three."
    assert alice.messages.count() == 2


def test_a_reply_that_ended_meanwhile_is_whole_after_the_return(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, link: Link, connect: Connect
) -> None:
    rest = threading.Event()
    alice, listener = visit(cast.alice, at=link.address), connect(cast.alice)
    in_the_middle(alice, vendor, rest)
    link.cut()
    say_the_second_word(vendor, listener)
    rest.set()
    listener.event("message.finished")
    link.mend()
    alice.ended(alice.replies.first)
    assert alice.words(alice.replies.first) == "One, two, three."


def test_a_browser_without_network_catches_up(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, connect: Connect
) -> None:
    rest = threading.Event()
    alice = visit(cast.alice)
    in_the_middle(alice, vendor, rest)
    alice.page.context.set_offline(True)
    expect(alice.connection).to_have_text("You are offline")
    say_the_second_word(vendor, connect(cast.alice))
    alice.page.context.set_offline(False)
    expect(alice.connection).to_be_empty()
    rest.set()
    alice.ended(alice.replies.first)
    assert alice.words(alice.replies.first) == "One, two, three."


def test_answers_that_get_lost_without_a_trace_are_asked_for_again(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, link: Link, connect: Connect
) -> None:
    rest = threading.Event()
    alice = visit(cast.alice, None, at=link.address)
    alice.page.clock.install()
    in_the_middle(alice.open(), vendor, rest)
    link.lose_answers()
    say_the_second_word(vendor, connect(cast.alice))
    alice.page.clock.run_for(3_000)  # a ping
    alice.page.clock.run_for(5_000)  # that was not answered
    expect(alice.connection).to_have_text("Reconnecting…")
    link.mend()
    rest.set()
    alice.ended(alice.replies.first)
    assert alice.words(alice.replies.first) == "One, two, three."


def test_a_reply_that_ends_while_its_page_opens_comes_once(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    visit: Visit,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alice, listener = visit(cast.alice), connect(cast.alice)
    alice.ask("First")  # so that the page has opened the conversation once
    vendor.play([vendor.gate, openai_event("One."), openai_event(" Two."), openai_end()])
    alice.send("Count")
    assert [history(vendor.next_request())[-1] for _ in range(2)] == ["First", "Count"]
    assert listener.ask("conversation.open", conversation=Conversation.objects.get().id)["type"] == "ack"

    def look_late(*asked: Any) -> opening.OpenedConversation:
        vendor.gate.set()
        listener.wait(lambda frame: frame["type"] == "message.finished")
        return look(*asked)

    look = opening.open_conversation
    monkeypatch.setattr(opening, "open_conversation", look_late)
    alice.page.reload()
    alice.ended(alice.replies.nth(1))
    monkeypatch.setattr(opening, "open_conversation", look)
    alice.ask("Next")  # whatever the page was sent about the reply before has come by now
    assert alice.words(alice.replies.nth(1)) == "One. Two."


@pytest.mark.soak
def test_what_is_sent_without_a_connection_arrives_once(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, link: Link
) -> None:
    alice = visit(cast.alice, at=link.address)
    alice.watch.expect(NO_NETWORK)
    alice.ask("First")
    link.cut()
    alice.send("Second")
    expect(alice.questions.nth(1)).to_have_attribute("data-status", "sending")
    expect(alice.note(alice.questions.nth(1))).to_have_text("Will be sent as soon as there is a connection.")
    link.mend()
    alice.ended(alice.replies.nth(1))
    assert [history(request)[-1] for request in vendor.requests] == ["First", "Second"]
    assert alice.messages.count() == Message.objects.count() == 4


def test_a_message_whose_ack_was_lost_is_not_asked_twice(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, link: Link
) -> None:
    alice = visit(cast.alice, at=link.address)
    alice.watch.expect(NO_NETWORK)
    alice.ask("First")
    link.lose_answers()
    alice.send("Second")
    assert [history(vendor.next_request())[-1] for _ in range(2)] == ["First", "Second"]
    link.mend()
    alice.ended(alice.replies.nth(1))
    expect(alice.questions.nth(1)).to_have_attribute("data-status", "complete")
    ids = [command["id"] for command in alice.commands("message.send")]
    assert len(ids) > 2, "it was not sent again"
    assert set(ids[1:]) == {ids[1]}
    assert len(vendor.requests) == 2
    assert alice.messages.count() == Message.objects.count() == 4


def test_an_unsent_message_survives_a_reload(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, link: Link
) -> None:
    alice = visit(cast.alice, at=link.address)
    alice.watch.expect(NO_NETWORK)
    alice.ask("First")
    link.cut()
    alice.send("Second")
    expect(alice.questions.nth(1)).to_have_attribute("data-status", "sending")
    link.mend()
    alice.page.reload()
    alice.ended(alice.replies.nth(1))
    assert [history(request)[-1] for request in vendor.requests] == ["First", "Second"]
    assert alice.messages.count() == Message.objects.count() == 4


def test_a_network_that_is_back_during_a_try_is_tried_again_soon(cast: Cast, visit: Visit) -> None:
    alice = visit(cast.alice, None)
    no_second_way(alice)
    alice.page.clock.install()
    alice.page.add_init_script(TRIES_IN_THE_AIR)
    page = alice.open().page
    for pause in (500, 1_000, 2_000, 4_000, 8_000):
        page.evaluate("tries.at(-1).fail()")
        page.clock.run_for(pause)
    assert page.evaluate("tries.length") == 6
    alice.wake()
    page.evaluate("tries.at(-1).fail()")
    page.clock.run_for(500)
    assert page.evaluate("tries.length") == 7


def test_a_try_that_the_browser_holds_back_is_waited_for_and_one_that_hangs_is_given_up(
    cast: Cast, visit: Visit
) -> None:
    alice = visit(cast.alice, None)
    no_second_way(alice)
    alice.page.clock.install()
    alice.page.add_init_script(TRIES_IN_THE_AIR)
    page = alice.open().page
    assert page.evaluate("tries.length") == 1
    page.clock.run_for(6_000)
    assert page.evaluate("tries.map((socket) => socket.readyState)") == [0]
    alice.wake()  # by now it hangs: it was begun in a network that is gone
    assert page.evaluate("tries.map((socket) => socket.readyState)") == [3, 0]
    page.clock.run_for(8_500)
    assert page.evaluate("tries.map((socket) => socket.readyState)") == [3, 3, 0]
