"""The tree in the page: other versions, going on, copies, and the way from one to the other."""

import re
import threading

import pytest
from playwright.sync_api import expect

from conversations.models import Conversation
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import PLACE
from tests.browser.tree import act, editor, line, offered, place, reword, shows, texts
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import close, openai_end, openai_event, openai_stream

READERS = {"Copy", "More"}
"""The buttons at a message for a person who may not write."""
WRITERS_OF_A_REPLY = {"Copy", "Try again", "More"}


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
