"""The start page's ways to begin, and a long text on the whole page."""

from playwright.sync_api import expect

from conversations.models import Conversation, Installation
from providers.models import LanguageModel
from tests.browser.axe import grave_faults
from tests.browser.conftest import Visit
from tests.browser.page_scripts import WIDE_ELEMENTS
from tests.conftest import Cast

LINES = "\n".join(f"Line {number}" for number in range(1, 12))


def test_a_starter_begins_a_long_text_that_is_written_on_the_whole_page(
    cast: Cast, model: LanguageModel, visit: Visit
) -> None:
    Installation.objects.create(pk=1, starters="Minutes | Write minutes of this:\nHaiku")
    Conversation.objects.create(owner=cast.alice, revision=1, title="Rivers")
    alice = visit(cast.alice, viewport={"width": 390, "height": 700})
    alice.watch.expect("Applying inline style violates")  # axe's own, while it measures
    expect(alice.page.get_by_role("navigation", name="Pick up where you left off")).to_contain_text("Rivers")
    assert grave_faults(alice.page) == []
    assert alice.page.evaluate(WIDE_ELEMENTS) == []
    alice.page.get_by_role("button", name="Minutes").click()
    expect(alice.text).to_be_focused()
    expect(alice.text).to_have_value("Write minutes of this: ")
    expand = alice.page.locator("button[name=expand]")
    expect(expand).to_be_hidden()
    alice.page.keyboard.insert_text(LINES)
    expand.click()
    box = alice.page.locator(".composer__box").bounding_box()
    assert box
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 700)
    assert grave_faults(alice.page) == []
    alice.text.press("End")
    alice.text.press("Enter")
    expect(alice.questions).to_have_count(0)
    alice.text.press("Escape")
    expect(expand).to_have_attribute("aria-pressed", "false")
    expand.click()
    alice.text.press("Control+Enter")
    alice.ended(alice.replies.first)
    expect(alice.questions).to_contain_text("Line 11")
    expect(expand).to_be_hidden()
