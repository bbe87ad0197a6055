"""The page goes on by an event stream where no websocket gets through, says so, and comes back to a websocket."""

import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from conversations.live import hub
from conversations.models import Message
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.link import Link
from tests.browser.old_proxy import Kind, OldProxy
from tests.browser.watch import NO_NETWORK
from tests.conftest import Cast
from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_end, openai_event

Proxied = Callable[..., OldProxy]
NO_SOCKET = (NO_NETWORK, r"WebSocket connection to .* failed")
SECONDS = 15
"""The seconds from a click to the whole reply, however websockets are blocked."""


@pytest.fixture
def proxied(site: str) -> Iterator[Proxied]:
    """Yield a function that puts an old proxy before the site."""
    made: list[OldProxy] = []

    def put(kind: Kind, **more: bool) -> OldProxy:
        made.append(OldProxy(site, kind, **more).__enter__())
        settings.CHATSITE_ORIGINS.append(made[-1].address)
        return made[-1]

    yield put
    for proxy in made:
        proxy.__exit__(None, None, None)


@pytest.mark.parametrize(
    "kind", ["denies", *(pytest.param(kind, marks=pytest.mark.soak) for kind in ("strips", "hangs")), "swallows"]
)
def test_a_message_is_asked_and_answered_word_by_word_behind_a_proxy_that(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, proxied: Proxied, kind: Kind
) -> None:
    vendor.play([openai_event("One, "), vendor.gate, openai_event("two."), openai_end()])
    alice = visit(cast.alice, None, at=proxied(kind).address)
    alice.watch.expect(*NO_SOCKET)
    begun = time.monotonic()
    alice.open().send("Count")
    expect(alice.replies.first.locator(".message__text")).to_have_text("One,", timeout=SECONDS * 1000)
    vendor.gate.set()
    alice.ended(alice.replies.first)
    assert time.monotonic() - begun < SECONDS
    assert alice.words(alice.replies.first) == "One, two."
    assert alice.messages.count() == Message.objects.count() == 2
    expect(alice.connection).to_contain_text("Connected without a websocket.")


@pytest.mark.soak
def test_where_streams_are_held_back_too_the_page_asks_again_and_again_and_returns_to_a_websocket(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, proxied: Proxied
) -> None:
    vendor.play([openai_event("One, "), vendor.gate, openai_event("two."), openai_end()])
    proxy = proxied("denies", gathers=True)
    alice = visit(cast.alice, None, at=proxy.address)
    alice.page.clock.install()
    alice.watch.expect(*NO_SOCKET)
    alice.open().send("Count")
    expect(alice.replies.first.locator(".message__text")).to_have_text("One,", timeout=SECONDS * 1000)
    vendor.gate.set()
    alice.ended(alice.replies.first)
    alice.page.get_by_role("button", name="Why?").click()
    why = alice.page.get_by_role("dialog", name="Websockets do not get through")
    expect(why).to_contain_text("refuses websockets")
    expect(why).to_contain_text("Answers are held back on the way")
    expect(why).to_contain_text('proxy_set_header Connection "upgrade";')
    expect(why).to_contain_text("proxy_buffering off;")
    alice.page.keyboard.press("Escape")
    proxy.kind = "passes"
    alice.page.clock.run_for(20_000)
    expect(alice.connection).to_be_empty()
    heard = len(alice.watch.frames_heard)
    alice.ask("And now?")
    assert len(alice.watch.frames_heard) > heard
    assert alice.messages.count() == Message.objects.count() == 4


@pytest.mark.soak
def test_c13_a_laptop_that_slept_is_back_at_once_on_the_second_way_too(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, link: Link
) -> None:
    vendor.play([openai_event("One, "), vendor.gate, openai_event("two."), openai_end()])
    with OldProxy(link.address, "denies") as proxy:
        settings.CHATSITE_ORIGINS.append(proxy.address)
        alice = visit(cast.alice, None, at=proxy.address)
        alice.watch.expect(*NO_SOCKET)
        alice.page.clock.install()
        alice.open().send("Count")
        expect(alice.replies.first.locator(".message__text")).to_have_text("One,", timeout=SECONDS * 1000)
        expect(alice.connection).to_contain_text("Connected without a websocket.")
        link.fall_silent()  # a sleeping machine does not learn that its connections have ended
        alice.page.clock.pause_at(alice.page.evaluate("Date.now() / 1000 + 600"))  # no timer brings it back
        alice.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        vendor.gate.set()
        expect(alice.replies.first.locator(".message__text")).to_have_text("One, two.")
        alice.page.clock.resume()  # what the page shows a moment later waits for the clock
        alice.ended(alice.replies.first)
        assert alice.words(alice.replies.first) == "One, two."
        assert alice.messages.count() == Message.objects.count() == 2
        expect(alice.connection).to_contain_text("Connected without a websocket.")


@pytest.mark.soak
def test_a_page_is_back_on_a_websocket_within_half_a_minute_of_its_working(
    cast: Cast, model: LanguageModel, visit: Visit, proxied: Proxied
) -> None:
    proxy = proxied("denies")
    alice = visit(cast.alice, None, at=proxy.address)
    alice.watch.expect(*NO_SOCKET)
    alice.open()
    expect(alice.connection).to_contain_text("Connected without a websocket.", timeout=SECONDS * 1000)
    alice.page.wait_for_timeout(5_000)  # between two of its tries
    proxy.kind, begun = "passes", time.monotonic()
    expect(alice.connection).to_be_empty(timeout=60_000)
    print(f"back on a websocket after {time.monotonic() - begun:.1f} s")
    assert time.monotonic() - begun < 30
    heard = len(alice.watch.frames_heard)
    alice.ask("And now?")
    assert len(alice.watch.frames_heard) > heard


def test_the_next_page_knows_the_way_and_a_hidden_tab_holds_no_stream(
    cast: Cast, model: LanguageModel, visit: Visit, proxied: Proxied
) -> None:
    """Without HTTP/2, browsers open six connections to a host: seven tabs with a stream each would wait for ever."""
    proxy = proxied("hangs")
    alice = visit(cast.alice, None, at=proxy.address)
    alice.page.clock.install()
    alice.watch.expect(*NO_SOCKET)
    alice.page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.isHidden ?? false })")
    alice.open()
    expect(alice.connection).to_contain_text("Connected without a websocket.", timeout=SECONDS * 1000)
    asked = proxy.handshakes
    alice.page.clock.pause_at(alice.page.evaluate("Date.now() / 1000 + 1"))  # later it tries a websocket again
    alice.page.reload()
    expect(alice.connection).to_contain_text("Connected without a websocket.")
    assert proxy.handshakes == asked
    until(lambda: len(hub.subscriptions.everyone()) == 1)  # the stream opens before its session has been looked at
    alice.page.evaluate("window.isHidden = true")
    for _ in range(15):  # after each second the network has its turn, so that answers are not later than the clock
        alice.page.clock.run_for(1_000)
        alice.page.evaluate("fetch('/livez').then((answer) => answer.text())")
    expect(alice.connection).to_be_empty()
    until(lambda: not hub.subscriptions.everyone())
    alice.page.clock.resume()
    alice.page.evaluate("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(alice.connection).to_contain_text("Connected without a websocket.")
    assert alice.ask("Here again")
    alice.page.context.set_offline(True)  # C14
    expect(alice.connection).to_have_text("You are offline")
    alice.send("Without a network")
    expect(alice.questions.nth(1)).to_have_attribute("data-status", "sending")
    alice.page.context.set_offline(False)
    alice.ended(alice.replies.nth(1))
    assert alice.messages.count() == Message.objects.count() == 4


def test_c10_who_is_signed_out_is_led_to_the_sign_in_on_the_second_way_too(
    cast: Cast, visit: Visit, proxied: Proxied
) -> None:
    alice = visit(cast.alice, at=proxied("denies").address)
    alice.watch.expect(*NO_SOCKET, r"status of 40[13]")
    expect(alice.connection).to_contain_text("Connected without a websocket.")
    Session.objects.all().delete()
    alice.page.wait_for_url("**/accounts/login/**")
