"""The vendor's key is shown to nobody: every test here searches all data that its pages received."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from providers import clock
from providers.errors import KeyRefused
from providers.models import ApiKey, Endpoint, LanguageModel, Trouble
from providers.pool import cooldown
from tests.browser.conftest import Visit
from tests.conftest import CANARY, Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_stream

RETURN = "document.dispatchEvent(new Event('visibilitychange'))"


def test_a_vendor_that_repeats_the_key_is_not_quoted(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    half = len(CANARY) // 2
    vendor.play([openai_stream(["Your key is ", CANARY[:half], CANARY[half:], "."])])
    alice = visit(cast.alice)
    reply = alice.ask("What is my key?")
    assert alice.words(reply).startswith("Your key is ")
    assert alice.words(reply).endswith(".")


@pytest.mark.soak
def test_the_administration_shows_the_end_of_a_key_and_no_more(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice, None)
    for row in (*Endpoint.objects.all(), *ApiKey.objects.all()):
        for page in ("", f"{row.pk}/change/", f"{row.pk}/history/"):
            response = alice.page.goto(f"{alice.site}/admin/providers/{row._meta.model_name}/{page}")
            assert response
            assert response.status == 200
            expect(alice.page.locator("#content")).to_be_visible()


@pytest.mark.soak
def test_a_line_about_a_refused_key_comes_and_goes_with_its_trouble(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    error = b'{"error": {"message": "no such key", "code": "invalid_api_key"}}'
    vendor.play([401, {"Content-Type": "application/json"}, error], [openai_stream(["Now it works."])])
    alice = visit(cast.alice)
    line = alice.page.locator(".chat__trouble")
    expect(alice.text).to_be_visible()
    expect(line).to_have_count(0)
    alice.send("Hello")
    alice.ended(alice.replies.first, "failed")
    expect(line).to_contain_text("The vendor refused the key.")
    expect(line.get_by_role("button", name="Test now")).to_be_visible()
    Trouble.objects.all().delete()
    alice.page.evaluate(RETURN)
    expect(line).to_have_count(0)
    cooldown.mark_failed(ApiKey.objects.get().pk, KeyRefused("no such key"), cast.bob.pk)
    alice.page.evaluate(RETURN)
    expect(line).to_have_count(1)
    alice.page.reload()
    expect(line).to_have_count(1)
    Trouble.objects.update(cooling_until=clock.now() + timedelta(seconds=2))
    alice.page.evaluate(RETURN)
    expect(line).to_have_count(0)
