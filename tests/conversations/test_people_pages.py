"""The administration's pages about people: many added by a pasted list, and a leaver's access ended."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from conversations.actions.prompts.writing import create_prompt
from conversations.models import Conversation, Membership, Share, User
from conversations.protocol.prompts import Place, checked
from conversations.workers import background
from tests.conftest import Cast
from tests.conversations.sharing import talk
from tests.conversations.test_signing_in import browser, enter
from tests.conversations.test_teams import roles
from tests.providers.administering import alice, staff

__all__ = ["alice"]
PASTED = """
dora
erik@mail.example
Fay Long <fay@mail.example>
, ;
gus, Gus\u202ethe Great
hugo@mail.example;Hugo
"""
MANY = "/admin/conversations/user/add-many/"

pytestmark = pytest.mark.usefixtures("static_files")


def test_a_pasted_list_becomes_people_with_links(alice: Client, cast: Cast) -> None:
    page = alice.post(MANY, {"people": PASTED, "team": str(cast.team.pk)})
    assert page.status_code == 201
    made = User.objects.filter(username__in=["dora", "erik", "fay", "gus", "hugo"])
    assert set(made.values_list("username", "display_name", "email")) == {
        ("dora", "", ""), ("erik", "", "erik@mail.example"), ("fay", "Fay Long", "fay@mail.example"),
        ("gus", "Gus the Great", ""), ("hugo", "Hugo", "hugo@mail.example"),
    }  # fmt: skip
    assert roles(cast.team)["gus"] == "member"
    links = {person.username: link for person, link in page.context["links"]}
    visitor = browser()
    visitor.get(links["dora"], follow=True)
    visitor.post("/new-password/", {"password": "a fine long passphrase"})
    assert User.objects.get(username="dora").has_usable_password()


def test_one_bad_line_adds_nobody_and_is_named(alice: Client, cast: Cast) -> None:
    before = User.objects.count()
    text = alice.post(MANY, {"people": "ivy\nBOB\nivy\nno one\nx@y\n" + "(" * 5_000 + "<"}).content.decode()
    for line in ("Line 2: This name is taken.", "Line 3: This name is in the list twice.", "Line 4:", "Line 5:"):
        assert line in text
    assert "Line 6:" in text
    assert User.objects.count() == before


def test_newcomers_with_an_address_get_a_letter(alice: Client, settings: Any) -> None:
    settings.CHATSITE_SENDS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    page = alice.post(MANY, {"people": "dora\nerik@mail.example"})
    background.wait()
    assert [letter.to for letter in mail.outbox] == [["erik@mail.example"]]
    assert {person.username: link for person, link in page.context["links"]}["erik"] in mail.outbox[0].body


def test_a_leavers_places_and_team_conversations_are_handed_over(alice: Client, cast: Cast) -> None:
    shared, private = talk(cast.bob, team=cast.team), talk(cast.bob)
    Membership.objects.filter(team=cast.team, user=cast.bob).update(role="lead")
    session = enter(cast.bob)
    address = reverse("admin:conversations_user_leaving", args=[cast.bob.pk])
    assert "Conversations there: 1." in alice.get(address).content.decode()
    assert alice.post(address, {"heir": "Carol"}).status_code == 302
    cast.bob.refresh_from_db()
    assert not cast.bob.is_active
    assert session.get("/account/").status_code == 302
    assert roles(cast.team)["carol"] == "lead"
    assert Conversation.objects.get(pk=shared.pk).owner == cast.carol
    assert Conversation.objects.get(pk=private.pk).owner == cast.bob
    assert not Conversation.objects.visible_to(cast.carol).filter(pk=private.pk).exists()


def test_links_and_prompts_of_a_leaver_get_recipients_of_their_own(alice: Client, cast: Cast) -> None:
    ours, private = talk(cast.bob, team=cast.team), talk(cast.bob)
    links = [
        Share.objects.create(conversation=one, message=one.messages.first(), made_by=cast.bob, digest=str(one.pk))
        for one in (ours, private)
    ]
    version = create_prompt(cast.bob, Place(), checked("Greeting", "Say hello")).versions.get()
    address = reverse("admin:conversations_user_leaving", args=[cast.bob.pk])
    assert "Open share links: 2." in alice.get(address).content.decode()
    given = {"heir": "rita", "links_heir": "alice", "prompts_heir": "carol"}
    assert alice.post(address, given).status_code == 302
    for link in links:
        link.refresh_from_db()
    assert [(link.made_by, link.revoked_at is None) for link in links] == [(cast.alice, True), (cast.bob, False)]
    version.refresh_from_db()
    assert (version.prompt.owner, version.author) == (cast.carol, cast.bob), "who wrote it stays"
    assert Conversation.objects.get(pk=ours.pk).owner == cast.rita


def test_nobody_ends_their_own_access_or_inherits_by_their_own_hand(cast: Cast) -> None:
    desk = staff(cast, "view_user", "change_user", "view_membership", "add_membership", "change_membership")
    own, ritas, alices = (
        reverse("admin:conversations_user_leaving", args=[person.pk]) for person in (cast.bob, cast.rita, cast.alice)
    )
    assert desk.post(own).status_code == desk.post(alices).status_code == 403
    assert desk.post(ritas, {"heir": "bob"}).status_code == 200
    assert User.objects.get(pk=cast.rita.pk).is_active
    assert desk.post(ritas, {"heir": "carol"}).status_code == 302
    assert roles(cast.team)["carol"] == "reader"
