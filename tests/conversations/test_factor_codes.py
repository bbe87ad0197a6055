"""The codes of second factors: when they count, how often, and what is left where they cannot be checked."""

import base64
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.management import CommandError, call_command

from conversations.models import AccountNotice
from providers.models.audit import AuditEntry
from tests.conftest import Cast
from tests.conversations.test_signing_in import NOW, code_of, enter, is_in, turn_on

pytestmark = pytest.mark.usefixtures("static_files")

PERIOD = 30


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return the clock by which codes are judged, one second into the period of `code_of`."""
    clock = SimpleNamespace(now=float(PERIOD * NOW + 1))
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: clock.now))
    return clock


def comes_in(cast: Cast, secret: str) -> bool:
    visitor = enter(cast.bob)
    visitor.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    return is_in(visitor)


@pytest.mark.parametrize(("periods", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_right_a_period_early_or_late(
    cast: Cast, clock: SimpleNamespace, periods: int, is_right: bool
) -> None:
    secret = turn_on(enter(cast.bob))
    cache.clear()  # the code of the turning on counts as used
    clock.now += periods * PERIOD
    assert comes_in(cast, secret) is is_right


def test_a_code_counts_once_for_as_long_as_it_is_right(cast: Cast, clock: SimpleNamespace) -> None:
    secret = turn_on(enter(cast.bob))
    cache.clear()
    assert comes_in(cast, secret)
    cache.delete(f"allauth.mfa.totp.used?user={cast.bob.pk}&code={code_of(secret)}")  # it is kept for one period alone
    clock.now += PERIOD
    assert not comes_in(cast, secret)


def test_without_its_encryption_key_a_code_is_refused_in_words_and_the_terminal_lets_in(
    cast: Cast, clock: SimpleNamespace, settings: Any
) -> None:
    secret = turn_on(enter(cast.alice))
    cache.clear()
    settings.CHATSITE_ENCRYPTION_KEYS = [base64.urlsafe_b64encode(b"n" * 32).decode()]
    visitor = enter(cast.alice)
    page = visitor.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert (page.status_code, is_in(visitor)) == (200, False)
    assert "An encryption key of this site is missing" in page.content.decode()
    call_command("removefactors", "ALICE", stdout=StringIO())
    assert not Authenticator.objects.exists()
    assert is_in(enter(cast.alice))
    entry = AuditEntry.objects.filter(actor_name="manage.py removefactors").first()
    assert entry is not None
    assert entry.act == "removed"
    assert "sealed1:" not in str([entry.before, entry.after])
    assert cast.alice.notices.filter(kind=AccountNotice.Kind.FACTOR_REMOVED).exists()


@pytest.mark.parametrize(("name", "said"), [("alice", "has no second factor"), ("nobody", "Nobody is called nobody")])
def test_who_has_no_factor_is_named(cast: Cast, name: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("removefactors", name)


def test_without_its_encryption_key_a_factors_pages_say_so_and_it_can_be_turned_off(
    cast: Cast, clock: SimpleNamespace, settings: Any
) -> None:
    browser = enter(cast.bob)
    turn_on(browser)
    settings.CHATSITE_ENCRYPTION_KEYS = [base64.urlsafe_b64encode(b"n" * 32).decode()]
    for path in ("", "recovery-codes/", "recovery-codes/generate/", "recovery-codes/download/"):
        page = browser.get(f"/accounts/2fa/{path}")
        assert (page.status_code, "An encryption key is missing" in page.content.decode()) == (503, True), path
    assert browser.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.exists()
