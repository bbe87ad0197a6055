"""Decisions of an administrator for the whole site: its name and mark, and who makes an account."""

import pytest
from django.core import mail
from django.test import Client

from conversations import actions
from conversations.accounts import rate_limits
from conversations.errors import NotFound
from conversations.models import Installation, User
from tests.conftest import Cast
from tests.conversations.test_invitations import ACCOUNT, invite
from tests.conversations.test_teams import enter
from tests.providers.administering import alice, form, page, save

__all__ = ["alice"]

pytestmark = pytest.mark.usefixtures("static_files")


def test_its_name_and_mark_stand_on_every_page_and_in_mails(alice: Client, cast: Cast, settings: object) -> None:
    settings.CHATSITE_SENDS_MAIL = True  # type: ignore[attr-defined]
    address = page(Installation, "change", Installation.objects.create(pk=1).pk)
    chosen = {"name": "Herons & Co", "logo_color": "purple", "sign_up": "invited"}
    save(alice, address, form(alice.get(address)) | chosen)
    signing_in = Client().get("/accounts/login/").content.decode()
    assert "<title>Sign in · Herons &amp; Co</title>" in signing_in
    assert 'data-logo="purple"' in signing_in
    for path in ("/", "/account/", "/admin/", "/teams/none/"):
        assert "Herons &amp; Co</title>" in alice.get(path).content.decode(), path
    assert alice.get("/site.webmanifest").json()["name"] == "Herons & Co"
    asked = {"role": "member", "days": "1", "is_single_use": "1", "mailed_to": "dora@site.test"}
    enter(cast.alice).post(f"/teams/{cast.team.pk}/invitations/", asked)
    assert "at Herons & Co." in mail.outbox[-1].body


@pytest.mark.parametrize("name", ["\u200b", "Two\nlines"])
def test_a_name_that_no_title_shows_is_refused(alice: Client, name: str) -> None:
    address = page(Installation, "change", Installation.objects.create(pk=1).pk)
    refused = alice.post(address, form(alice.get(address)) | {"name": name})
    assert refused.context["adminform"].form.errors["name"]


def test_anybody_makes_an_account_where_the_site_says_so(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Installation.objects.create(pk=1)
    visitor = Client()
    assert "/accounts/signup/" not in visitor.get("/accounts/login/").content.decode()
    assert visitor.get("/accounts/signup/").status_code == visitor.post("/accounts/signup/", ACCOUNT).status_code == 404
    with pytest.raises(NotFound):
        actions.open_account("eve", "a long enough passphrase", language="en")
    site.sign_up = Installation.SignUp.ANYBODY
    site.save()
    assert "/accounts/signup/" in visitor.get("/accounts/login/").content.decode()
    assert visitor.post("/accounts/signup/", ACCOUNT | {"password": "short"}).status_code == 422
    assert visitor.post("/accounts/signup/", ACCOUNT).headers["Location"] == "/"
    assert visitor.get("/api/v1/me").json()["teams"] == []
    assert not User.objects.get().is_staff
    assert "This name is taken." in Client().post("/accounts/signup/", ACCOUNT).content.decode()
    monkeypatch.setattr(rate_limits, "MAX_OPEN_SIGN_UPS", 1)
    assert Client().post("/accounts/signup/", ACCOUNT | {"name": "eve"}).status_code == 429
    monkeypatch.setattr(rate_limits, "MAX_NAMES_TRIED", 1)
    assert Client().post("/accounts/signup/", ACCOUNT).status_code == 429, "nor may names be guessed without an end"


def test_only_administrators_make_accounts_where_the_site_says_so(cast: Cast) -> None:
    Installation.objects.create(pk=1, sign_up=Installation.SignUp.STAFF)
    _, path = invite(cast)
    visitor = Client()
    assert "administrators make the accounts" in visitor.get(path, follow=True).content.decode()
    assert visitor.post("/join/", ACCOUNT).status_code == 404
    assert not User.objects.filter(username="dora").exists()
    known = enter(cast.carol)
    known.get(path)
    assert known.post("/join/").status_code == 302
