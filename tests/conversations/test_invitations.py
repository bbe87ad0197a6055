"""Invitations: one way in for people without an account, and nothing to learn from a link that is none."""

import logging
import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chatsite.logs.masking import WithoutQueryStrings
from conversations import actions
from conversations.accounts import rate_limits
from conversations.errors import NotFound
from conversations.models import Invitation, User
from tests.conftest import Cast
from tests.conversations.test_teams import enter, roles

pytestmark = pytest.mark.usefixtures("static_files")

ACCOUNT = {"name": "dora", "password": "a long enough passphrase"}
LINK = re.compile(r'value="http://127.0.0.1(/join/[^"]+)"')


def invite(cast: Cast, role: str = "member", days: int = 1, is_single_use: bool = True) -> tuple[Invitation, str]:
    invitation, secret = actions.invite(cast.alice, cast.team.pk, role, days=days, is_single_use=is_single_use)
    return invitation, reverse("invitation", args=[secret])


def test_the_link_is_shown_once_and_stored_as_a_digest(cast: Cast) -> None:
    alice = enter(cast.alice)
    fields = {"role": "reader", "days": "7", "is_single_use": "1"}
    shown = LINK.search(alice.post(reverse("invite", args=[cast.team.pk]), fields).content.decode())
    assert shown
    secret = shown[1].split("/")[2]
    assert len(secret) >= 43
    assert secret not in alice.get(f"/teams/{cast.team.pk}/invitations/").content.decode()
    assert secret not in str(Invitation.objects.values())
    Client().get(shown[1])
    visitor = Client()
    assert visitor.get(shown[1]).headers["Location"] == "/join/"
    assert secret not in str(dict(visitor.session))


def test_a_stranger_makes_an_account_and_is_in(cast: Cast) -> None:
    invitation, path = invite(cast, role="reader")
    visitor = Client()
    page = visitor.get(path, follow=True)
    assert "Join “Crew”" in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    response = visitor.post("/join/", ACCOUNT)
    assert response.headers["Location"] == f"/teams/{cast.team.pk}/"
    assert roles(cast.team)["dora"] == "reader"
    assert visitor.get("/api/v1/me").json()["name"] == "dora"
    assert not User.objects.get(username="dora").is_staff
    assert not Invitation.objects.open().filter(pk=invitation.pk).exists()


def test_somebody_with_an_account_signs_in_and_joins(cast: Cast) -> None:
    _, path = invite(cast)
    visitor = Client()
    assert "/accounts/login/?next=/join/" in visitor.get(path, follow=True).content.decode()
    visitor.force_login(cast.carol)
    session = visitor.session
    session["invitation"] = Invitation.objects.get().digest
    session.save()
    assert "Join as carol" in visitor.get("/join/").content.decode()
    assert visitor.post("/join/").status_code == 302
    assert roles(cast.team)["carol"] == "member"


def test_signing_in_keeps_the_invitation(cast: Cast) -> None:
    _, path = invite(cast)
    visitor = Client()
    visitor.get(path)
    page = visitor.post("/accounts/login/?next=/join/", {"login": "carol", "password": "a long enough passphrase"})
    assert page.headers["Location"] == "/join/"
    assert "Join as carol" in visitor.get("/join/").content.decode()


def test_a_member_keeps_their_place_and_uses_nothing_up(cast: Cast) -> None:
    invitation, path = invite(cast, role="lead")
    bob = enter(cast.bob)
    assert "You are in this team already." in bob.get(path, follow=True).content.decode()
    bob.post("/join/")
    assert roles(cast.team)["bob"] == "member"
    invitation.refresh_from_db()
    assert invitation.uses == 0


def test_sign_up_is_closed_but_for_the_link(cast: Cast) -> None:
    response = Client().post("/accounts/signup/", {"username": "eve", "password1": "a long enough passphrase"})
    assert response.status_code == 404
    assert Client().get("/join/").status_code == Client().post("/join/", ACCOUNT).status_code == 404
    assert not User.objects.filter(username__in=["eve", "dora"]).exists()


def bad_links(cast: Cast) -> dict[str, str]:
    links = {"wrong": reverse("invitation", args=["x" * 43])}
    now = timezone.now()
    for name, change in {
        "expired": {"expires_at": now - timedelta(seconds=1)},
        "used": {"uses": 1},
        "revoked": {"revoked_at": now},
    }.items():
        invitation, links[name] = invite(cast)
        Invitation.objects.filter(pk=invitation.pk).update(**change)
    return links


def test_every_bad_link_gets_the_same_answer(cast: Cast) -> None:
    answers = {name: Client().get(path) for name, path in bad_links(cast).items()}
    masked = {re.sub(r'value="[^"]{60,}"|/join/[^/]+/', "", answer.content.decode()) for answer in answers.values()}
    assert len(masked) == 1
    assert "It is wrong, used up, expired or revoked." in masked.pop()
    assert {answer.status_code for answer in answers.values()} == {404}


def test_what_ended_while_somebody_filled_in_the_form_lets_nobody_in(cast: Cast) -> None:
    for change in ({"uses": 1}, {"revoked_at": timezone.now()}, {"expires_at": timezone.now()}):
        invitation, path = invite(cast)
        visitor = Client()
        visitor.get(path)
        Invitation.objects.filter(pk=invitation.pk).update(**change)
        assert visitor.post("/join/", ACCOUNT).status_code == 404
    assert not User.objects.filter(username="dora").exists()


def test_guesses_are_limited_and_good_links_are_not(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "_minute", lambda: 7)
    _, good = invite(cast, is_single_use=False)
    tries = [Client().get(f"/join/{number}/").status_code for number in range(rate_limits.MAX_BAD_LINKS + 5)]
    assert tries == [404] * rate_limits.MAX_BAD_LINKS + [429] * 5
    assert Client().get(good).status_code == 302
    assert Client(REMOTE_ADDR="10.0.0.9").get("/join/x/").status_code == 404


def test_a_link_for_many_lets_many_in_and_one_for_one_a_single_person(cast: Cast) -> None:
    many, _ = invite(cast, is_single_use=False)
    actions.sign_up(many, "dora", "x", language="en")
    actions.sign_up(many, "emil", "x", language="en")
    one, _ = invite(cast)
    actions.sign_up(one, "frida", "x", language="en")
    with pytest.raises(NotFound):
        actions.sign_up(one, "gustav", "x", language="en")
    assert {"dora", "emil", "frida"} <= set(roles(cast.team))
    assert not User.objects.filter(username="gustav").exists()


def test_two_who_follow_one_link_at_once_are_one_too_many(cast: Cast) -> None:
    invitation, _ = invite(cast)
    gate, refused = threading.Barrier(4), []

    def follow(name: str) -> None:
        gate.wait(5)
        try:
            actions.sign_up(invitation, name, "x", language="en")
        except NotFound:
            refused.append(name)
        finally:
            connection.close()

    threads = [threading.Thread(target=follow, args=[name]) for name in ("dora", "emil", "frida", "gustav")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(refused) == 3
    assert len(roles(cast.team)) == 4


def test_a_name_that_is_taken_in_any_case_is_said(cast: Cast) -> None:
    _, path = invite(cast)
    visitor = Client()
    visitor.get(path)
    for name in ("ALICE", "ａlice"):
        response = visitor.post("/join/", {**ACCOUNT, "name": name})
        assert response.status_code == 422
        assert "This name is taken." in response.content.decode()
    assert visitor.post("/join/", {**ACCOUNT, "password": "dora"}).status_code == 422
    assert visitor.post("/join/", ACCOUNT).status_code == 302


def test_only_leads_invite(cast: Cast) -> None:
    for person in (cast.bob, cast.rita, cast.carol):
        with pytest.raises(NotFound):
            actions.invite(person, cast.team.pk, "reader", days=1, is_single_use=True)
    assert not Invitation.objects.exists()


def test_a_lead_who_leads_no_more_invites_nobody(cast: Cast) -> None:
    cast.team.memberships.filter(user=cast.bob).update(role="lead")
    _, secret = actions.invite(cast.bob, cast.team.pk, "lead", days=1, is_single_use=True)
    assert Invitation.objects.of(secret).exists()
    actions.change_role(cast.alice, cast.team.pk, cast.bob.pk, "member")
    assert not Invitation.objects.of(secret).exists()


def test_who_is_removed_does_not_come_back_by_a_link_for_many(cast: Cast) -> None:
    many, one = invite(cast, is_single_use=False)[0], invite(cast)[0]
    actions.remove_member(cast.alice, cast.team.pk, cast.bob.pk)
    assert set(Invitation.objects.open()) == {one}
    many.refresh_from_db()
    assert many.revoked_at


def test_an_invitation_is_mailed_where_mail_is_set_up(cast: Cast, settings: object) -> None:
    fields = {"role": "member", "days": "7", "is_single_use": "1", "mailed_to": "dora@example.test"}
    alice = enter(cast.alice)
    alice.post(reverse("invite", args=[cast.team.pk]), fields)
    assert mail.outbox == []
    settings.CHATSITE_SENDS_MAIL = True  # type: ignore[attr-defined]
    cast.team.name = "Crew & “Co”\nBcc: eve@example.test"
    cast.team.save()
    shown = LINK.search(alice.post(reverse("invite", args=[cast.team.pk]), fields).content.decode())
    assert shown
    (letter,) = mail.outbox
    assert letter.to == ["dora@example.test"]
    assert letter.subject == "alice invites you to “Crew & “Co” Bcc: eve@example.test”"
    assert f"http://127.0.0.1{shown[1]}" in letter.body
    assert "Bcc" not in letter.message()


def test_a_link_for_many_makes_so_many_accounts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "_minute", lambda: 7)
    monkeypatch.setattr(rate_limits, "MAX_SIGN_UPS", 2)
    many, other = (invite(cast, is_single_use=False)[1] for _ in range(2))

    def joins(path: str, name: str) -> int:
        visitor = Client()
        visitor.get(path)
        return visitor.post("/join/", ACCOUNT | {"name": name}).status_code

    assert [joins(many, name) for name in ("dora", "emil", "fritz")] == [302, 302, 429]
    assert not User.objects.filter(username="fritz").exists()
    assert joins(other, "fritz") == 302, "each link by itself"
    monkeypatch.setattr(rate_limits, "_minute", lambda: 67)
    assert joins(many, "greta") == 302


def test_nobody_mails_invitations_without_end(cast: Cast, settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CHATSITE_SENDS_MAIL = True  # type: ignore[attr-defined]
    monkeypatch.setattr(rate_limits, "_minute", lambda: 7)
    monkeypatch.setattr(rate_limits, "MAX_INVITATIONS", 3)
    alice, address = enter(cast.alice), reverse("invite", args=[cast.team.pk])
    fields = {"role": "member", "days": "7", "is_single_use": "1"}
    answers = [alice.post(address, {**fields, "mailed_to": f"p{number}@mail.example"}) for number in range(5)]
    assert [answer.status_code for answer in answers] == [201] * 3 + [429] * 2
    assert len(mail.outbox) == Invitation.objects.count() == 3
    assert alice.post(address, fields).status_code == 201, "a link to hand over is always to be had"
    monkeypatch.setattr(rate_limits, "_minute", lambda: 67)
    assert alice.post(address, {**fields, "mailed_to": "later@mail.example"}).status_code == 201


def test_an_address_that_is_none_is_said(cast: Cast) -> None:
    fields = {"role": "member", "days": "7", "is_single_use": "1", "mailed_to": "x@y.test\nBcc: z@y.test"}
    assert enter(cast.alice).post(reverse("invite", args=[cast.team.pk]), fields).status_code == 422
    for wrong in ({"role": "owner"}, {"days": "9999"}, {"is_single_use": "2"}):
        response = enter(cast.alice).post(reverse("invite", args=[cast.team.pk]), {**fields, "mailed_to": "", **wrong})
        assert response.status_code == 422
    assert not Invitation.objects.exists()


def test_no_log_line_keeps_the_secret_of_a_link() -> None:
    for path, told in (
        ("/join/abc-_9/", "/join/…/"),
        ("/new-password/abc-_9/", "/new-password/…/"),
        ("/join/", "/join/"),
    ):
        record = logging.makeLogRecord({"msg": "Internal Server Error: %s", "args": (path,)})
        assert WithoutQueryStrings().filter(record)
        assert record.getMessage() == f"Internal Server Error: {told}"
