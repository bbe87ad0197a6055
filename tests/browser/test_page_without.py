"""The page without something that it needs: its scripts, one of them, or a clock that is right."""

import re
import time

import pytest
from playwright.sync_api import Route, expect

from conversations.models import Conversation
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import Cast
from tests.conversations.test_vendor_trouble import too_many
from tests.fake_vendor import FakeVendor

SHOW_NOW = """document.getAnimations()
  .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity)
  .forEach((animation) => animation.finish())"""
MINUTES = 600


def test_a_page_says_that_its_script_or_a_part_of_it_did_not_arrive(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    alice = visit(cast.alice, None)
    alice.watch.expect("net::ERR_FAILED")
    alice.page.route("**/js*/app*.js", lambda route: route.abort())
    alice.open()
    missing = alice.page.get_by_text("This page has not started")
    expect(missing).to_be_hidden()
    alice.page.evaluate(SHOW_NOW)
    expect(missing).to_be_visible()
    expect(alice.send_button).to_be_disabled()
    alice.page.unroute("**/js*/app*.js")
    alice.page.route("**/js*/elements/audience-panel*.js", lambda route: route.abort())
    alice.open()
    alice.ask("Hello")
    alice.page.evaluate(SHOW_NOW)
    expect(missing).to_be_hidden()
    alice.page.locator(".chip").click()
    expect(alice.connection).to_have_text("A part of the page did not arrive. Look at the connection and try again.")


def test_the_sign_in_or_a_part_without_its_looks_is_no_part_and_the_next_click_asks_again(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    talk = Conversation.objects.create(owner=cast.alice, title="Signs", revision=1)
    alice = visit(cast.alice, None)
    alice.watch.expect("net::ERR_FAILED")
    with alice.page.expect_response("**/api/v1/conversations?archived=false"):  # asked once the websocket has answered
        alice.open(f"/conversations/{talk.pk}/")
    more, lost = (
        alice.page.locator(".chat__more"),
        "A part of the page did not arrive. Look at the connection and try again.",
    )
    cookies = alice.page.context.cookies()
    alice.page.context.clear_cookies()
    more.click()
    expect(alice.connection).to_have_text(lost)
    expect(alice.page.locator("[name=password], [name=login]")).to_have_count(0)
    alice.page.context.add_cookies(cookies)  # type: ignore[arg-type]
    sheets = "**/css/pages*.css"
    alice.page.route(sheets, lambda route: route.abort())
    with alice.page.expect_event("requestfailed"):
        more.click()
    expect(alice.page.locator("#limited")).to_have_count(0)
    alice.page.unroute(sheets)
    more.click()
    expect(alice.page.get_by_role("menuitem", name="Pin")).to_be_visible()


def test_words_that_are_sent_before_the_script_is_here_are_sent_by_it(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    alice = visit(cast.alice, None)
    held: list[Route] = []
    alice.page.route("**/js*/app*.js", lambda route: held.append(route))
    for words, afterwards in (("Hello", ""), ("Tea", "or coffee?")):
        with alice.page.expect_request("**/js*/app*.js"):
            alice.page.goto(f"{alice.site}/", wait_until="commit")
        alice.page.locator(".composer__expand").wait_for(state="attached")  # nothing is drawn before its style is here
        alice.text.press_sequentially(words)
        alice.text.press("Enter")
        alice.text.press_sequentially(afterwards)
        held.pop().continue_()
        expect(alice.page.locator("html[data-started]")).to_be_attached()
        if afterwards:
            expect(alice.text).to_have_value("Tea\nor coffee?")
            expect(alice.questions).to_have_count(0)
        else:
            alice.ended(alice.replies.first)
            expect(alice.questions.locator(".message__text")).to_have_text("Hello")
            expect(alice.text).to_be_empty()


def test_a_browser_without_scripts_is_told_what_is_missing(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    for language, words in (("en", "Scripts are switched off in this browser"), ("zh-hans", "脚本")):
        cast.alice.language = language
        cast.alice.save()
        alice = visit(cast.alice, java_script_enabled=False)
        expect(alice.page.locator(".not-started--at-once")).to_contain_text(words)
        expect(alice.page.locator(".not-started:visible")).to_have_count(1)
        expect(alice.send_button).to_be_disabled()


@pytest.mark.soak
def test_c16_a_countdown_is_right_by_a_clock_that_is_ten_minutes_wrong(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    for wrong in (-MINUTES, MINUTES):
        vendor.script = lambda _: too_many("openai", 20)
        alice = visit(cast.alice, None)
        alice.page.clock.install(time=time.time() + wrong)
        alice.open().send("Hi")
        reply = alice.replies.first
        expect(alice.note(reply)).to_have_text(
            re.compile("The vendor asked us to wait a little · (1[5-9]|2[0-2]) seconds")
        )
        alice.page.reload()
        expect(alice.note(reply)).to_have_text(
            re.compile("The vendor asked us to wait a little · (1[0-9]|2[0-2]) seconds")
        )
        alice.stop_button.click()
        alice.ended(reply, "stopped")
