"""A long thread: its end at once, the rest as the reader comes near it, and nothing in sight moves."""

import pytest
from playwright.sync_api import expect

from conversations.content.threads import MAX_MESSAGES
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import PLACE
from tests.conftest import Cast
from tests.conversations.test_threads import long_conversation


def test_what_is_above_comes_when_it_is_near_and_the_reader_keeps_the_place(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    conversation, ids = long_conversation(cast.alice, 2 * MAX_MESSAGES + 6)
    alice = visit(cast.alice).open(f"/conversations/{conversation.pk}/")
    expect(alice.messages).to_have_count(MAX_MESSAGES)
    expect(alice.messages.last).to_be_in_viewport()
    top = alice.page.locator(f'chat-message[data-id="{ids[-MAX_MESSAGES]}"]')
    before = top.evaluate(f"message => {{ message.scrollIntoView(); return ({PLACE})(message); }}")
    expect(alice.messages).to_have_count(2 * MAX_MESSAGES)
    alice.page.wait_for_function(
        f"([message, top]) => Math.abs(({PLACE})(message) - top) <= 2", arg=[top.element_handle(), before]
    )
    alice.messages.first.scroll_into_view_if_needed()
    expect(alice.messages).to_have_count(len(ids))
    expect(alice.page.locator("earlier-messages")).to_have_count(0)
    assert alice.messages.evaluate_all("messages => messages.map(({ dataset }) => dataset.id)") == ids
    assert alice.words(alice.messages.first) == "0"


@pytest.mark.soak
def test_without_a_network_it_can_be_asked_for_again(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation, ids = long_conversation(cast.alice, MAX_MESSAGES + 2)
    alice = visit(cast.alice)
    alice.watch.expect("net::ERR_FAILED")
    alice.page.route("**/thread/?*", lambda route: route.abort())
    alice.open(f"/conversations/{conversation.pk}/")
    with alice.page.expect_event("requestfailed"):
        alice.messages.first.scroll_into_view_if_needed()
    alice.page.unroute("**/thread/?*")
    alice.page.get_by_role("button", name="Earlier messages").click()
    expect(alice.messages).to_have_count(len(ids))


@pytest.mark.soak
def test_a_question_in_a_long_thread_is_answered_at_its_end(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    conversation, ids = long_conversation(cast.alice, MAX_MESSAGES + 20)
    alice = visit(cast.alice).open(f"/conversations/{conversation.pk}/")
    expect(alice.messages).to_have_count(MAX_MESSAGES)
    alice.ask("And?")
    expect(alice.messages.last).to_be_in_viewport()
    alice.page.reload()
    expect(alice.messages).to_have_count(MAX_MESSAGES)
    assert alice.messages.first.get_attribute("data-id") == ids[22]
