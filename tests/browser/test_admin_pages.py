"""The administration's own pages, Detect and Sync models, on a phone and on a desk."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from providers.models import Endpoint, LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import WIDE_ELEMENTS
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor

LOOKS = [
    (360, "light", "en"),
    (360, "dark", "zh-hans"),
    (1400, "dark", "en"),
    (1400, "light", "zh-hans"),
]


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_they_fit_and_read_well(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    visit: Visit,
    tmp_path: Path,
    width: int,
    scheme: str,
    language: str,
) -> None:
    cast.alice.language = language
    cast.alice.save()
    page = f"/admin/providers/endpoint/{Endpoint.objects.get().pk}"
    alice = visit(cast.alice, f"{page}/detect/", viewport={"width": width, "height": 800}, color_scheme=scheme)
    for name in ("detect", "detected", "models"):
        if name == "models":
            alice.open(f"{page}/models/")
        elif name == "detected":
            alice.page.locator("#id_model").fill("parrot")
            alice.page.locator("form .submit-row input").click()
            expect(alice.page.locator(".success")).to_be_visible()
        alice.page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        assert not alice.scrolls_sideways(), name
        assert alice.page.evaluate(WIDE_ELEMENTS) == [], name
