"""The tree in the page: other wordings, other versions, going on, copies, and the way from one to the other."""

import re
import threading

import pytest
from playwright.sync_api import Locator, expect

from conversations.models import Conversation, Message
from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.link import Link
from tests.browser.page_scripts import END_COMPOSITION_AND_PRESS, PLACE, PRESS
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import close, history, openai_end, openai_event, openai_stream

READERS = {"Copy", "More"}
"""The buttons at a message for a person who may not write."""
WRITERS_OF_A_REPLY = {"Copy", "Try again", "More"}


def act(message: Locator, name: str) -> None:
    """Press this button of a message."""
    message.hover()
    message.locator(f"[data-act={name}]").click()


def offered(message: Locator) -> set[str]:
    """Return the names of a message's buttons, without those of its code."""
    message.hover()
    message.locator("[data-act=more]").wait_for()
    return {button.inner_text() for button in message.locator(".message__foot button").all() if button.is_visible()}


def reword(person: ChatPage, question: Locator, text: str) -> None:
    act(question, "edit")
    editor(person).fill(text)
    editor(person).press("Enter")


def editor(person: ChatPage) -> Locator:
    return person.page.locator("message-editor textarea")


def place(message: Locator) -> Locator:
    """Return the element with the number of the shown version, as “2/3”."""
    return message.locator(".switch__place")


def line(person: ChatPage) -> Locator:
    """Return the line under a fork that tells of other versions."""
    return person.page.locator("chat-transcript other-version")


def texts(messages: Locator) -> list[str]:
    return [(text or "").strip() for text in messages.locator(".message__text").all_text_contents()]


def shows(person: ChatPage, *expected: str) -> None:
    """Check that the thread consists of these texts."""
    expect(person.messages.locator(".message__text")).to_have_text(list(expected))


# --- Other wordings ------------------------------------------------------------------------------------------------


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


# --- Other versions ------------------------------------------------------------------------------------------------


def test_another_model_tries_again(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    serve(vendor, "openai", "macaw")
    alice = visit(cast.alice)
    alice.text.fill("Hello")
    alice.choose_model("parrot")
    alice.text.press("Enter")
    alice.ended(alice.replies.first)
    act(alice.replies.first, "more")
    menu = alice.page.locator("message-menu")
    acts = ["Branch into a new conversation", "Share up to here …", "Remark …", "Verify this answer …", "Details"]
    expect(menu.get_by_role("menuitem")).to_have_text([*acts, "macaw"])
    for _ in acts:
        alice.page.keyboard.press("ArrowDown")
    alice.page.keyboard.press("Enter")
    expect(menu).to_be_hidden()
    expect(alice.replies.first.locator(".message__name")).to_have_text("macaw")
    expect(place(alice.replies.first)).to_have_text("2/2")
    expect(alice.replies).to_have_count(1)
    assert [request.json["model"] for request in vendor.requests] == ["parrot", "macaw"]


def test_a_reply_under_way_is_stopped_at_the_composer_and_offers_no_other_try(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_event("So far"), vendor.gate])
    alice = visit(cast.alice)
    alice.send("Go on")
    reply = alice.replies.first
    expect(reply.locator(".message__text")).to_have_text("So far")
    expect(alice.stop_button).to_be_visible()
    expect(reply.locator(".message__foot button:visible")).to_have_count(0)
    alice.send("And on")  # of several, each has a stop of its own
    expect(reply.locator("[data-act=stop]")).to_be_visible()
    alice.replies.nth(1).locator("[data-act=stop]").click()
    alice.ended(alice.replies.nth(1), "stopped")
    expect(reply.locator("[data-act=stop]")).to_be_hidden()
    alice.stop_button.click()
    alice.ended(reply, "stopped")
    expect(alice.stop_button).to_be_hidden()
    assert offered(reply) == {*WRITERS_OF_A_REPLY, "Continue"}


def test_what_broke_off_goes_on_behind_a_seam(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_event("The sun r"), close], [openai_event("ise"), vendor.gate, openai_stream(["s."])])
    alice = visit(cast.alice)
    alice.send("Morning?")
    alice.ended(alice.replies.first, "interrupted")
    act(alice.replies.first, "continue")
    expect(alice.replies.first).to_contain_text("ise")
    vendor.gate.set()
    reply = alice.ended(alice.replies.first)
    expect(reply.locator(".seam")).to_be_visible()
    assert "".join(texts(reply)) == "The sun rises."
    expect(reply.locator("[data-act=continue]")).to_be_hidden()
    expect(place(reply)).to_have_text("2/2")
    reply.locator("[data-step=previous]").click()
    expect(alice.note(alice.replies.first)).to_have_text("The vendor broke off before the end of the reply.")
    expect(alice.replies.first.locator(".message__text")).to_have_text("The sun r")


def test_a_refused_try_says_why(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.ask("Hello")
    Conversation.objects.get().delete()
    act(alice.replies.first, "retry")
    expect(alice.page.locator(".actions__notice:visible")).to_have_text("You no longer have access to this.")


# --- Copies, and readers ---------------------------------------------------------------------------------------------


def test_a_copy_of_the_way_here_opens_as_one_s_own(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    alice = visit(cast.alice)
    for text in ("One", "Two"):
        alice.ask(text)
    path = alice.path
    act(alice.replies.first, "more")
    alice.page.get_by_role("menuitem", name="Branch into a new").click()
    alice.page.wait_for_url(lambda url: not url.endswith(path))
    expect(alice.messages).to_have_count(2)
    expect(alice.rows.locator("[aria-current=page] .row__title")).to_have_text("One")
    alice.ask("Elsewhere")
    assert Conversation.objects.count() == 2


@pytest.mark.soak
def test_who_only_reads_finds_copy_versions_and_a_copy_of_one_s_own(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_event("One"), close], [openai_stream(["Two"])])
    alice = visit(cast.alice)
    alice.page.locator("#composer-team").select_option(label="Crew")
    alice.send("Count")
    alice.ended(alice.replies.first, "interrupted")
    rita = visit(cast.rita, alice.wait_until_begun())
    assert offered(rita.questions.first) == offered(rita.replies.first) == READERS
    act(alice.replies.first, "retry")
    alice.ended(alice.replies.first)
    expect(place(rita.replies.first)).to_have_text("2/2")
    shows(rita, "Count", "Two")
    rita.replies.first.locator("[data-step=previous]").click()
    shows(rita, "Count", "One")
    rita.replies.first.locator("[data-step=next]").click()
    shows(rita, "Count", "Two")
    assert rita.commands("branch.choose") == []
    act(rita.replies.first, "more")
    expect(rita.page.get_by_role("menuitem")).to_have_text(["Branch into a new conversation", "Details"])
    rita.page.get_by_role("menuitem").first.click()
    rita.page.wait_for_url(lambda url: not url.endswith(alice.path))
    expect(rita.text).to_be_visible()
    shows(rita, "Count", "Two")


# --- Team mates ----------------------------------------------------------------------------------------------------


def test_a_team_mate_s_version_moves_nobody_who_writes(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    alice = visit(cast.alice)
    alice.page.locator("#composer-team").select_option(label="Crew")
    alice.send("Tea?")
    alice.ended(alice.replies.first)
    alice.ask("And cake?")
    bob = visit(cast.bob, alice.path)
    before = texts(alice.messages)
    alice.text.fill("More ")
    gate = threading.Event()
    vendor.play([openai_event("Black "), gate, openai_stream(["coffee."])])
    reword(bob, bob.questions.first, "Coffee?")
    expect(bob.replies.first).to_contain_text("Black")
    expect(place(alice.questions.first)).to_have_text("1/2")
    expect(line(alice)).to_have_text(re.compile("bob goes on from version 2 · 2 new messages"))
    gate.set()
    bob.ended(bob.replies.first)
    act(bob.replies.first, "retry")
    expect(place(bob.replies.first)).to_have_text("2/2")
    bob.ended(bob.replies.first)
    expect(line(alice)).to_contain_text("3 new messages")
    assert texts(alice.messages) == before, "she sees what belongs to another branch"
    expect(alice.text).to_have_value("More ")
    expect(alice.stop_button).to_be_hidden()
    reply = alice.ask("More cake?")
    shows(alice, *before, "More cake?", alice.words(reply))
    shows(bob, *before, "More cake?", alice.words(reply))
    expect(line(alice)).to_contain_text("In version 2 · 3 new messages")
    line(alice).get_by_role("button", name="Show").click()
    shows(alice, "Coffee?", "You said: Coffee?.")
    expect(place(alice.replies.first)).to_have_text("2/2")
    beside = "You go on from version 1", "In version 1 · 1 new message"
    expect(line(alice)).to_have_text([re.compile(words) for words in beside])


@pytest.mark.soak
def test_a_version_is_shown_while_it_is_written(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_stream(["Old."])], [openai_event("Brand "), vendor.gate, openai_stream(["new."])])
    alice = visit(cast.alice)
    alice.page.locator("#composer-team").select_option(label="Crew")
    alice.send("Which?")
    alice.ended(alice.replies.first)
    bob = visit(cast.bob, alice.wait_until_begun())
    act(alice.replies.first, "retry")
    expect(alice.replies.first).to_contain_text("Brand")
    expect(bob.replies.first).to_contain_text("Brand")
    expect(place(bob.replies.first)).to_have_text("2/2")
    expect(line(bob)).to_contain_text("alice goes on from version 2. You see it now.")
    vendor.gate.set()
    for person in (alice, bob):
        person.ended(person.replies.first)
        shows(person, "Which?", "Brand new.")
    line(bob).get_by_role("button", name="Back").click()
    shows(bob, "Which?", "Old.")


def test_the_reader_keeps_the_place(cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit) -> None:
    long = "\n\n".join(f"Paragraph {number}" for number in range(60))
    vendor.play(*[[openai_stream([long])]] * 3)
    alice = visit(cast.alice)
    alice.ask("Begin")
    alice.ask("Write")
    act(alice.questions.nth(1), "edit")
    editor(alice).fill("Write more")
    editor(alice).press("Enter")
    expect(place(alice.questions.nth(1))).to_have_text("2/2")
    alice.ended(alice.replies.nth(1))
    back = alice.questions.nth(1).locator("[data-step=previous]")
    back.scroll_into_view_if_needed()
    before = back.evaluate(f"button => {{ const top = ({PLACE})(button); button.click(); return top; }}")
    expect(alice.page.locator(".transcript__said")).to_have_text("Version 1 of 2")
    after = alice.questions.nth(1).locator("[data-step=previous]").element_handle()
    alice.page.wait_for_function(f"([button, top]) => Math.abs(({PLACE})(button) - top) <= 2", arg=[after, before])


# --- Waiting -------------------------------------------------------------------------------------------------------


def test_a_question_asked_meanwhile_waits_in_sight(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    vendor.play([openai_event("Slow"), vendor.gate, openai_end()])
    alice = visit(cast.alice)
    alice.send("First")
    expect(alice.replies.first).to_contain_text("Slow")
    alice.send("Second")
    waiting = alice.note(alice.replies.nth(1))
    expect(waiting).to_have_text("Queued")
    alice.page.reload()
    expect(waiting).to_have_text("Queued")
    alice.replies.nth(1).locator("[data-act=stop]").click()
    alice.ended(alice.replies.nth(1), "stopped")
    expect(alice.replies.first).to_have_attribute("data-status", "streaming")
    alice.send("Third")
    expect(alice.note(alice.replies.nth(2))).to_have_count(1)
    vendor.gate.set()
    alice.ended(alice.replies.first)
    alice.ended(alice.replies.nth(2))
    expect(alice.note(alice.replies.nth(2))).to_be_empty()
