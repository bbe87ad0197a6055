"""One's account in a browser: the second factor from turning it on to signing in with it, tokens, sessions."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from providers.models import LanguageModel
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import Visit
from tests.browser.page_scripts import CLOSE_CODES, NOTE_CLOSE_CODES, WIDE_ELEMENTS
from tests.conftest import PASSWORD, Cast
from tests.conversations.test_signing_in import NOW, code_of

PHONE = {"width": 360, "height": 740}


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.yield_hotp_counters_from_time", lambda: iter([NOW]))


def press(person: ChatPage, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()


def confirm(person: ChatPage) -> None:
    """Give the password once more, as whatever opens the account to others asks."""
    person.page.wait_for_url("**/reauthenticate/**")
    person.page.fill("[name=password]", PASSWORD)
    press(person, "Confirm")


def test_a_second_factor_from_the_square_to_the_sign_in(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    bob = visit(cast.bob, "/accounts/2fa/totp/activate/", viewport=PHONE)
    confirm(bob)
    box = bob.page.locator(".qr").bounding_box()
    assert box
    assert box["width"] > 200
    secret = bob.page.input_value("#totp-key")
    bob.page.fill("[name=code]", code_of(secret))
    press(bob, "Turn it on")
    codes = bob.page.locator(".codes li")
    expect(codes).to_have_count(10)
    code = codes.first.inner_text()
    assert bob.page.evaluate(WIDE_ELEMENTS) == []

    stranger = visit(viewport=PHONE)
    stranger.page.fill("[name=login]", "bob")
    stranger.page.fill("[name=password]", PASSWORD)
    stranger.page.keyboard.press("Enter")
    stranger.page.wait_for_url("**/2fa/authenticate/**")
    stranger.page.fill("[name=code]", "000000")
    press(stranger, "Sign in")
    expect(stranger.page.get_by_role("alert")).to_be_visible()
    stranger.page.fill("[name=code]", code)
    press(stranger, "Sign in")
    expect(stranger.page.get_by_text("A second factor was added.")).to_be_visible()
    stranger.page.get_by_role("link", name="Continue").click()
    expect(stranger.text).to_be_visible()


@pytest.mark.soak
def test_a_session_is_ended_from_another_one(cast: Cast, model: LanguageModel, visit: Visit) -> None:
    there = visit(cast.bob, None)
    there.watch.expect(r"401 \(Unauthorized\)")  # a request of the page at that moment
    there.page.add_init_script(NOTE_CLOSE_CODES)
    there.open("/account/security/")
    there.open("/")
    here = visit(cast.bob, "/account/security/")
    devices = here.page.locator("[aria-labelledby=sessions-title] .people__row")
    expect(devices).to_have_count(2)
    press(here, "End")
    expect(there.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert 4401 in there.page.evaluate(CLOSE_CODES)
    expect(devices).to_have_count(1)


@pytest.mark.soak
def test_a_token_is_made_and_shown_once(cast: Cast, visit: Visit) -> None:
    bob = visit(cast.bob, "/account/tokens/", viewport=PHONE)
    bob.page.fill("[name=name]", "nightly")
    press(bob, "Make a token")
    confirm(bob)
    secret = bob.page.locator(".once__secret").input_value()
    assert secret.startswith("chatsite_")
    assert bob.page.evaluate(WIDE_ELEMENTS) == []
    bob.open("/account/tokens/")
    assert secret not in bob.page.content()
    bob.page.locator(".confirm summary").click()
    press(bob, "Revoke")
    expect(bob.page.locator(".people__row")).to_have_count(0)


@pytest.mark.soak
def test_a_passkey_is_made_signs_in_and_is_removed(
    cast: Cast, visit: Visit, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site is visited by a name: browsers make no passkey for an address."""
    named = site.replace("127.0.0.1", "localhost")
    settings.CHATSITE_ORIGINS.append(named)
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["localhost"])
    bob = visit(cast.bob, None, viewport=PHONE, at=named)
    protocol = bob.page.context.new_cdp_session(bob.page)
    protocol.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = {**device, "isUserVerified": True, "automaticPresenceSimulation": True}
    protocol.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    bob.open("/account/security/")
    bob.page.get_by_role("link", name="Add a passkey").click()
    confirm(bob)
    bob.page.fill("[name=name]", "My laptop")
    press(bob, "Add a passkey")
    expect(bob.page.locator(".codes li")).to_have_count(10)
    bob.open("/account/security/")
    row = bob.page.locator("[aria-labelledby=passkeys-title] .people__row")
    expect(row).to_contain_text("My laptop")
    assert bob.page.evaluate(WIDE_ELEMENTS) == []
    bob.page.context.clear_cookies()
    bob.open("/account/security/")
    press(bob, "Sign in with a passkey")
    expect(bob.page.get_by_text("A passkey was added.")).to_be_visible()
    bob.page.get_by_role("link", name="Continue").click()
    expect(row).to_contain_text("last used")
    row.get_by_role("link", name="Remove").click()
    confirm_by_passkey(bob)
    press(bob, "Remove")
    expect(row).to_have_count(0)
    bob.page.context.clear_cookies()
    bob.open("/account/security/")
    press(bob, "Sign in with a passkey")
    expect(bob.page.get_by_role("alert")).to_contain_text("This passkey was not accepted.")


def confirm_by_passkey(person: ChatPage) -> None:
    person.page.wait_for_url("**/reauthenticate/**")
    person.page.get_by_role("link", name="Confirm with a passkey").click()
    press(person, "Confirm with a passkey")
