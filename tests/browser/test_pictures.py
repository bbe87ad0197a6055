"""Pictures on the page: a model that makes them, what can be chosen, the viewer, and a picture for the next message."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from conversations.models import File
from providers.models import Deployment
from tests.browser.conftest import Visit
from tests.browser.test_parts import picture
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor
from tests.providers.test_pictures import b64, whole


@pytest.fixture(autouse=True)
def _tidy(cast: Cast) -> Iterator[None]:
    yield
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


def test_a_picture_is_chosen_made_looked_at_and_changed(cast: Cast, vendor: FakeVendor, visit: Visit) -> None:
    serve(vendor, "openai")
    Deployment.objects.update(wire="image_api", picture_choices="ratio 16:9 1:1\nsize 1K 2K\ncount 4")
    made = [{"b64_json": b64(picture(color))} for color in ("teal", "navy")]
    vendor.play([vendor.gate, *whole({"data": [*made, {"url": "https://10.0.0.1/x.png"}]})], whole({"data": made[:1]}))
    alice = visit(cast.alice)
    page = alice.page
    page.select_option("[name=picture_ratio]", "16:9")
    page.select_option("[name=picture_count]", "2")
    expect(page.locator("[name=picture_quality]")).to_be_hidden()
    alice.send("A cat")
    reply = alice.replies.first
    expect(reply).to_have_attribute("data-draws", "")
    vendor.gate.set()
    alice.ended(reply)
    expect(reply.locator("a.picture")).to_have_count(2)
    tops = reply.locator("a.picture").evaluate_all("pictures => pictures.map((one) => one.getBoundingClientRect().top)")
    assert tops[0] == tops[1], "they stand in one row"
    expect(reply.locator(".gap")).to_contain_text("an address that this site does not call")
    assert (vendor.requests[0].json["aspect_ratio"], vendor.requests[0].json["n"]) == ("16:9", 2)
    reply.locator("a.picture").first.click()
    viewer = page.locator(".viewer")
    expect(viewer).to_be_visible()
    page.click("[data-act=zoom]")
    expect(viewer).to_have_attribute("data-zoomed", "")
    page.keyboard.press("ArrowRight")
    expect(viewer).not_to_have_attribute("data-zoomed", "")
    page.click("[data-act=use]")
    expect(page.locator(".tray__file")).to_have_count(1)
    alice.send("Make it round")
    alice.ended(alice.replies.nth(1))
    assert vendor.requests[-1].path.endswith("/images/edits")
    assert vendor.requests[-1].body.count(b"Content-Type: image/png") == 1
