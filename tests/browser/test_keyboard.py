"""Enter, the input method and the tab key."""

import threading

import pytest
from playwright.sync_api import expect

from conversations.models import Message
from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.page_scripts import END_COMPOSITION_AND_PRESS, FOCUSED, PRESS
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_event

ESCAPES_OF_AN_INPUT_METHOD: list[dict[str, object]] = [
    {"key": "Escape", "isComposing": True},
    {"key": "Escape", "keyCode": 229},
    {"key": "Escape"},
]
"""The keys that Chromium sends during a composition, and WebKit when it has ended."""


def test_enter_sends_and_shift_enter_breaks_the_line(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    alice = visit(cast.alice)
    expect(alice.text).to_be_focused()
    alice.page.keyboard.type("one")
    alice.page.keyboard.press("Shift+Enter")
    alice.page.keyboard.type("two")
    assert alice.text.input_value() == "one\ntwo"
    alice.page.keyboard.press("Enter")
    alice.ended(alice.replies.first)
    assert [command["text"] for command in alice.commands("message.send")] == ["one\ntwo"]
    expect(alice.text).to_be_focused()
    assert alice.text.input_value() == ""


@pytest.mark.soak
def test_enter_that_chooses_a_candidate_does_not_send(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    for fields in ({"isComposing": True}, {"keyCode": 229}, {"isComposing": True, "keyCode": 229}):
        alice.text.fill("ni")
        alice.text.evaluate(PRESS, fields)
        assert alice.text.input_value() == "ni"
    alice.text.fill("你好")
    alice.text.evaluate(PRESS, {"keyCode": 13})
    alice.ended(alice.replies.first)
    assert [command["text"] for command in alice.commands("message.send")] == ["你好"]


def test_enter_that_ends_a_composition_does_not_send_and_the_next_one_does(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    alice = visit(cast.alice)
    alice.text.fill("你")
    alice.text.evaluate(END_COMPOSITION_AND_PRESS)
    assert alice.text.input_value() == "你"
    alice.page.keyboard.type("们")
    alice.page.keyboard.press("Enter")
    alice.ended(alice.replies.first)
    assert [command["text"] for command in alice.commands("message.send")] == ["你们"]


def test_escape_stops_the_reader_s_own_reply_alone_and_never_in_a_composition(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    later = threading.Event()
    vendor.play([openai_event("Never "), vendor.gate], [openai_event("Ever "), later])
    alice = visit(cast.alice)
    alice.page.locator("#composer-team").select_option(label="Crew")
    alice.send("Hers")
    bob = visit(cast.bob, alice.wait_until_begun())
    expect(bob.replies.first.locator(".message__text")).to_have_text("Never")
    bob.text.press("Escape")  # a colleague waits for it
    for fields in ESCAPES_OF_AN_INPUT_METHOD:
        alice.text.evaluate(END_COMPOSITION_AND_PRESS, fields)
    assert alice.commands("reply.stop") == bob.commands("reply.stop") == []
    alice.text.press("Escape")
    bob.ended(bob.replies.first, "stopped")

    bob.send("His")
    expect(alice.replies.nth(1).locator(".message__text")).to_have_text("Ever")
    expect(alice.replies.nth(1).locator("[data-act=stop]")).to_be_visible()
    expect(bob.replies.nth(1).locator("[data-act=stop]")).to_be_hidden()  # the composer's is enough
    alice.text.press("Escape")
    alice.stop_button.click()  # the button does what it says
    bob.ended(bob.replies.nth(1), "stopped")
    assert len(alice.commands("reply.stop")) == 2


@pytest.mark.soak
def test_escape_closes_the_editor_and_keeps_its_words_and_a_composition_keeps_it_open(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_event("Never "), vendor.gate])
    alice = visit(cast.alice)
    alice.send("Tea?")
    expect(alice.replies.first.locator(".message__text")).to_have_text("Never")
    path = alice.wait_until_begun()
    editor = alice.page.locator("message-editor textarea")
    edit = alice.questions.first.locator("[data-act=edit]")
    alice.questions.first.hover()
    edit.click()
    editor.fill("Coffee?")
    for fields in ESCAPES_OF_AN_INPUT_METHOD:
        editor.evaluate(END_COMPOSITION_AND_PRESS, fields)
    expect(editor).to_have_value("Coffee?")
    editor.press("Escape")
    expect(editor).to_have_count(0)
    expect(edit).to_be_focused()
    alice.page.close()
    alice = ChatPage(visit_again := alice.page.context.new_page(), alice.site, alice.watch).open(path)
    editor, edit = visit_again.locator("message-editor textarea"), alice.questions.locator("[data-act=edit]")
    alice.questions.first.hover()
    edit.click()
    expect(editor).to_have_value("Coffee?")
    expect(visit_again.locator(".editor__notice")).to_contain_text("that you had not sent")
    visit_again.get_by_role("button", name="Cancel").click()
    edit.click()
    expect(editor).to_have_value("Tea?")
    editor.fill("Cocoa?")
    editor.press("Enter")
    alice.ended(alice.replies.first)
    old = Message.objects.get(role="assistant", parent__text="Tea?")
    assert old.status == "stopped", "nobody sees it any more"


@pytest.mark.soak
def test_everything_is_reached_by_the_tab_key(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.ask("Earlier")
    alice.open()
    alice.page.keyboard.type("Now")
    reached = []
    for _ in range(20):
        reached.append(alice.page.evaluate(FOCUSED))
        alice.page.keyboard.press("Tab")
    assert reached[:6] == ["text", "attach", "pick", "team", "tune", "send"]
    assert {"skip-link", "sidebar__new", "row__link", "account"} <= set(reached)


def test_a_conversation_is_held_without_a_pointer(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    alice = visit(cast.alice)
    alice.ask("Earlier")
    path = alice.wait_until_begun()
    alice.open()
    while alice.page.evaluate(FOCUSED) != "row__link":
        alice.page.keyboard.press("Shift+Tab")
    alice.page.keyboard.press("Enter")
    alice.page.wait_for_url(f"**{path}")
    expect(alice.text).to_be_focused()
    vendor.play([openai_event("Never "), vendor.gate])
    alice.page.keyboard.type("Go on")
    alice.page.keyboard.press("Enter")
    expect(alice.replies.nth(1).locator(".message__text")).to_have_text("Never")
    alice.page.keyboard.press("Escape")
    alice.ended(alice.replies.nth(1), "stopped")
