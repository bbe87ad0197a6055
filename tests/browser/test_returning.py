"""A page that comes back after sleep, from the history, or after a server closed its socket.

Its clock may be wrong, or its storage missing.
"""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from conversations.live import hub, viewers
from conversations.models import Message, User
from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.link import Link
from tests.browser.watch import NO_NETWORK
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import history, openai_end, openai_event

Connect = Callable[..., Socket]
YEAR = 365 * 24 * 3600
NO_PAUSE = "Math.random = () => 0.02;"
NO_STORAGE = """
for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("It is switched off.", "SecurityError"); } });
}
"""
FULL_STORAGE = """
for (const storage of [localStorage, sessionStorage]) {
  for (let size = 2 ** 22; size >= 1; size /= 2) {
    const more = (number) => storage.setItem(`${size}.${number}`, "x".repeat(size));
    try { for (let number = 0; ; number++) more(number); } catch { /* full */ }
  }
}
"""
HIDE = "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))"
SHOW = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
def rest(vendor: FakeVendor) -> Iterator[threading.Event]:
    """Let the next reply send a word, and the others once the returned event is set."""
    rest = threading.Event()
    vendor.play([openai_event("One, "), rest, openai_event("two, "), openai_event("three."), openai_end()])
    yield rest
    rest.set()


def begun(alice: ChatPage) -> ChatPage:
    alice.send("Count")
    expect(alice.replies.first.locator(".message__text")).to_have_text("One,")
    return alice


def whole(alice: ChatPage) -> None:
    alice.ended(alice.replies.first)
    assert alice.words(alice.replies.first) == "One, two, three."
    assert alice.messages.count() == Message.objects.count() == 2


def test_c13_a_laptop_that_slept_is_back_within_a_second(
    cast: Cast, model: LanguageModel, visit: Visit, link: Link, rest: threading.Event
) -> None:
    alice = visit(cast.alice, None, at=link.address)
    alice.watch.expect(NO_NETWORK)
    alice.page.clock.install()
    begun(alice.open())
    link.fall_silent()  # a sleeping machine does not learn that its connections have ended
    alice.page.clock.fast_forward(10 * 60 * 1000)
    woken = time.monotonic()
    alice.page.evaluate(LOOK)
    rest.set()
    whole(alice)
    assert time.monotonic() - woken < 3  # a second for the page, the rest for this test itself
    expect(alice.connection).to_be_empty()


@pytest.mark.soak
def test_c18_a_page_from_the_history_hears_the_rest(
    cast: Cast, model: LanguageModel, visit: Visit, rest: threading.Event
) -> None:
    alice = begun(visit(cast.alice))
    alice.page.evaluate(HIDE)
    rest.set()
    gone(cast.alice)
    alice.page.evaluate(SHOW)
    whole(alice)
    assert alice.ask("Next")


@pytest.mark.parametrize("code", [pytest.param(1012, marks=pytest.mark.soak), 4408])
def test_a_page_that_the_server_closed_comes_back_for_the_rest(
    cast: Cast, model: LanguageModel, visit: Visit, rest: threading.Event, code: int
) -> None:
    alice = visit(cast.alice, None)
    alice.page.add_init_script(NO_PAUSE)
    begun(alice.open())
    close(cast.alice, code)
    gone(cast.alice)
    rest.set()
    whole(alice)
    expect(alice.connection).to_be_empty()


def test_what_is_written_while_a_server_restarts_does_not_wait_for_the_pause(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    alice = visit(cast.alice, None)
    alice.page.add_init_script("Math.random = () => 0.99;")
    alice.open()
    alice.ask("First")
    close(cast.alice, 1012)
    gone(cast.alice)
    asked = time.monotonic()
    alice.ask("Second")
    assert time.monotonic() - asked < 6, "it waited for the 8 seconds after a restart"


@pytest.mark.soak
def test_a_tab_that_made_room_stays_away_until_somebody_wants_it(
    cast: Cast, model: LanguageModel, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "MAX_SOCKETS", 1)
    alice = visit(cast.alice)
    alice.ask("First")
    other = ChatPage(alice.page.context.new_page(), alice.site, alice.watch).open(alice.wait_until_begun())
    expect(alice.connection).to_contain_text("You have many windows open, so this one is paused.")
    for event in (LOOK, SHOW, "dispatchEvent(new Event('online'))"):
        alice.page.evaluate(event)
    other.ask("Second")
    expect(other.connection).to_be_empty()
    expect(alice.connection).to_contain_text("paused")
    assert alice.messages.count() == 2
    alice.page.get_by_role("button", name="Use here").click()
    expect(other.connection).to_contain_text("paused")
    expect(alice.messages).to_have_count(4)
    expect(alice.connection).to_be_empty()
    other.ask("Third")  # a person who writes in a tab needs its socket
    expect(alice.connection).to_contain_text("paused")


@pytest.mark.parametrize("trouble", [pytest.param("off", marks=pytest.mark.soak), "full"])
def test_c17_without_room_in_the_browser_everything_works(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, link: Link, trouble: str
) -> None:
    alice = visit(cast.alice, None, at=link.address)
    alice.watch.expect(NO_NETWORK)
    alice.page.add_init_script(NO_STORAGE if trouble == "off" else FULL_STORAGE)
    alice.open()
    alice.text.fill("a draft")
    assert alice.text.input_value() == "a draft"
    alice.ask("First")
    link.cut()
    alice.send("Second")
    alice.send("Third")
    expect(alice.questions).to_have_count(3)
    link.mend()
    alice.wake()
    alice.ended(alice.replies.nth(2))
    assert [history(request)[-1] for request in vendor.requests] == ["First", "Second", "Third"]
    assert alice.messages.count() == Message.objects.count() == 6


@pytest.mark.soak
@pytest.mark.parametrize(
    ("years", "zone"), [pytest.param(-1, "Pacific/Kiritimati", marks=pytest.mark.soak), (1, "Asia/Kolkata")]
)
def test_c16_a_wrong_clock_changes_no_order(
    cast: Cast, model: LanguageModel, visit: Visit, link: Link, years: int, zone: str
) -> None:
    alice = visit(cast.alice, None, at=link.address, timezone_id=zone)
    alice.watch.expect(NO_NETWORK)
    alice.open()
    alice.ask("First")
    alice.page.clock.set_system_time(time.time() + years * YEAR)
    link.cut()
    alice.send("Second")
    alice.page.clock.set_system_time(time.time() - years * YEAR)
    alice.send("Third")
    link.mend()
    alice.wake()
    alice.ended(alice.replies.nth(2))
    expect(alice.questions.locator(".message__text")).to_have_text(["First", "Second", "Third"])
    alice.page.reload()
    expect(alice.questions.locator(".message__text")).to_have_text(["First", "Second", "Third"])


# --- The server ------------------------------------------------------------------------------------------------------


def close(person: User, code: int) -> None:
    """Close this person's sockets as the server does."""
    assert hub.loop
    for consumer in hub.subscriptions.of_person(person.id):
        hub.loop.call_soon_threadsafe(consumer._pass_on.__self__.sendCloseFrame, code)  # type: ignore[attr-defined]


def gone(person: User) -> None:
    """Wait until the server has no socket of this person."""
    calm = threading.Event()
    for _ in range(500):
        if not hub.subscriptions.of_person(person.id):
            return
        calm.wait(0.01)
    raise AssertionError("the socket is still there")
