"""Messages in the outbox arrive, once and in order, or come back."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from conversations.actions import model_choice
from conversations.models import Conversation, Message
from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.link import Link
from tests.browser.old_proxy import OldProxy
from tests.browser.watch import NO_NETWORK
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import history

UNTIL_RETURNED = """async () => {
  const isThere = () => Object.keys(localStorage).some((key) => key.startsWith("returned:"));
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
}"""
FIVE = ["One", "Two", "Three", "Three", "Five"]
ACK_OF_A_SEND = b'"replies":['


@pytest.fixture
def without_sockets(link: Link) -> Iterator[str]:
    """Yield an address that leads through the link, but not for websockets."""
    with OldProxy(link.address, "denies") as proxy:
        settings.CHATSITE_ORIGINS.append(proxy.address)
        yield proxy.address


@pytest.fixture
def offline(cast: Cast, model: LanguageModel, visit: Visit, link: Link) -> Callable[..., ChatPage]:
    """Return Alice's page behind a link that is cut once the page is there, and once it has asked `first`."""

    def enter(first: str = "", at: str = "") -> ChatPage:
        alice = visit(cast.alice, at=at or link.address)
        # A command may still go up to a stream that the cut has ended; after long tries there is one without `at`, too.
        alice.watch.expect(
            NO_NETWORK, r"404 .*/api/v1/events/", *([r"WebSocket connection to .* failed"] if at else [])
        )
        if first:
            alice.ask(first)
        link.cut()
        return alice

    return enter


@pytest.mark.parametrize(
    ("first", "is_denied"),
    [
        pytest.param("", False, id="a new conversation"),
        pytest.param("Zero", False, marks=pytest.mark.soak, id="a conversation"),
        pytest.param("Zero", True, marks=pytest.mark.soak, id="the second way"),
    ],
)
def test_c14_five_messages_written_offline_arrive_once_and_in_order(
    offline: Callable[..., ChatPage],
    vendor: FakeVendor,
    link: Link,
    without_sockets: str,
    first: str,
    is_denied: bool,
) -> None:
    alice = offline(first, without_sockets if is_denied else "")
    for text in FIVE:
        alice.send(text)
    waiting = alice.page.locator("chat-message[data-status=sending]")
    expect(waiting).to_have_count(5)
    expect(alice.note(waiting.last)).to_have_text("Will be sent as soon as there is a connection.")
    link.cut_before(*[ACK_OF_A_SEND] * 3)
    link.mend()
    alice.wake()
    assert link.was_cut.wait(20)
    link.mend()
    alice.wake()
    texts = [*([first] if first else []), *FIVE]
    expect(waiting).to_have_count(0)
    expect(alice.page.locator("chat-message[data-status=complete]")).to_have_count(2 * len(texts))
    assert [alice.words(alice.questions.nth(number)) for number in range(len(texts))] == texts
    ids = [command["id"] for command in alice.commands("message.send")]
    assert len(ids) > len(texts)  # the one without its ack went twice, on a slow machine others may have, too
    assert len(set(ids)) == len(texts)
    assert_one_thread(texts, vendor)
    expect(alice.page.locator("message-actions:not(:empty)")).to_have_count(2 * len(texts))
    words = alice.messages.locator(".message__text")
    shown = words.all_text_contents()
    alice.page.reload()
    expect(words).to_have_text(shown)


def test_two_tabs_with_one_outbox_send_everything_once(
    offline: Callable[..., ChatPage], vendor: FakeVendor, link: Link
) -> None:
    alice = offline("Zero")
    link.mend()
    other = second_tab(alice, alice.wait_until_begun())
    expect(other.connection).to_be_empty()
    link.cut()
    alice.send("One")
    other.send("Two")
    alice.send("Three")
    for tab in (alice, other):
        waiting = tab.page.locator("chat-message[data-status=sending] .message__text")
        expect(waiting).to_have_text(["One", "Two", "Three"])
    link.mend()
    for tab in (alice, other):
        expect(tab.page.locator("chat-message[data-status=complete]")).to_have_count(8)
        expect(tab.questions.locator(".message__text")).to_have_text(["Zero", "One", "Two", "Three"])
    assert_one_thread(["Zero", "One", "Two", "Three"], vendor)


def test_what_a_closed_tab_left_unsent_is_sent_by_another(
    offline: Callable[..., ChatPage], vendor: FakeVendor, link: Link
) -> None:
    alice = offline()
    link.mend()
    other = second_tab(alice, "/")
    expect(other.connection).to_be_empty()
    link.cut()
    alice.send("One")
    alice.send("Two")
    alice.page.close()
    link.mend()
    expect(other.rows).to_have_count(1)
    expect(other.rows.first).to_contain_text("One")
    assert other.messages.count() == 0, "it belongs to another conversation than the one begun here"
    other.rows.first.click()
    expect(other.page.locator("chat-message[data-status=complete]")).to_have_count(4)
    assert_one_thread(["One", "Two"], vendor)


def test_a_refused_message_comes_back_and_those_behind_it_wait_for_a_word(
    offline: Callable[..., ChatPage], vendor: FakeVendor, link: Link
) -> None:
    alice = offline()
    alice.send("One")
    alice.send("Two")
    LanguageModel.objects.update(enabled=False)
    link.mend()
    expect(alice.notice).to_have_text("There is no model that may answer here.")
    assert alice.text.input_value() == "One"
    expect(alice.messages).to_have_count(1)
    expect(alice.note(alice.messages)).to_have_text("Not sent yet, because the message before it was not taken.")
    LanguageModel.objects.update(enabled=True)
    alice.send_button.click()
    alice.ended(alice.replies.first)
    alice.page.get_by_role("button", name="Send now").click()
    alice.ended(alice.replies.nth(1))
    assert_one_thread(["One", "Two"], vendor)


@pytest.mark.soak
def test_a_message_refused_out_of_sight_is_a_draft_with_its_reason(
    cast: Cast, offline: Callable[..., ChatPage], link: Link
) -> None:
    alice = offline("Zero")
    path = alice.wait_until_begun()
    link.mend()
    other = second_tab(alice, "/")
    expect(other.connection).to_be_empty()
    link.cut()
    alice.send("Still there?")
    alice.page.close()
    LanguageModel.objects.update(enabled=False)
    link.mend()
    expect(other.connection).to_be_empty()
    other.page.evaluate(UNTIL_RETURNED)
    other.open(path)
    expect(other.notice).to_have_text("There is no model that may answer here.")
    assert other.text.input_value() == "Still there?"
    other.page.reload()
    expect(other.notice).to_be_hidden()
    assert other.text.input_value() == "Still there?"


def test_what_was_not_tried_can_be_taken_back(offline: Callable[..., ChatPage], vendor: FakeVendor, link: Link) -> None:
    alice = offline()
    for text in ("One", "Two", "Three"):
        alice.send(text)
    alice.questions.nth(1).get_by_role("button", name="Cancel").click()
    assert alice.text.input_value() == "Two"
    expect(alice.questions.locator(".message__text")).to_have_text(["One", "Three"])
    link.mend()
    alice.ended(alice.replies.nth(1))
    assert_one_thread(["One", "Three"], vendor)


def test_what_was_written_is_copied_without_a_connection(offline: Callable[..., ChatPage]) -> None:
    alice = offline("Zero")
    button = alice.replies.first.locator("button[data-copy=message]")
    button.click()
    expect(button).to_have_text("Copied")


def test_what_may_have_arrived_can_not_be_taken_back(
    cast: Cast, model: LanguageModel, visit: Visit, link: Link
) -> None:
    alice = visit(cast.alice, at=link.address)
    alice.watch.expect(NO_NETWORK)
    alice.ask("First")
    link.lose_answers()
    alice.send("Second")
    expect(alice.note(alice.questions.nth(1))).to_be_visible()
    expect(alice.page.get_by_role("button", name="Send now")).to_be_visible()
    expect(alice.page.get_by_role("button", name="Cancel")).to_be_hidden()
    link.mend()
    alice.ended(alice.replies.nth(1))
    expect(alice.page.get_by_role("button", name="Send now")).to_have_count(0)


def test_a_site_that_is_busy_gets_it_a_little_later(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = visit(cast.alice)
    monkeypatch.setattr(model_choice, "MAX_RUNNING", 0)
    alice.send("One")
    sentence = "Many replies are being written for you. This is sent when one of them has ended."
    expect(alice.note(alice.questions.first)).to_have_text(sentence)
    monkeypatch.undo()
    alice.page.get_by_role("button", name="Send now").click()
    alice.ended(alice.replies.first)
    assert_one_thread(["One"], vendor)


def test_busy_is_not_the_reason_without_a_connection(
    cast: Cast, model: LanguageModel, visit: Visit, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = visit(cast.alice, at=link.address)
    alice.watch.expect(NO_NETWORK)
    monkeypatch.setattr(model_choice, "MAX_RUNNING", 0)
    alice.send("One")
    expect(alice.note(alice.questions.first)).to_contain_text("Many replies are being written")
    link.cut()
    expect(alice.note(alice.questions.first)).to_have_text("Will be sent as soon as there is a connection.")
    monkeypatch.undo()
    link.mend()
    alice.wake()
    alice.ended(alice.replies.first)


@pytest.mark.soak
def test_a_new_conversation_does_not_wait_in_another_one(
    cast: Cast, model: LanguageModel, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = visit(cast.alice)
    monkeypatch.setattr(model_choice, "MAX_RUNNING", 0)
    alice.send("One")
    sentence = "Many replies are being written for you. This is sent when one of them has ended."
    expect(alice.note(alice.questions.first)).to_have_text(sentence)
    alice.send("And more")
    expect(alice.note(alice.questions.nth(1))).to_have_text("Will be sent after the messages before it.")
    alice.page.locator(".sidebar__new").click()
    expect(alice.connection).to_be_empty()
    expect(alice.questions).to_have_count(0)
    alice.send("Two")
    expect(alice.note(alice.questions.first)).to_have_text("Will be sent after the messages before it.")
    monkeypatch.undo()
    alice.ended(alice.replies.first)
    expect(alice.rows).to_have_count(2)
    said = Message.objects.filter(role="user").values_list("text", "conversation__title")
    assert set(said) == {("One", "One"), ("And more", "One"), ("Two", "Two")}


def test_nothing_is_sent_in_the_name_of_who_signed_in_since(
    cast: Cast, offline: Callable[..., ChatPage], visit: Visit, link: Link
) -> None:
    alice = offline()
    alice.send("Mine")
    expect(alice.questions).to_have_count(1)
    bob = visit(cast.bob)
    cookies = [
        {**cookie, "url": link.address} for cookie in bob.page.context.cookies() if cookie["name"] == "sessionid"
    ]
    alice.page.context.add_cookies([{key: cookie[key] for key in ("name", "value", "url")} for cookie in cookies])
    link.mend()
    alice.wake()
    expect(alice.page.locator(".account__name")).to_have_text("bob")  # the page noticed, and is Bob's now
    expect(alice.messages).to_have_count(0)
    expect(alice.connection).to_be_empty()
    assert alice.ask("Hello")
    assert list(Message.objects.filter(role="user").values_list("text", "author__username")) == [("Hello", "bob")]


def second_tab(alice: ChatPage, path: str) -> ChatPage:
    page: Page = alice.page.context.new_page()
    return ChatPage(page, alice.site, alice.watch).open(path)


def assert_one_thread(texts: list[str], vendor: FakeVendor) -> None:
    """Check for one conversation in which each question follows the last reply; each was asked once."""
    conversation = Conversation.objects.get()
    questions = list(conversation.messages.filter(role="user").order_by("id"))
    replies = list(conversation.messages.filter(role="assistant").order_by("id"))
    assert [question.text for question in questions] == texts
    assert [reply.parent_id for reply in replies] == [question.pk for question in questions]
    assert [question.parent_id for question in questions] == [None, *(reply.pk for reply in replies[:-1])]
    assert [history(request)[-1] for request in vendor.requests] == texts
    assert [history(request)[:-1:2] for request in vendor.requests] == [texts[:number] for number in range(len(texts))]
