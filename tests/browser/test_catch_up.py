"""Somebody comes back to a team's conversation and is told what was missed, for a price that stands there before."""

from playwright.sync_api import expect

from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import Cast
from tests.conversations.paying import priced
from tests.conversations.test_catch_up import TOLD, talk
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_event, openai_stream

__all__ = ["priced"]


def test_one_button_tells_what_was_missed_and_leads_to_it(
    cast: Cast, priced: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    conversation = talk(cast)
    conversation.model = priced
    conversation.save()
    vendor.script = lambda call: [openai_event("decided | 1 | "), vendor.gate]
    alice = visit(cast.alice, f"/conversations/{conversation.pk}/")
    offer = alice.page.locator("catch-up")
    expect(offer).to_contain_text("10 new messages since you were here")
    expect(offer.locator(".catch-up__cost")).to_contain_text("parrot sums them up for at most ")
    for _ in range(2):
        offer.get_by_role("button", name="Catch me up").click()
        offer.get_by_role("button", name="Stop").click()
        expect(offer.locator(".catch-up__notice")).to_have_text("Stopped.")
    vendor.script = lambda call: [openai_stream([TOLD])]
    offer.get_by_role("button", name="Catch me up").click()
    expect(offer).to_contain_text("Summed up by parrot")
    asked = len(vendor.requests)
    expect(offer.get_by_role("listitem")).to_have_text(
        ["We launch on the 5th. · bob", "Who writes it? · bob", "*Bob* asks legal · bob"]
    )
    offer.get_by_role("link", name="Who writes it?").click()
    expect(alice.messages.nth(2)).to_have_attribute("data-named", "")
    offer.get_by_role("button", name="Hide").click()
    expect(offer).to_have_count(0)
    rita = visit(cast.rita, f"/conversations/{conversation.pk}/")
    rita.page.get_by_role("button", name="Catch me up").click()
    expect(rita.page.locator("catch-up")).to_contain_text("We launch on the 5th.")
    assert len(vendor.requests) == asked
