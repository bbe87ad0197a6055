"""From an empty database to the first reply, in a browser."""

import pytest
from playwright.sync_api import Page, expect

from conversations.models import User
from tests.browser.conftest import Visit
from tests.conftest import CANARY, PASSWORD
from tests.fake_vendor import FakeVendor


def create_account(page: Page, name: str = "alice") -> None:
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.locator(".form button").click()


def test_every_page_leads_to_the_set_up(visit: Visit) -> None:
    stranger = visit(None, None)
    for path in (
        "/",
        "/conversations/01900000-0000-7000-8000-000000000000/",
        "/accounts/login/",
        "/admin/",
        "/no-page/",
    ):
        stranger.page.goto("about:blank")
        stranger.open(path)
        assert stranger.path == "/setup/", path
        expect(stranger.page.get_by_role("heading", level=1)).to_have_text("Welcome to Chatsite")


def test_from_nothing_to_a_first_reply(visit: Visit, vendor: FakeVendor) -> None:
    alice = visit()
    create_account(alice.page)
    alice.page.wait_for_url(f"{alice.site}/")
    expect(alice.page.locator("welcome-card h2")).to_have_text("One step to the first conversation")
    assert User.objects.get().is_superuser
    assert alice.text.count() == 0, "there is nothing to talk with yet"

    address = alice.page.get_by_label("Address")
    expect(address).to_be_hidden()
    alice.page.get_by_label("Vendor").select_option("openai-compatible")
    address.fill(vendor.openai_url)
    alice.page.get_by_label("Model", exact=True).fill("parrot")
    alice.page.get_by_label("Key", exact=True).fill(CANARY)
    alice.page.get_by_role("button", name="Add and begin").click()

    assert alice.words(alice.ask("Hello")) == "You said: Hello."
    assert vendor.requests[0].headers["Authorization"] == f"Bearer {CANARY}"
    alice.watch.expect("status of 404")
    alice.open("/setup/")
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("Nothing here")


def test_a_weak_password_is_refused_in_a_sentence(visit: Visit) -> None:
    stranger = visit()
    stranger.page.fill("[name=name]", "alice")
    stranger.page.fill("[name=password]", "password123")
    stranger.page.locator(".form button").click()
    expect(stranger.page.get_by_role("alert")).to_have_text("This password is too common.")
    assert stranger.page.input_value("[name=name]") == "alice"
    assert not User.objects.exists()


@pytest.mark.soak
def test_a_key_form_without_an_address_keeps_what_was_typed(visit: Visit) -> None:
    alice = visit()
    create_account(alice.page)
    alice.page.get_by_label("Vendor").select_option("openai-compatible")
    alice.page.get_by_label("Address").fill("ftp://nowhere.test/")
    alice.page.get_by_label("Model", exact=True).fill("parrot")
    alice.page.get_by_label("Key", exact=True).fill(CANARY)
    alice.watch.expect("status of 422")
    alice.page.get_by_role("button", name="Add and begin").click()
    expect(alice.page.locator(".chat .field__error").first).to_be_visible()
    assert alice.page.get_by_label("Address").input_value() == "ftp://nowhere.test/"
    assert alice.page.get_by_label("Model", exact=True).input_value() == "parrot"


@pytest.mark.soak
def test_a_chinese_browser_is_spoken_to_in_chinese_until_told_otherwise(visit: Visit) -> None:
    alice = visit(locale="zh-CN")
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("欢迎使用 Chatsite")
    create_account(alice.page)
    heading = alice.page.locator("welcome-card h2")
    expect(heading).to_have_text("只差一步就能开始对话")
    expect(alice.page.locator("html")).to_have_attribute("lang", "zh-hans")
    alice.page.locator(".account").click()
    alice.page.get_by_role("button", name="English").click()
    expect(heading).to_have_text("One step to the first conversation")
    alice.page.reload()
    expect(heading).to_have_text("One step to the first conversation")
    assert User.objects.get().language == "en"
