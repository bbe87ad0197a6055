"""A draft stays in its conversation, and belongs to its author."""

from playwright.sync_api import expect

from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.conftest import PASSWORD, Cast


def test_every_conversation_has_its_own(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.ask("First")
    first = alice.wait_until_begun()
    alice.text.fill("about the first")
    alice.open("/")
    assert alice.text.input_value() == ""
    alice.text.fill("something new")
    alice.open(first)
    assert alice.text.input_value() == "about the first"
    alice.page.reload()
    assert alice.text.input_value() == "about the first"
    alice.ask("about the first")
    alice.page.reload()
    assert alice.text.input_value() == ""
    alice.open("/")
    assert alice.text.input_value() == "something new"


def test_every_tab_shows_it_and_sending_clears_it_everywhere(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.ask("First")
    path = alice.wait_until_begun()
    other = ChatPage(alice.page.context.new_page(), alice.site, alice.watch).open(path)
    alice.text.fill("half a thought")
    expect(other.text).to_have_value("half a thought")
    other.text.press_sequentially(", and the rest")
    expect(alice.text).to_have_value("half a thought, and the rest")
    other.text.press("Enter")
    other.ended(other.replies.nth(1))
    expect(alice.text).to_have_value("")
    alice.ended(alice.replies.nth(1))
    assert alice.words(alice.questions.nth(1)) == "half a thought, and the rest"


def test_it_waits_for_the_person_and_is_shown_to_no_other(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    chat = visit(cast.alice)
    chat.watch.expect(r"401 \(Unauthorized\)")  # a request of the page at the moment when it was left
    chat.text.fill("for Alice's eyes")
    assert sign_in_as(chat, "bob").text.input_value() == ""
    chat.text.fill("Bob's own")
    assert sign_in_as(chat, "alice").text.input_value() == "for Alice's eyes"
    assert sign_in_as(chat, "bob").text.input_value() == "Bob's own"


def test_a_session_that_ends_leads_to_the_sign_in_and_keeps_the_draft(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    chat = visit(cast.alice)
    chat.watch.expect(r"401 \(Unauthorized\)")
    chat.text.fill("not finished")
    cast.alice.set_password("another long passphrase")
    cast.alice.save()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    fill_in(chat, "alice", "another long passphrase")
    expect(chat.text).to_have_value("not finished")


def sign_in_as(chat: ChatPage, name: str) -> ChatPage:
    """Sign out, and in as another person, in the same browser."""
    chat.page.locator(".account").click()
    chat.page.get_by_role("button", name="Sign out").click()
    fill_in(chat, name, PASSWORD)
    expect(chat.page.locator(".account__name")).to_have_text(name)
    return chat


def fill_in(chat: ChatPage, name: str, password: str) -> None:
    chat.page.fill("[name=login]", name)
    chat.page.fill("[name=password]", password)
    chat.page.keyboard.press("Enter")
