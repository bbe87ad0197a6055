"""Accounts that others try to take: by an invitation, a link, a letter, a session that was left open."""

import logging
import re
import threading
from datetime import timedelta
from io import StringIO
from typing import Any, ClassVar

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.management.commands.changepassword import Command as BasePasswords
from django.contrib.auth.models import Group
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chatsite.logs.masking import WithoutQueryStrings
from conversations import actions
from conversations.accounts import rate_limits
from conversations.hashed_tokens import new_token, token_digest
from conversations.models import AccountNotice, PasswordLink, PersonalToken, User
from conversations.workers import background
from providers.models import AuditEntry
from tests.conftest import PASSWORD, Cast
from tests.conversations.test_signing_in import NEW, _stopped_clock, browser, enter, is_in, make_link, turn_on

__all__ = ["_stopped_clock"]

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def sends_mail(settings: Any) -> None:
    settings.CHATSITE_SENDS_MAIL = True


def letters() -> list[Any]:
    """Return the letters mailed since the last call."""
    background.wait()
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
    """Create an account by an invitation of the team."""
    invitation, _ = actions.invite(cast.alice, cast.team.pk, "member", days=1, is_single_use=True)
    return actions.sign_up(invitation, "dora", PASSWORD, language="en")


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
    dora.groups.add(Group.objects.create(name="Accountants"))
    assert asks_for_a_link(lead, dora) == 404, "power comes by a group too"
    dora.groups.clear()
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
    assert 'button--wide" href="/teams/"' in page
    thief = browser()
    thief.get(path)
    thief.post("/new-password/", {"password": NEW})
    assert "Your password was changed by a link." in letters()[0].body
    thief.post("/accounts/login/", {"login": "bob", "password": NEW}, follow=True)
    again = browser().post("/accounts/login/", {"login": "bob", "password": NEW})
    assert "/account/notices/" in again.headers["Location"], "a thief who has read it hides nothing"
    AccountNotice.objects.update(read_at="2026-01-01T00:00:00Z")
    assert 'button--wide" href="/"' in enter(cast.bob, NEW).get("/account/notices/?next=//evil.test/").content.decode()


def test_the_notices_are_ones_own(cast: Cast) -> None:
    make_link(enter(cast.alice), cast.bob)
    assert "None in the last 90 days." in enter(cast.carol).get("/account/notices/").content.decode()
    assert Client().get("/account/notices/").status_code == 302


# --- The mail address ----------------------------------------------------------------------------------------------


def ask_for(client: Client, address: str) -> Any:
    return client.post("/account/address/", {"email": address})


def proven(person: User) -> Client:
    """Return a browser in which this person has given their password once more."""
    client = enter(person)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def link_in(letter: Any) -> str:
    found = re.search(r"http://127.0.0.1(\S+)", letter.body)
    assert found
    return found[1]


@pytest.mark.usefixtures("sends_mail")
def test_a_session_left_open_is_not_an_address(cast: Cast) -> None:
    User.objects.filter(pk=cast.bob.pk).update(email="bob@mail.example")
    thief = browser()
    thief.force_login(cast.bob)
    assert "/accounts/reauthenticate/" in ask_for(thief, "thief@mail.example").headers["Location"]
    thief.post("/account/", {"display_name": "", "email": "thief@mail.example"})
    assert letters() == []
    cast.bob.refresh_from_db()
    assert cast.bob.email == "bob@mail.example"


@pytest.mark.usefixtures("sends_mail")
def test_an_address_counts_once_it_is_confirmed_and_both_are_told(cast: Cast) -> None:
    User.objects.filter(pk=cast.bob.pk).update(email="old@mail.example")
    bob = proven(cast.bob)
    assert ask_for(bob, "New@mail.example").status_code == 302
    to_new, to_old = sorted(letters(), key=lambda letter: str(letter.to[0]))
    assert (to_new.to, to_old.to) == (["New@mail.example"], ["old@mail.example"])
    assert "asked for another mail address" in to_old.body
    path = link_in(to_new)
    scanner = browser()
    scanner.get(path, follow=True)
    assert User.objects.get(pk=cast.bob.pk).email == "old@mail.example", "following it is not enough"
    carol = enter(cast.carol)
    carol.get(path)
    assert carol.post("/account/address/confirm/").status_code == 404, "another's link"
    assert bob.get(path).headers["Location"] == "/account/address/confirm/"
    assert "New@mail.example" in bob.get("/account/address/confirm/").content.decode()
    assert bob.post("/account/address/confirm/").status_code == 302
    assert User.objects.get(pk=cast.bob.pk).email == "New@mail.example"
    told = letters()
    assert {letter.to[0] for letter in told} == {"old@mail.example", "New@mail.example"}
    assert all("Your mail address was changed." in letter.body for letter in told)
    entry = AuditEntry.objects.filter(subject=str(cast.bob.pk)).latest("id")
    assert (entry.before, entry.after) == ({"email": "old@mail.example"}, {"email": "New@mail.example"})
    bob.get(path)
    assert bob.post("/account/address/confirm/").status_code == 404, "once"


@pytest.mark.usefixtures("sends_mail")
def test_an_address_is_one_persons(cast: Cast) -> None:
    cast.carol.change_address("carol@mail.example")
    bob = proven(cast.bob)
    ask_for(bob, "CAROL@mail.example")
    (letter,) = letters()
    bob.get(link_in(letter))
    page = bob.post("/account/address/confirm/", follow=True).content.decode()
    assert "This address belongs to another account." in page
    assert User.objects.get(pk=cast.bob.pk).email == ""
    with pytest.raises(IntegrityError):
        cast.bob.change_address("Carol@Mail.Example")


@pytest.mark.usefixtures("sends_mail")
def test_an_address_given_on_joining_is_confirmed_too(cast: Cast) -> None:
    _, secret = actions.invite(cast.alice, cast.team.pk, "member", days=1, is_single_use=True)
    visitor = browser()
    visitor.get(reverse("invitation", args=[secret]))
    visitor.post("/join/", {"name": "dora", "password": PASSWORD, "email": "alice@mail.example"})
    assert User.objects.get(username="dora").email == ""
    (letter,) = letters()
    visitor.get(link_in(letter))
    visitor.post("/account/address/confirm/")
    assert User.objects.get(username="dora").email == "alice@mail.example"


@pytest.mark.usefixtures("sends_mail")
def test_nobody_mails_others_without_end(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "_minute", lambda: 7)
    bob = proven(cast.bob)
    tries = range(rate_limits.MAX_LETTERS + 2)
    answers = [ask_for(bob, f"somebody{number}@mail.example").status_code for number in tries]
    assert answers == [302] * rate_limits.MAX_LETTERS + [429] * 2
    assert len(letters()) == rate_limits.MAX_LETTERS


def test_no_log_line_keeps_the_token_of_an_address() -> None:
    record = logging.makeLogRecord({"msg": "Error: %s", "args": ("/account/address/abc:def/",)})
    assert WithoutQueryStrings().filter(record)
    assert record.getMessage() == "Error: /account/address/…/"


# --- Letters for a forgotten password ------------------------------------------------------------------------------


@pytest.mark.usefixtures("sends_mail")
def test_whether_an_address_is_known_is_looked_up_behind_the_answer(cast: Cast) -> None:
    cast.bob.change_address("bob@mail.example")
    gate, answers = threading.Event(), []
    background.later(lambda: gate.wait(20))  # a look-up inside the request would be done before this opens
    for address in ("bob@mail.example", "not@mail.example"):
        with CaptureQueriesContext(connection) as queries:
            response = browser().post("/accounts/password/reset/", {"email": address})
        sent, made = len(mail.outbox), PasswordLink.objects.count()
        looks = [query for query in queries if "email_key" in query["sql"].partition("WHERE")[2]]
        answers.append((response.status_code, response.headers["Location"], response.content, sent, made, looks))
    gate.set()
    assert answers[0] == answers[1] == (302, "/accounts/password/reset/done/", b"", 0, 0, [])
    assert [letter.to for letter in letters()] == [["bob@mail.example"]]


@pytest.mark.usefixtures("sends_mail")
def test_strangers_fill_no_mailbox_and_close_no_letter(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "_minute", lambda: 7)
    cast.bob.change_address("bob@mail.example")
    answers = [browser().post("/accounts/password/reset/", {"email": "bob@mail.example"}) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429] * 2
    sent = letters()
    assert len(sent) == PasswordLink.MAX_LETTERS
    assert browser().get(link_in(sent[0])).status_code == 302, "the first one still works"
    cast.bob.change_address("new@mail.example")
    assert browser().get(link_in(sent[0])).status_code == 404, "it went to an address that is no longer theirs"


# --- The end of sessions and tokens with a password ------------------------------------------------------------------


def token_of(person: User) -> PersonalToken:
    secret = new_token(PersonalToken.PREFIX)
    later = timezone.now() + timedelta(days=1)
    return PersonalToken.objects.create(user=person, name="x", digest=token_digest(secret), hint="x", expires_at=later)


def is_open(token: PersonalToken) -> bool:
    return PersonalToken.objects.open().filter(pk=token.pk).exists()


CHANGE = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}


@pytest.mark.parametrize(("more", "stays"), [({}, False), ({"keeps_tokens": "on"}, True)])
def test_tokens_end_with_a_change_unless_they_are_kept(cast: Cast, more: dict[str, str], stays: bool) -> None:
    token, path = token_of(cast.bob), make_link(enter(cast.alice), cast.bob)
    bob, other = enter(cast.bob), enter(cast.bob)
    assert 'name="keeps_tokens"' in bob.get("/accounts/password/change/").content.decode()
    assert bob.post("/accounts/password/change/", {**CHANGE, **more}).status_code == 302
    assert is_open(token) == stays
    assert browser().get(path).status_code == 404, "open links end"
    assert [is_in(client) for client in (bob, other)] == [True, False]
    assert AuditEntry.objects.filter(subject=str(token.pk), act="removed").exists() != stays


def test_tokens_end_with_a_reset(cast: Cast) -> None:
    token, visitor = token_of(cast.bob), browser()
    visitor.get(make_link(enter(cast.alice), cast.bob))
    visitor.post("/new-password/", {"password": NEW})
    assert not is_open(token)
    assert is_open(token_of(cast.bob))


def test_tokens_end_with_a_password_set_on_the_machine(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    token = token_of(cast.bob)
    monkeypatch.setattr(BasePasswords, "_get_pass", lambda *_args: NEW)
    call_command("changepassword", "bob", stdout=StringIO())
    assert not is_open(token)
    assert is_in(enter(cast.bob, NEW))
    assert AuditEntry.objects.filter(actor_name="manage.py changepassword", subject=str(cast.bob.pk)).exists()


class Watched(MD5PasswordHasher):
    """Notes for which passwords others would have to wait to write."""

    waited_for: ClassVar[list[str]] = []

    def encode(self, password: str, salt: str) -> str:
        if connection.in_atomic_block:
            self.waited_for.append(password)
        return super().encode(password, salt)


def test_nobody_waits_to_write_for_a_password(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """To hash one takes a tenth of a second, to type one longer: SQLite has one writer."""
    settings.PASSWORD_HASHERS = [f"{__name__}.Watched"]
    Watched.waited_for.clear()
    newcomer(cast)
    bob = enter(cast.bob)
    bob.post("/accounts/password/change/", CHANGE)
    visitor = browser()
    visitor.get(make_link(enter(cast.alice), cast.rita))
    assert visitor.post("/new-password/", {"password": NEW}).status_code == 302
    monkeypatch.setattr(BasePasswords, "_get_pass", lambda *_args: Watched().encode(NEW, "salt") and NEW)
    call_command("changepassword", "carol", stdout=StringIO())
    assert Watched.waited_for == []
    assert is_in(enter(cast.carol, NEW))
    assert User.objects.get(pk=cast.bob.pk).check_password(NEW)


# --- Everything else that protects an account -----------------------------------------------------------------------


@pytest.mark.usefixtures("sends_mail", "_stopped_clock")
def test_every_change_of_what_protects_an_account_is_told_and_noted(cast: Cast) -> None:
    User.objects.filter(pk=cast.bob.pk).update(email="bob@mail.example")
    bob = enter(cast.bob)
    turn_on(bob)
    assert [letter.body.split("\n")[0] for letter in letters()] == ["A second factor was added."]
    bob.post("/accounts/2fa/recovery-codes/generate/")
    bob.post("/account/tokens/", {"name": "t", "days": "30"})
    bob.post("/accounts/password/change/", CHANGE)
    bob.post("/accounts/2fa/totp/deactivate/")
    assert [letter.body.split("\n")[0] for letter in letters()] == [
        "New recovery codes were made.",
        "A personal token was made.",
        "Your password was changed.",
        "Your second factor was removed.",
    ]
    kinds = AuditEntry.objects.filter(actor=cast.bob.pk).values_list("act", "subject_type").order_by("id")
    assert [(act, kind) for act, kind in kinds if act != "signed_in"] == [
        ("added", "mfa.authenticator"),
        ("added", "mfa.authenticator"),
        ("added", "conversations.personaltoken"),
        ("changed", "conversations.user"),
        ("removed", "conversations.personaltoken"),
        ("removed", "mfa.authenticator"),
    ]


@pytest.mark.usefixtures("sends_mail")
@pytest.mark.parametrize("by_list", [False, True])
def test_a_second_factor_is_taken_away_from_nobody_in_silence(cast: Cast, by_list: bool) -> None:
    User.objects.filter(pk=cast.bob.pk).update(email="bob@mail.example")
    factor = TOTP.activate(cast.bob, generate_totp_secret()).instance
    listed, delete = "/admin/mfa/authenticator/", reverse("admin:mfa_authenticator_delete", args=[factor.pk])
    picked = {"action": "delete_selected", "_selected_action": [str(factor.pk)]}
    alice = enter(cast.alice)
    answer = alice.post(listed, {**picked, "post": "yes"}) if by_list else alice.post(delete, {"post": "yes"})
    assert answer.status_code == 302
    (letter,) = letters()
    assert "Your second factor was removed.\nBy: alice" in letter.body
    assert enter(cast.bob).session["_auth_user_id"] == str(cast.bob.pk)


@pytest.mark.parametrize(
    "path",
    [
        "/account/tokens/",
        "/account/address/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/recovery-codes/generate/",
    ],
)
@pytest.mark.usefixtures("sends_mail", "_stopped_clock")
def test_a_session_left_open_changes_none_of_it(cast: Cast, path: str) -> None:
    if "activate/" not in path or "deactivate" in path:
        turn_on(enter(cast.bob))
    thief = browser()
    thief.force_login(cast.bob)
    given = {"name": "t", "days": "30", "email": "x@mail.example", "code": "000000"}
    assert "/reauthenticate/" in thief.post(path, given).headers["Location"]
