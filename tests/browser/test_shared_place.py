"""Three people in one thread of their team's: whatever one of them does, nobody misses a message."""

import re
import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from conversations.models import Message
from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.link import Link
from tests.browser.test_comparison import columns, compare, models
from tests.browser.tree import act, line, place, reword, shows
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_event, openai_stream


def begin(person: ChatPage, text: str) -> str:
    """Begin a conversation of the team's, and return its path."""
    person.page.locator("#composer-team").select_option(label="Crew")
    person.send(text)
    person.ended(person.replies.first)
    return person.wait_until_begun()


def test_all_go_on_together_and_who_is_elsewhere_is_told(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, visit: Visit, connect: Callable[..., Socket]
) -> None:
    vendor.play(*([openai_stream([word])] for word in ("One.", "Two.", "Three.", "Four.", "Five.")))
    alice = visit(cast.alice)
    path = begin(alice, "Count")
    bob, rita = visit(cast.bob, path), visit(cast.rita, path)

    # One looks at another version: that is seen by nobody else, and stays after a reload.
    act(bob.replies.first, "retry")
    for person in (alice, bob, rita):
        shows(person, "Count", "Two.")
    alice.replies.first.locator("[data-step=previous]").click()
    shows(alice, "Count", "One.")
    expect(line(alice)).to_have_text(re.compile("bob goes on from version 2 *Show"))
    alice.page.reload()
    shows(alice, "Count", "One.")
    expect(place(alice.replies.first)).to_have_text("1/2")
    expect(line(alice)).to_contain_text("bob goes on from version 2")
    shows(rita, "Count", "Two.")

    # Words under an older version lead the others there, except who is writing: they are told.
    bob.text.fill("Wait")
    alice.send("And under the first?")
    shows(alice, "Count", "One.", "And under the first?", "Three.")
    expect(line(alice)).to_have_count(0)
    shows(rita, "Count", "One.", "And under the first?", "Three.")
    shows(bob, "Count", "Two.")
    expect(line(bob)).to_have_text(re.compile("alice goes on from version 1 · 2 new messages *Show"))
    expect(bob.text).to_have_value("Wait")
    bob.page.reload()
    shows(bob, "Count", "Two.")
    expect(line(bob)).to_contain_text("alice goes on from version 1 · 2 new messages")
    line(bob).get_by_role("button", name="Show").click()
    shows(bob, "Count", "One.", "And under the first?", "Three.")
    expect(line(bob)).to_have_count(0)
    bob.page.reload()
    shows(bob, "Count", "One.", "And under the first?", "Three.")

    # Who is away while the thread goes to and fro finds words that were left behind.
    rita.page.goto(rita.site + "/")
    expect(rita.text).to_be_visible()
    reword(bob, bob.questions.nth(1), "Or so?")
    shows(alice, "Count", "One.", "Or so?", "Four.")
    socket = connect(cast.alice)
    question = Message.objects.get(text="And under the first?")
    assert socket.ask("branch.choose", message=question.pk)["type"] == "ack"
    shows(alice, "Count", "One.", "And under the first?", "Three.")
    row = rita.rows.first
    expect(row).to_have_attribute("data-unread", "")
    row.locator("a").click()
    shows(rita, "Count", "One.", "And under the first?", "Three.")
    expect(line(rita)).to_have_text(re.compile("In version 2 · 2 new messages *Show"))
    rita.page.reload()
    line(rita).get_by_role("button", name="Show").click()
    shows(rita, "Count", "One.", "Or so?", "Four.")
    expect(line(rita)).to_contain_text("alice goes on from version 1")


@pytest.mark.soak
def test_the_way_there_is_in_sight_wherever_one_reads(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, visit: Visit, link: Link
) -> None:
    long = "\n\n".join(f"Paragraph {number}" for number in range(60))
    vendor.play(
        [openai_stream([long])], [openai_stream([long])], [openai_stream(["Short."])], [openai_stream(["End."])]
    )
    alice = visit(cast.alice)
    path = begin(alice, "Write")
    alice.ask("More")
    rita = visit(cast.rita, path, at=link.address)
    rita.watch.expect("WebSocket connection to .* failed", "net::ERR_")

    # A reader in the middle of what would go away stays there.
    rita.page.locator("chat-transcript").hover()
    rita.page.mouse.wheel(0, -600)
    expect(rita.page.locator(".latest")).to_be_visible()
    act(alice.replies.first, "retry")
    alice.ended(alice.replies.first)
    shows(alice, "Write", "Short.")
    expect(rita.messages).to_have_count(4)
    hint = rita.page.locator(".chat__foot > other-version")
    expect(hint).to_be_visible()
    expect(hint).to_contain_text("alice goes on from version 2 · 1 new message")
    line(rita).scroll_into_view_if_needed()
    expect(hint).to_be_hidden()
    line(rita).get_by_role("button", name="Show").click()
    shows(rita, "Write", "Short.")

    # What happened without a connection is told when it is back.
    link.cut()
    alice.replies.first.locator("[data-step=previous]").click()
    expect(alice.messages).to_have_count(4)
    alice.ask("Once more")
    link.mend()
    rita.wake()
    expect(rita.questions.locator(".message__text")).to_have_text(["Write", "More", "Once more"])


@pytest.mark.soak
def test_a_hit_on_another_branch_opens_it_as_a_look(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, visit: Visit
) -> None:
    vendor.play([openai_stream(["A heron."])], [openai_stream(["A stork."])])
    alice = visit(cast.alice)
    path = begin(alice, "Which bird?")
    act(alice.replies.first, "retry")
    shows(alice, "Which bird?", "A stork.")
    bob = visit(cast.bob, path).keep_marks()
    shows(bob, "Which bird?", "A stork.")
    expect(bob.page.locator("conversation-list:defined")).to_be_attached()  # before it nobody hears what is typed
    bob.page.locator(".sidebar__search").fill("heron")
    bob.page.locator(".rows--found .row__link").click()
    shows(bob, "Which bird?", "A heron.")
    expect(bob.replies.first).to_have_attribute("data-named", "")
    expect(line(bob)).to_have_text(re.compile("alice goes on from version 2 *Show"))
    shows(alice, "Which bird?", "A stork.")
    expect(line(alice)).to_have_count(0)
    bob.page.locator(".sidebar__search").fill("stork")
    bob.page.locator(".rows--found .row__link").click()
    shows(bob, "Which bird?", "A stork.")
    expect(bob.replies.first).to_have_attribute("data-named", "")
    expect(line(bob)).to_have_count(0)
    assert "at=" not in bob.page.url


@pytest.mark.soak
def test_of_compared_replies_one_is_where_all_go_on(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    models(vendor, alpha=[openai_stream(["From alpha."])], beta=[openai_stream(["From beta."])])
    alice = visit(cast.alice, viewport={"width": 1400, "height": 900})
    alice.page.locator("#composer-team").select_option(label="Crew")
    compare(alice, "Hello", "alpha", "beta")
    for number in range(2):
        alice.ended(columns(alice).nth(number))
    bob = visit(cast.bob, alice.wait_until_begun(), viewport={"width": 1400, "height": 900})
    expect(columns(bob).first.locator(".actions__current")).to_have_text("The thread continues from here")
    columns(alice).nth(1).get_by_role("button", name="Continue from this").click()
    for person in (alice, bob):
        expect(columns(person).nth(1)).to_have_attribute("data-current", "chosen")
        expect(columns(person).first.locator(".actions__current")).to_be_hidden()
    chosen = bob.words(columns(bob).nth(1))
    bob.send("Onward")
    for person in (alice, bob):
        expect(person.questions).to_have_count(2)
        assert person.words(person.replies.first) == chosen
    alice.replies.first.locator("[data-step=previous]").click()
    expect(columns(alice)).to_have_count(2)
    expect(line(alice)).to_contain_text("bob goes on from version 2")


def test_two_tabs_of_a_private_thread_keep_what_they_show(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, visit: Visit
) -> None:
    gate = threading.Event()
    vendor.play(
        [openai_stream(["One."])], [openai_event("Tw"), gate, openai_stream(["o."])], [openai_stream(["Three."])]
    )
    alice = visit(cast.alice)
    alice.ask("Count")
    other = ChatPage(alice.page.context.new_page(), alice.site, alice.watch).open(alice.wait_until_begun())
    shows(other, "Count", "One.")
    act(alice.replies.first, "retry")
    gate.set()
    alice.ended(alice.replies.first)
    shows(other, "Count", "One.")
    expect(line(other)).to_have_text(re.compile("You go on from version 2 *Show"))
    other.page.reload()
    shows(other, "Count", "One.")
    expect(line(other)).to_contain_text("You go on from version 2")
    line(other).get_by_role("button", name="Show").click()
    shows(other, "Count", "Two.")
    alice.replies.first.locator("[data-step=previous]").click()
    shows(alice, "Count", "One.")
    other.page.reload()
    shows(other, "Count", "Two.")
    other.send("On")
    shows(other, "Count", "Two.", "On", "Three.")
    expect(line(other)).to_have_count(0)
    expect(line(alice)).to_contain_text("You go on from version 2")
