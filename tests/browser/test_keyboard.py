"""Enter, the input method and the tab key."""

from playwright.sync_api import expect

from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import END_COMPOSITION_AND_PRESS, FOCUSED, PRESS
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_event


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


def test_everything_is_reached_by_the_tab_key(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.ask("Earlier")
    alice.open()
    alice.page.keyboard.type("Now")
    reached = []
    for _ in range(20):
        reached.append(alice.page.evaluate(FOCUSED))
        alice.page.keyboard.press("Tab")
    assert reached[:6] == ["text", "attach", "model", "team", "tune", "send"]
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
