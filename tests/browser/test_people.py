"""People in one thread: they talk without a model, and ask one of them."""

from playwright.sync_api import expect

from conversations.models import Message
from providers.models import Deployment, LanguageModel
from tests.browser.conftest import Visit
from tests.browser.test_shared_place import begin
from tests.browser.test_tree import shows
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_stream


def test_two_talk_without_a_model_and_ask_one(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, visit: Visit
) -> None:
    other = LanguageModel.objects.create(name="Big Cat 4.5")
    Deployment.objects.create(model=other, endpoint=model.deployments.get().endpoint, vendor_id="cat")
    vendor.play(*([openai_stream([word])] for word in ("One.", "Two.", "Three.")))
    alice = visit(cast.alice)
    alice.text.press_sequentially("@big")
    suggestions = alice.page.locator(".completion [role=option]")
    expect(suggestions).to_have_text(["Big Cat 4.5Model"])
    alice.text.press("Enter")
    expect(alice.text).to_have_value("@Big Cat 4.5 ")
    expect(alice.model_button).to_contain_text("Big Cat 4.5")
    alice.page.keyboard.insert_text("Count")
    path = begin(alice, "@Big Cat 4.5 Count")
    assert Message.objects.get(role="assistant").model_name == "Big Cat 4.5"

    # Who is named first is written to; the switch writes to people until it is turned off, after a reload too.
    bob = visit(cast.bob, path)
    switch = bob.page.locator("button[name=people]")
    bob.text.press_sequentially("@al")
    expect(bob.page.locator(".completion [role=option]")).to_have_text(["alice"])
    bob.text.press("Tab")
    expect(switch).to_have_attribute("aria-pressed", "true")
    bob.page.keyboard.insert_text("is that right?")
    bob.text.press("Enter")
    shows(alice, "@Big Cat 4.5 Count", "One.", "@alice is that right?")
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.click()
    bob.page.reload()
    expect(switch).to_have_attribute("aria-pressed", "true")
    bob.send("I doubt it.")
    shows(alice, "@Big Cat 4.5 Count", "One.", "@alice is that right?", "I doubt it.")
    assert len(vendor.requests) == 1

    # A model answers afterwards, and other words for people stay so.
    last = alice.questions.last
    last.hover()
    last.locator("[data-act=answer]").click()
    shows(bob, "@Big Cat 4.5 Count", "One.", "@alice is that right?", "I doubt it.", "Two.")
    assert "bob: @alice is that right?\n\nbob: I doubt it." in str(vendor.requests[-1].json["messages"][-1]["content"])
    mine = bob.questions.nth(1)
    mine.hover()
    mine.locator("[data-act=edit]").click()
    mine.locator("textarea").fill("I doubt that.")
    mine.locator("textarea").press("Enter")
    shows(alice, "@Big Cat 4.5 Count", "One.", "I doubt that.")
    assert len(vendor.requests) == 2
