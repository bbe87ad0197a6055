"""Coming in and going out."""

import pytest
from playwright.sync_api import expect

from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.page_scripts import CLOSE_CODES, NOTE_CLOSE_CODES
from tests.conftest import PASSWORD, Cast


@pytest.mark.soak
def test_only_the_right_password_enters(cast: Cast, visit: Visit) -> None:
    stranger = visit()
    expect(stranger.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    stranger.page.fill("[name=login]", "bob")
    stranger.page.fill("[name=password]", "not the passphrase")
    stranger.page.keyboard.press("Enter")
    expect(stranger.page.get_by_role("alert")).to_contain_text("not correct")
    assert stranger.page.input_value("[name=login]") == "bob"
    expect(stranger.page.locator("[name=password]")).to_be_focused()
    stranger.page.keyboard.type(PASSWORD)
    stranger.page.keyboard.press("Enter")
    expect(stranger.page.locator(".account__name")).to_have_text("bob")


def test_a_link_to_a_conversation_survives_the_sign_in(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    bob = visit(cast.bob)
    bob.ask("Hello")
    path = bob.wait_until_begun()
    stranger = visit(None, path)
    stranger.page.fill("[name=login]", "bob")
    stranger.page.fill("[name=password]", PASSWORD)
    stranger.page.keyboard.press("Enter")
    expect(stranger.replies).to_have_count(1)
    assert stranger.path == path


def test_signing_out_ends_every_tab(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    alice = visit(cast.alice, None)
    alice.page.add_init_script(NOTE_CLOSE_CODES)
    alice.watch.expect(r"401 \(Unauthorized\)")  # a tab may ask for news before it learns that the session has ended
    alice.open()
    alice.ask("Hello")
    other = alice.page.context.new_page()
    other.goto(alice.site)
    other.locator(".account").click()
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert 4401 in alice.page.evaluate(CLOSE_CODES)
