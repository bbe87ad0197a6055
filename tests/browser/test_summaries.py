"""A long conversation is folded where it was too long; the summary stands in the thread and is changed there."""

from playwright.sync_api import expect

from conversations.models import Message
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import Cast
from tests.conversations.paying import priced
from tests.conversations.test_summaries import NarrowVendor, folded_model, grown
from tests.fake_vendor import FakeVendor

__all__ = ["folded_model", "priced"]


def test_what_is_too_long_is_folded_by_a_button_and_the_summary_is_changed(
    cast: Cast, folded_model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    LanguageModel.objects.update(context_window=None)
    narrow = NarrowVendor(vendor, words=20, window=1_500)
    conversation = grown(cast.bob, 8, team=cast.team)
    bob = visit(cast.bob, f"/conversations/{conversation.pk}/")
    bob.send("q8 of mine")
    bob.page.get_by_role("button", name="Fold and go on").click()
    expect(bob.replies.last).to_contain_text("answer")
    summary = bob.page.locator("chat-summary")
    expect(summary).to_have_count(1)
    summary.locator("summary").first.click()
    expect(summary).to_contain_text("summary 1 gist")
    expect(summary).to_contain_text("Summed up by parrot")
    summary.get_by_role("button", name="Edit").click()
    summary.get_by_role("textbox").fill("We agreed on green.")
    summary.get_by_role("button", name="Save").click()
    expect(summary).to_contain_text("We agreed on green.")
    expect(summary.locator("li").first).to_contain_text("bob")
    rita = visit(cast.rita, f"/conversations/{conversation.pk}/").page.locator("chat-summary")
    expect(rita).to_contain_text("We agreed on green.")
    expect(rita.get_by_role("button")).to_have_count(0)
    bob.ask("q9 of mine")
    assert "We agreed on green." in str(narrow.replies[-1].json["messages"])
    bob.replies.last.hover()
    bob.replies.last.locator("[data-act=more]").click()
    bob.page.get_by_role("menuitem", name="Details").click()
    bob.page.locator("#reply-details").get_by_role("link", name="Version 2").click()
    expect(bob.page.locator("#reply-details")).to_be_hidden()
    expect(bob.page.locator("chat-message[data-named] chat-summary")).to_be_visible()
    assert Message.objects.filter(error_code="context_too_long").count() == 1
