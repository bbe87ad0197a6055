"""Questions in other words, and the versions of a reply, by keyboard and pointer."""

from playwright.sync_api import expect

from conversations.models import Message
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.link import Link
from tests.browser.page_scripts import END_COMPOSITION_AND_PRESS, PRESS
from tests.browser.tree import act, editor, place, reword, shows, texts
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import history, openai_stream


def test_a_question_is_asked_in_other_words_and_both_stay_within_reach(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    alice = visit(cast.alice)
    for text in ("Tea?", "And cake?"):
        alice.ask(text)
    second = texts(alice.replies)[1]
    reword(alice, alice.questions.first, "Coffee?")
    shows(alice, "Coffee?", "You said: Coffee?.")
    expect(alice.page.locator("message-editor")).to_have_count(0)
    expect(alice.text).to_be_focused()
    question = alice.questions.first
    expect(place(question)).to_have_text("2/2")
    expect(question.locator("[data-step=next]")).to_have_attribute("aria-disabled", "true")
    question.locator("[data-step=previous]").click()
    expect(alice.questions.first.locator(".message__text")).to_have_text("Tea?")
    expect(alice.messages).to_have_count(4)
    assert texts(alice.replies)[1] == second
    expect(place(alice.questions.first)).to_have_text("1/2")
    alice.page.reload()
    expect(alice.questions.locator(".message__text")).to_have_text(["Tea?", "And cake?"])
    expect(place(alice.questions.first)).to_have_text("1/2")
    assert [history(request)[-1] for request in vendor.requests] == ["Tea?", "And cake?", "Coffee?"]


def test_a_branch_below_a_message_that_is_not_in_sight_comes_with_all_above_it(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    alice = visit(cast.alice)
    for text in ("Tea?", "And cake?"):
        alice.ask(text)
    whole = texts(alice.messages)
    alice.replies.first.evaluate("""reply => {
        const detail = { type: "show", parent: reply.dataset.id };
        const transcript = reply.closest("chat-transcript");
        reply.remove();  // as if the connection had been lost before it was told of
        transcript.dispatchEvent(new CustomEvent("act", { bubbles: true, detail }));
    }""")
    expect(alice.messages).to_have_count(4)
    assert texts(alice.messages) == whole


def test_versions_are_reached_by_keyboard_and_said(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play(*([openai_stream([word])] for word in ("One.", "Two.", "Three.")))
    alice = visit(cast.alice)
    alice.ask("Count")
    for number in (2, 3):
        act(alice.replies.first, "retry")
        expect(place(alice.replies.first)).to_have_text(f"{number}/{number}")
        alice.ended(alice.replies.first)
    expect(alice.replies.first.locator("[data-step=next]")).to_have_css("opacity", "0.4")  # there is no fourth
    back = alice.replies.first.locator("[data-step=previous]")
    expect(back).to_have_accessible_name("Previous version")
    expect(alice.text).to_be_focused()  # the new version has been brought into sight
    back.focus()
    for key, number, text in (("Enter", 2, "Two."), ("ArrowLeft", 1, "One."), ("ArrowRight", 2, "Two.")):
        alice.page.keyboard.press(key)
        expect(alice.replies.locator(".message__text")).to_have_text([text])
        expect(alice.page.locator(".transcript__said")).to_have_text(f"Version {number} of 3")
        expect(alice.replies.locator("[data-step]:focus")).to_have_count(1)
    following = alice.replies.first.locator("[data-step=next]")
    following.hover()
    expect(following).to_have_attribute("title", "parrot")
    expect(alice.messages).to_have_count(2)


def test_the_editor_knows_the_composer_s_keys(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.ask("Tea?")
    question = alice.questions.first
    display = question.evaluate("message => getComputedStyle(message).display")
    act(question, "edit")
    expect(editor(alice)).to_be_focused()
    assert editor(alice).input_value() == "Tea?"
    expect(question).to_have_css("content-visibility", "visible")  # else WebKit shows nothing of the editor
    expect(question).to_have_css("display", display)
    editor(alice).fill("ni")
    editor(alice).evaluate(PRESS, {"isComposing": True})
    editor(alice).evaluate(END_COMPOSITION_AND_PRESS)
    editor(alice).press("Shift+Enter")
    assert editor(alice).input_value() == "ni\n"
    editor(alice).press("Escape")
    expect(editor(alice)).to_have_count(0)
    expect(question.locator("[data-act=edit]")).to_be_focused()
    expect(question.locator(".message__text")).to_have_text("Tea?")
    assert alice.commands("message.edit") == []
    act(question, "edit")
    assert editor(alice).input_value() == "ni\n"
    editor(alice).fill("   ")
    expect(alice.page.locator("message-editor button[name=send]")).to_be_disabled()


def test_a_refused_wording_stays_in_the_editor(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.ask("Tea?")
    reword(alice, alice.questions.first, "x" * 100_001)
    notice = alice.page.locator(".editor__notice")
    expect(notice).to_contain_text("too long")
    assert editor(alice).input_value() == "x" * 100_001
    editor(alice).fill("Coffee?")
    expect(notice).to_be_hidden()
    editor(alice).press("Enter")
    shows(alice, "Coffee?", "You said: Coffee?.")


def test_a_lost_wording_stays_and_is_asked_once(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, link: Link
) -> None:
    alice = visit(cast.alice, at=link.address)
    alice.watch.expect("WebSocket connection to .* failed", "net::ERR_")
    alice.ask("Tea?")
    act(alice.questions.first, "edit")
    editor(alice).fill("Coffee?")
    link.cut()
    expect(alice.connection).to_have_text("Reconnecting…")
    editor(alice).press("Enter")
    expect(alice.page.locator(".editor__notice")).to_contain_text("Your text is still here")
    assert editor(alice).input_value() == "Coffee?"
    link.mend()
    expect(alice.connection).not_to_have_text("Reconnecting…")  # on a busy machine by an event stream at first
    editor(alice).press("Enter")
    shows(alice, "Coffee?", "You said: Coffee?.")
    assert Message.objects.filter(role="user").count() == 2
