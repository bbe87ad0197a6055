"""Accounts that others try to take: by an invitation, a link, a letter, a session that was left open."""

import re
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.urls import reverse

from conversations import actions, postbox
from conversations.models import AccountNotice, PasswordLink, User
from providers.models import AuditEntry
from tests.conftest import PASSWORD, Cast
from tests.conversations.test_signing_in import NEW, browser, enter, make_link

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def sends_mail(settings: Any) -> None:
    settings.CHATSITE_SENDS_MAIL = True


def letters() -> list[Any]:
    """What has been mailed since the last look."""
    postbox.wait()
    sent, mail.outbox[:] = list(mail.outbox), []
    return sent


def asks_for_a_link(maker: User, person: User) -> int:
    return enter(maker).post(reverse("new-password-link", args=[person.pk])).status_code


# --- Invitations ---------------------------------------------------------------------------------------------------


def test_an_invitation_gives_no_right_over_an_account_that_was_there(cast: Cast) -> None:
    mallory = User.objects.create_user("mallory", password=PASSWORD)
    trap = actions.create_team(mallory, "Come in")
    invitation, _ = actions.invite(mallory, trap.pk, "reader", days=1, is_single_use=True)
    actions.join(cast.carol, invitation)
    assert asks_for_a_link(mallory, cast.carol) == 404
    assert not PasswordLink.objects.exists()
    assert "Forgot the password?" not in enter(mallory).get(f"/teams/{trap.pk}/").content.decode()


def newcomer(cast: Cast) -> User:
    """An account that an invitation of the team has made."""
    invitation, _ = actions.invite(cast.alice, cast.team.pk, "member", days=1, is_single_use=True)
    return actions.sign_up(invitation, "dora", PASSWORD, email="", language="en")


def test_a_lead_helps_whom_their_team_brought_until_the_account_is_more_than_that(cast: Cast) -> None:
    lead, dora = User.objects.create_user("lena", password=PASSWORD), newcomer(cast)
    cast.team.memberships.create(user=lead, role="lead")
    assert asks_for_a_link(lead, dora) == 201
    elsewhere = actions.create_team(cast.alice, "Elsewhere")
    place = elsewhere.memberships.create(user=dora, role="reader")
    assert asks_for_a_link(lead, dora) == 404, "it opens another team too"
    place.delete()
    TOTP.activate(dora, generate_totp_secret())
    assert asks_for_a_link(lead, dora) == 404, "a second factor is there"
    dora.authenticator_set.all().delete()
    User.objects.filter(pk=dora.pk).update(is_superuser=True)
    assert asks_for_a_link(lead, dora) == 404
    User.objects.filter(pk=dora.pk).update(is_superuser=False)
    cast.team.memberships.filter(user=dora).delete()
    assert asks_for_a_link(lead, dora) == 404, "who has left the team is nobody's there"


@pytest.mark.usefixtures("sends_mail")
def test_a_link_is_never_made_in_silence(cast: Cast) -> None:
    User.objects.filter(pk=cast.bob.pk).update(email="bob@mail.example")
    path = make_link(enter(cast.alice), cast.bob)
    (letter,) = letters()
    assert letter.to == ["bob@mail.example"]
    assert "A link was made with which your password can be changed.\nBy: alice" in letter.body
    assert AuditEntry.objects.filter(subject_type="conversations.passwordlink", actor_name="alice").exists()
    bob = browser()
    entry = bob.post("/accounts/login/?next=/teams/", {"login": "bob", "password": PASSWORD})
    assert entry.headers["Location"] == "/account/notices/?next=%2Fteams%2F"
    page = bob.get(entry.headers["Location"]).content.decode()
    assert "A link was made with which your password can be changed." in page
    assert re.search(r"By: alice", page)
    assert 'href="/teams/"' in page
    thief = browser()
    thief.get(path)
    thief.post("/new-password/", {"password": NEW})
    assert "Your password was changed by a link." in letters()[0].body
    thief.post("/accounts/login/", {"login": "bob", "password": NEW}, follow=True)
    again = browser().post("/accounts/login/", {"login": "bob", "password": NEW})
    assert "/account/notices/" in again.headers["Location"], "a thief who has read it hides nothing"
    AccountNotice.objects.update(read_at="2026-01-01T00:00:00Z")
    assert enter(cast.bob, NEW).get("/account/notices/?next=//evil.test/").content.decode().count('href="/"') == 2


def test_the_notices_are_ones_own(cast: Cast) -> None:
    make_link(enter(cast.alice), cast.bob)
    assert "None in the last 90 days." in enter(cast.carol).get("/account/notices/").content.decode()
    assert Client().get("/account/notices/").status_code == 302
