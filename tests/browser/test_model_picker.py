"""The list of models: one of 300 for the next question, favourites, what rests, and another try with any of them."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from providers import clock
from providers.models import Deployment, LanguageModel, Trouble
from tests.browser.axe import grave_faults
from tests.browser.conftest import Visit
from tests.browser.page_scripts import FOCUSED, WIDE_ELEMENTS
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor

FAMILIES = ("claude", "gpt", "qwen")
# Where a row has another height once it is drawn, those below it move while somebody clicks.
ROWS_THAT_GROW = """() => {
  const rows = [...document.querySelectorAll("model-picker [role=option]")];
  const heights = () => rows.map((row) => row.getBoundingClientRect().height);
  const before = heights();
  for (const row of rows) row.style.contentVisibility = "visible";
  const after = heights();
  for (const row of rows) row.style.contentVisibility = "";
  const grow = rows.filter((row, place) => Math.abs(after[place] - before[place]) > 0.5);
  return grow.map((row) => row.textContent.trim().split(/\\s/)[0]);
}"""


@pytest.fixture
def many(model: LanguageModel) -> LanguageModel:
    """Add 300 models of three families, and return the one that is described and has a price."""
    endpoint = model.deployments.get().endpoint
    models = [LanguageModel(name=f"{family}-4.{number}") for family in FAMILIES for number in range(100)]
    described = next(one for one in models if one.name == "gpt-4.10")
    described.description, described.context_window = "Writes plain English.", 128_000
    LanguageModel.objects.bulk_create(models)
    Deployment.objects.bulk_create(
        Deployment(model=one, endpoint=endpoint, vendor_id=one.name, takes_documents=False) for one in models
    )
    described.deployments.update(input_price=2, output_price="8.50")
    return described


@pytest.mark.soak
@pytest.mark.parametrize(("language", "width"), [pytest.param("en", 1400, marks=pytest.mark.soak), ("zh-hans", 390)])
def test_one_of_300_models_is_found_and_chosen(
    language: str, width: int, cast: Cast, many: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    """Job 8: two clicks, or a key and typing."""
    cast.alice.language = language
    cast.alice.save()
    alice = visit(cast.alice, viewport={"width": width, "height": 800})
    alice.watch.expect("Applying inline style violates")  # axe's own, while it measures
    alice.text.fill("Hello")
    alice.model_button.click()
    rows, groups = alice.picker.get_by_role("option"), alice.picker.get_by_role("group")
    expect(rows).to_have_count(301)
    expect(groups.locator(".picker__title")).to_have_text(
        ["Claude", "GPT", "Qwen", "Other models" if language == "en" else "其他模型"]
    )
    found = rows.filter(has_text="gpt-4.10")
    expect(found).to_contain_text("2 / 8.5 USD")
    expect(found).to_contain_text("Writes plain English.")
    names = groups.nth(1).locator(".picker__name").all_text_contents()
    assert names[8:11] == ["gpt-4.8", "gpt-4.9", "gpt-4.10"]
    assert grave_faults(alice.page) == []
    assert alice.page.evaluate(WIDE_ELEMENTS) == []
    assert alice.page.evaluate(ROWS_THAT_GROW) == []
    found.click()
    expect(alice.picker).to_be_hidden()
    expect(alice.page.locator(".composer__name")).to_have_text("gpt-4.10")
    alice.text.press("Enter")
    alice.ended(alice.replies.first)
    assert vendor.requests[-1].json["model"] == "gpt-4.10"

    alice.page.keyboard.press("Alt+m")
    alice.page.keyboard.type("english gpt")
    expect(rows).to_have_count(1)
    alice.page.keyboard.press("Control+a")
    alice.page.keyboard.type("qwen-4.1")
    expect(rows.first).to_contain_text("qwen-4.1")
    alice.page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_have_attribute("data-active", "")
    alice.page.keyboard.press("ArrowUp")
    alice.page.keyboard.press("Enter")
    expect(alice.picker).to_be_hidden()
    assert alice.page.evaluate(FOCUSED) == "text"
    alice.ask("And you?")
    assert vendor.requests[-1].json["model"] == "qwen-4.1"


@pytest.mark.soak
def test_favourites_stand_first_and_what_rests_says_so(cast: Cast, many: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.model_button.click()
    row = alice.picker.get_by_role("option", name="gpt-4.10", exact=True)
    row.hover()
    with alice.page.expect_response("**/favourite"):
        row.locator(".picker__star").click()
    assert list(cast.alice.favourite_models.all()) == [many]
    alice.page.keyboard.press("Escape")
    expect(alice.text).to_be_focused()
    expect(alice.page.locator(".composer__name")).not_to_have_text("gpt-4.10")
    resting = many.deployments.get()
    until = clock.now() + timedelta(hours=1)
    Trouble.objects.create(subject=resting.pk, code="vendor_down", text="", since=clock.now(), cooling_until=until)
    alice.page.reload()
    alice.model_button.click()
    first = alice.picker.get_by_role("group").first
    expect(first).to_contain_text("Favourites")
    expect(first.get_by_role("option")).to_contain_text("Cooling down until")
    alice.page.keyboard.press("ArrowUp")
    expect(alice.picker.get_by_role("option").last).not_to_have_attribute("data-active", "")
    alice.page.keyboard.press("Tab")
    expect(alice.picker.get_by_role("listbox")).to_be_focused()


@pytest.mark.soak
def test_another_try_is_for_any_of_many_models(
    cast: Cast, many: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    """Job 6 in two clicks for the models that are near; a third one leads to all."""
    alice = visit(cast.alice)
    reply = alice.replies.first
    alice.ask("Hello")
    reply.hover()
    reply.locator("[data-act=more]").click()
    items = alice.page.locator("message-menu").get_by_role("menuitem")
    expect(items.last).to_have_text("All models …")
    items.last.click()
    expect(alice.picker.get_by_role("combobox")).to_be_focused()
    alice.page.keyboard.type("qwen-4.77")
    alice.page.keyboard.press("Enter")
    expect(reply.locator(".message__name")).to_have_text("qwen-4.77")
    alice.ended(reply)
    assert vendor.requests[-1].json["model"] == "qwen-4.77"
    alice.page.keyboard.press("Alt+m")
    alice.page.keyboard.type("gpt-4.10")
    alice.page.keyboard.press("Enter")
    name = alice.page.locator(".composer__name")
    expect(name).to_have_text("gpt-4.10")
    alice.page.reload()
    expect(name).to_have_text("gpt-4.10")
