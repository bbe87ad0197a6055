"""The vendor's key is shown to nobody: every test here searches all data that its pages received."""

from playwright.sync_api import expect

from providers.models import ApiKey, Endpoint, LanguageModel
from tests.browser.conftest import Visit
from tests.conftest import CANARY, Cast
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_stream


def test_a_vendor_that_repeats_the_key_is_not_quoted(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit
) -> None:
    half = len(CANARY) // 2
    vendor.play([openai_stream(["Your key is ", CANARY[:half], CANARY[half:], "."])])
    alice = visit(cast.alice)
    reply = alice.ask("What is my key?")
    assert alice.words(reply).startswith("Your key is ")
    assert alice.words(reply).endswith(".")


def test_the_administration_shows_the_end_of_a_key_and_no_more(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice, None)
    for row in (*Endpoint.objects.all(), *ApiKey.objects.all()):
        for page in ("", f"{row.pk}/change/", f"{row.pk}/history/"):
            response = alice.page.goto(f"{alice.site}/admin/providers/{row._meta.model_name}/{page}")
            assert response
            assert response.status == 200
            expect(alice.page.locator("#content")).to_be_visible()
