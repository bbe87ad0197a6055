"""The message box says what a question is likely to cost, and what is left for it."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from conversations.models import Budget
from providers.models import Deployment, LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import WIDE_ELEMENTS
from tests.conftest import Cast

LONG = "How do I spell this word, and why is it spelt so? " * 100


@pytest.fixture
def priced(model: LanguageModel) -> LanguageModel:
    Deployment.objects.update(input_price=Decimal(10), output_price=Decimal(100))
    return model


@pytest.mark.parametrize(("width", "language"), [pytest.param(1400, "en", marks=pytest.mark.soak), (360, "zh-hans")])
def test_it_says_so_once_the_writer_rests(
    cast: Cast, priced: LanguageModel, visit: Visit, width: int, language: str
) -> None:
    Budget.objects.create(kind="person", period="day", hard=5)
    cast.alice.language = language
    cast.alice.save()
    alice = visit(cast.alice, viewport={"width": width, "height": 700})
    hint = alice.page.locator("cost-hint")
    expect(hint).to_be_hidden()
    before = alice.model_button.bounding_box()
    alice.text.fill("Hi")
    said = {"en": "may cost up to 0.41 USD · 5 USD left today", "zh-hans": "最多可能花费 0.41 USD · 今日剩余 5 USD"}
    expect(hint).to_have_text(said[language])
    assert alice.page.evaluate(WIDE_ELEMENTS) == []
    assert not alice.scrolls_sideways()
    assert (after := alice.model_button.bounding_box())
    assert before
    assert after["width"] == before["width"], "the model keeps its room"
    alice.text.fill(LONG)
    expect(hint).to_contain_text("0.42")
    expect(hint).to_be_visible()
    alice.text.fill("")
    expect(hint).to_be_hidden()


def test_a_question_that_the_budget_has_no_room_for_stands_out(cast: Cast, priced: LanguageModel, visit: Visit) -> None:
    Budget.objects.create(kind="person", period="day", hard=Decimal("0.3"))
    alice = visit(cast.alice)
    alice.text.fill("Hi")
    hint = alice.page.locator("cost-hint[data-tight]")
    expect(hint).to_have_text("may cost up to 0.41 USD · 0.3 USD left today")
    alice.text.press("Enter")
    expect(alice.page.get_by_text("This question may cost more than the budget has left.")).to_be_visible()
    expect(hint).to_have_text("may cost up to 0.41 USD · 0.3 USD left today")
    expect(alice.text).to_have_value("Hi")


@pytest.mark.soak
def test_on_a_phone_it_stands_clear_of_the_refusal(cast: Cast, priced: LanguageModel, visit: Visit) -> None:
    Budget.objects.create(kind="person", period="day", hard=Decimal("0.3"))
    alice = visit(cast.alice, viewport={"width": 360, "height": 700})
    alice.text.fill("Hi")
    hint = alice.page.locator("cost-hint[data-tight]")
    expect(hint).to_be_visible()
    alice.text.press("Enter")
    notice = alice.page.locator(".composer__notice")
    expect(notice).to_be_visible()
    expect(alice.text).to_have_value("Hi")
    expect(hint).to_be_visible()
    above, below = notice.bounding_box(), hint.bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]


@pytest.mark.soak
def test_whoever_begins_without_a_network_is_told_once_it_is_back(
    cast: Cast, priced: LanguageModel, visit: Visit
) -> None:
    alice = visit(cast.alice, new=True)  # what shows the cost is fetched when something is typed
    alice.watch.expect("ERR_INTERNET_DISCONNECTED")
    alice.page.context.set_offline(True)
    with alice.page.expect_event("requestfailed", lambda request: "cost-hint" in request.url):
        alice.text.press_sequentially("Hi")
    alice.page.context.set_offline(False)
    hint = alice.page.locator("cost-hint")
    expect(hint).to_contain_text("may cost up to 0.41 USD")
    alice.page.context.set_offline(True)
    with alice.page.expect_event("requestfailed", lambda request: "estimate" in request.url):
        alice.text.press_sequentially("!")
    expect(hint).to_be_hidden()
    alice.page.context.set_offline(False)
    expect(hint).to_contain_text("may cost up to 0.41 USD")


@pytest.mark.soak
def test_what_was_said_before_counts(cast: Cast, priced: LanguageModel, visit: Visit) -> None:
    Deployment.objects.update(output_price=0)
    alice = visit(cast.alice)
    alice.ask(LONG)
    alice.text.fill("And why?")
    expect(alice.page.locator("cost-hint")).to_have_text("about 0.027 USD, at most 0.027 USD")


@pytest.mark.soak
def test_where_nothing_has_a_price_nobody_is_asked(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice)
    alice.ask("Hi")
    expect(alice.page.locator("cost-hint")).to_have_count(0)
    assert not any("estimate" in request.url for request in alice.watch.requests)
