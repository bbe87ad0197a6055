"""Several people with the same conversation open, and an outsider."""

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from conversations.models import Conversation
from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import history, openai_end, openai_event


def ask_the_team(person: ChatPage, text: str) -> str:
    """Begin a conversation of the team's; its path."""
    person.page.locator("#composer-team").select_option(label="Crew")
    person.send(text)
    return person.wait_until_begun()


def test_a_team_mate_watches_and_asks_the_next_question(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    later = threading.Event()
    one, two, three = map(openai_event, ("One, ", "two, ", "three."))
    vendor.play([one, vendor.gate, two, later, three, openai_end()])
    alice, bob = visit(cast.alice), visit(cast.bob)
    ask_the_team(alice, "Count")
    row = bob.rows.first
    expect(row.locator(".row__title")).to_have_text("Count")
    expect(row.locator(".row__team")).to_have_text("Crew")
    row.locator("a").click()
    text = bob.replies.first.locator(".message__text")
    expect(text).to_have_text("One,")
    vendor.gate.set()
    expect(text).to_have_text("One, two,")
    later.set()
    for person in (alice, bob):
        person.ended(person.replies.first)
        assert person.words(person.replies.first) == "One, two, three."

    reply = bob.ask("And then?")
    expect(alice.questions.nth(1).locator(".message__name")).to_have_text("bob")
    expect(alice.questions.nth(1).locator(".message__name")).to_be_visible()
    expect(alice.questions.nth(1).locator(".message__text")).to_have_text("And then?")
    alice.ended(alice.replies.nth(1))
    assert alice.words(alice.replies.nth(1)) == bob.words(reply)
    assert history(vendor.requests[1]) == ["alice: Count", "One, two, three.", "bob: And then?"]


def test_a_reader_watches_and_cannot_write(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    vendor.play([openai_event("One, "), vendor.gate, openai_event("two."), openai_end()])
    alice = visit(cast.alice)
    path = ask_the_team(alice, "Count")
    rita = visit(cast.rita, path)
    text = rita.replies.first.locator(".message__text")
    expect(text).to_have_text("One,")
    vendor.gate.set()
    expect(text).to_have_text("One, two.")
    assert rita.text.count() == 0
    expect(rita.page.locator(".chat__reader")).to_contain_text("You can read this conversation.")


@pytest.mark.soak
def test_an_outsider_sees_and_hears_nothing(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, connect: Callable[..., Socket]
) -> None:
    carol, socket = visit(cast.carol), connect(cast.carol)
    assert socket.ask("ping")["type"] == "ack"
    alice = visit(cast.alice)
    path = ask_the_team(alice, "A secret plan")
    conversation = str(Conversation.objects.get().id)
    assert socket.ask("conversation.open", conversation=conversation)["code"] == "not_found"
    alice.ended(alice.replies.first)
    assert alice.words(alice.ask("More of it")).startswith("You said")

    assert socket.ask("ping")["type"] == "ack"  # whatever was meant for this socket has come by now
    assert {frame["type"] for frame in socket.frames} == {"ack", "error"}
    assert carol.rows.count() == 0
    carol.ask("Mine")
    expect(carol.rows.locator(".row__title")).to_have_text(["Mine"])
    assert not [frame for frame in carol.watch.frames_heard if conversation in frame or "secret" in frame]
    carol.watch.expect("status of 404")
    response = carol.page.goto(carol.site + path)
    assert response
    assert response.status == 404
    expect(carol.page.locator(".card__lead")).to_have_text("Page not found, or you don't have access.")
    assert "secret" not in carol.page.content()
