"""The table of models/drafts.js: where words and files live through reloads, tabs and sign-outs.

A test walks several of its rows.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import FilePayload, Route, expect

from conversations.models import File, Message
from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.link import Link
from tests.browser.watch import NO_NETWORK
from tests.conftest import PASSWORD, Cast, serve
from tests.fake_vendor import FakeVendor

NOTES = FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"Notes\n")
PLAN = FilePayload(name="plan.txt", mimeType="text/plain", buffer=b"The plan\n")
WITHOUT_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });"
"""A page at an address of plain http has no Web Locks."""
IS_FREE = """async (name) => !(await navigator.locks.query()).held.some((lock) => lock.name.endsWith(name))"""
STORED = "() => Object.keys({ ...localStorage }).filter((key) => /^(written|returned|outbox):/.test(key)).length"


@pytest.fixture(autouse=True)
def _tidy(cast: Cast) -> Iterator[None]:
    yield
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


def test_every_place_has_its_own_draft_and_sending_empties_only_that(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    alice = visit(cast.alice)
    alice.ask("First")
    first = alice.wait_until_begun()
    alice.text.fill("about the first")
    alice.open("/")
    expect(alice.text).to_be_empty()
    alice.text.fill("something new")
    alice.open(first)
    for _ in ("after the switch", "after a reload"):
        expect(alice.text).to_have_value("about the first")
        alice.page.reload()
    alice.ask("about the first")
    alice.page.reload()
    expect(alice.text).to_be_empty()
    alice.open("/")
    expect(alice.text).to_have_value("something new")
    assert alice.page.evaluate(STORED) == 1


@pytest.mark.parametrize(
    "script", [pytest.param("", id="locks"), pytest.param(WITHOUT_LOCKS, marks=pytest.mark.soak, id="no locks")]
)
def test_a_tab_s_words_are_its_own(cast: Cast, model: LanguageModel, visit: Visit, script: str) -> None:
    alice = visit(cast.alice, None, new=bool(script))
    alice.page.context.add_init_script(script)
    alice.open()
    alice.text.fill("A long text")
    other = another_tab(alice)
    expect(other.connection).to_be_empty()
    other.text.press_sequentially("Another")
    copy = duplicate(alice)
    expect(copy.connection).to_be_empty()
    copy.text.fill("In the copy")
    other.ask("Another")
    for tab, words in ((alice, "A long text"), (copy, "In the copy"), (other, "")):
        expect(tab.text).to_have_value(words)
    assert copy.path == alice.path == "/", "they do not follow the other's new conversation"
    alice.page.reload()
    copy.page.reload()
    expect(alice.text).to_have_value("A long text")
    expect(copy.text).to_have_value("In the copy")
    alice.ask("A long text")
    assert copy.path == "/"
    expect(copy.questions).to_have_count(0)
    copy.page.close()
    late = another_tab(other)
    expect(late.text).to_have_value("In the copy")  # its tab is gone
    late.page.reload()
    expect(late.text).to_have_value("In the copy")
    assert another_tab(late).text.input_value() == ""


@pytest.mark.soak
def test_another_device_goes_on_with_a_draft_and_overwrites_nobody_s_words(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    alice = visit(cast.alice)
    alice.ask("First")
    path = alice.wait_until_begun()
    write(alice, "A draft")
    phone = visit(cast.alice, path)
    expect(phone.text).to_have_value("A draft")
    write(phone, "A draft, longer")
    show_again(alice)
    expect(alice.text).to_have_value("A draft, longer")
    alice.page.reload()
    expect(alice.text).to_have_value("A draft, longer")
    alice.page.route("**/api/v1/drafts*", lambda route: route.fulfill(status=503, body="{}"))
    alice.watch.expect("503")
    alice.text.fill("Written without a connection")
    alice.page.wait_for_timeout(10)
    write(phone, "Written on the phone")
    alice.page.unroute_all()
    show_again(alice)
    offer = alice.page.get_by_role("button", name="Add what you wrote on another device: “Written on the phone”")
    expect(offer).to_be_visible()
    expect(alice.text).to_have_value("Written without a connection")
    offer.click()
    expect(alice.text).to_have_value("Written on the phone\n\nWritten without a connection")
    with saved(alice):
        alice.send_button.click()
    show_again(phone)
    expect(phone.text).to_be_empty()
    phone.page.reload()
    expect(phone.questions).to_have_count(2)
    expect(phone.text).to_be_empty()


def test_what_was_typed_before_the_scripts_came_stands_behind_what_was_kept(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    alice = visit(cast.alice)
    alice.ask("First")
    alice.wait_until_begun()
    alice.text.fill("Kept")
    held: list[Route] = []
    arrived = threading.Event()
    alice.page.route("**/js*/app*.js", lambda route: (held.append(route), arrived.set()))
    alice.page.reload(wait_until="commit")
    alice.text.press_sequentially("Typed")
    alice.page.locator(".sidebar__search").fill("nowhere")
    alice.text.evaluate("box => { box.focus(); box.setSelectionRange(2, 2); }")
    while not held:
        alice.page.wait_for_timeout(10)
    held[0].continue_()
    expect(alice.text).to_have_value("Kept\n\nTyped")
    alice.page.keyboard.type("!")
    expect(alice.text).to_have_value("Kept\n\nTy!ped")
    expect(alice.page.locator(".sidebar__nothing")).to_be_visible()
    alice.page.unroute_all()
    alice.page.reload()
    expect(alice.text).to_have_value("Kept\n\nTy!ped")


@pytest.mark.soak
def test_a_model_that_was_chosen_leaves_the_draft_as_it_was(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    serve(vendor, "openai", "macaw")
    alice = visit(cast.alice)
    alice.choose_model("macaw")
    alice.text.fill("A long text")
    alice.attach(NOTES)
    alice.uploaded(1)
    alice.page.reload()
    expect(alice.model_button).to_contain_text("macaw")
    expect(alice.text).to_have_value("A long text")
    expect(alice.attached).to_have_count(1)


def test_files_stay_beside_the_draft_while_the_server_keeps_them(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    model.deployments.update(takes_images=True, takes_documents=True)
    alice = visit(cast.alice)
    alice.watch.expect("404")
    alice.ask("First")
    alice.text.fill("Read both")
    alice.attach(NOTES, PLAN)
    alice.uploaded(2)
    first = alice.path
    alice.page.reload()
    expect(alice.attached).to_contain_text(["notes.txt", "plan.txt"])
    alice.open("/")
    expect(alice.attached).to_have_count(0)
    File.objects.filter(name="notes.txt").update(created_at=timezone.now() - timedelta(hours=25))
    File.objects.forgotten().delete()
    alice.open(first)
    expect(alice.tray_notice).to_have_text(
        "“notes.txt” is no longer kept, because it was not sent within a day. Add it again."
    )
    expect(alice.attached).to_contain_text(["plan.txt"])
    held: list[Route] = []
    alice.page.route("**/api/v1/files", lambda route: held.append(route))
    alice.attach(NOTES)
    expect(alice.attached).to_have_count(2)
    alice.page.reload()
    expect(alice.tray_notice).to_have_text("“notes.txt” had not arrived when the page was left. Add it again.")
    held[0].abort()
    expect(alice.attached).to_have_count(1)
    alice.send_button.click()
    alice.ended(alice.replies.nth(1))
    assert [file.name for file in Message.objects.filter(role="user").last().files.all()] == ["plan.txt"]  # type: ignore[union-attr]
    alice.page.reload()
    expect(alice.text).to_be_empty()
    expect(alice.attached).to_have_count(0)


def test_a_chosen_sign_out_asks_about_unsent_words_and_then_forgets_them(
    cast: Cast, model: LanguageModel, visit: Visit, link: Link
) -> None:
    chat = visit(cast.alice, at=link.address)
    chat.watch.expect(r"401 \(Unauthorized\)", "503", NO_NETWORK)
    chat.page.context.route("**/api/v1/drafts*", lambda route: route.fulfill(status=503, body="{}"))  # only here
    chat.text.fill("for Alice's eyes")
    link.cut()
    other = another_tab(chat, None)
    link.mend()
    other.open()
    other.text.fill("another draft")
    press_sign_out(other)
    told = other.page.get_by_role("alert")
    expect(told).to_contain_text("0 messages and 2 drafts")
    other.page.get_by_role("link", name="Cancel").click()
    expect(other.text).to_have_value("another draft")
    press_sign_out(other)
    other.page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert other.page.evaluate(STORED) == 0
    fill_in(other, "bob", PASSWORD)
    expect(other.page.locator(".account__name")).to_have_text("bob")
    expect(other.text).to_be_empty()
    press_sign_out(other)  # nothing is unsent: nobody asks
    fill_in(other, "alice", PASSWORD)
    expect(other.page.locator(".account__name")).to_have_text("alice")
    expect(other.text).to_be_empty()


@pytest.mark.soak
def test_a_session_that_ends_by_itself_keeps_the_draft_for_its_writer_alone(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    chat = visit(cast.alice)
    chat.watch.expect(r"401 \(Unauthorized\)")
    chat.text.fill("not finished")
    cast.alice.set_password("another long passphrase")
    cast.alice.save()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    fill_in(chat, "bob", PASSWORD)
    expect(chat.page.locator(".account__name")).to_have_text("bob")
    expect(chat.text).to_be_empty()
    chat.page.context.clear_cookies()
    chat.open()
    fill_in(chat, "alice", "another long passphrase")
    expect(chat.text).to_have_value("not finished")


@contextmanager
def saved(chat: ChatPage) -> Iterator[None]:
    """Wait until the account has what is done inside."""
    is_it = lambda response: response.url.endswith("/drafts") and response.request.method == "PUT"  # noqa: E731
    with chat.page.expect_response(is_it):
        yield


def write(chat: ChatPage, text: str) -> None:
    """Write a draft and wait until the account has it."""
    with saved(chat):
        chat.text.fill(text)


def show_again(chat: ChatPage) -> None:
    """Come back to a tab, as a browser tells its page."""
    chat.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def another_tab(chat: ChatPage, path: str | None = "/") -> ChatPage:
    tab = ChatPage(chat.page.context.new_page(), chat.site, chat.watch)
    return tab.open(path) if path else tab


def duplicate(chat: ChatPage) -> ChatPage:
    """Open a tab that begins with a copy of this one's sessionStorage, as a browser's “Duplicate” does."""
    with chat.page.expect_popup() as popup:
        chat.page.evaluate("void open(location.href)")
    assert popup.value.evaluate("sessionStorage.length")
    return ChatPage(popup.value, chat.site, chat.watch)


def press_sign_out(chat: ChatPage) -> None:
    chat.page.locator(".account").click()
    chat.page.get_by_role("button", name="Sign out").click()


def fill_in(chat: ChatPage, name: str, password: str) -> None:
    chat.page.fill("[name=login]", name)
    chat.page.fill("[name=password]", password)
    chat.page.keyboard.press("Enter")
