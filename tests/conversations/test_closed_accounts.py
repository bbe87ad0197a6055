"""Closing an account: access ends at once, private conversations go or are handed over, and what teams read stays."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from conversations import actions
from conversations.actions.staff.closing import LastSuperuser, close_own_account
from conversations.actions.teams import LastLead
from conversations.connections.opening import open_conversation
from conversations.models import Conversation, Installation, Membership, PersonalToken, User
from conversations.protocol import commands
from providers.models.audit import AuditEntry
from tests.conftest import PASSWORD, Cast
from tests.conversations.sharing import talk
from tests.conversations.test_signing_in import enter
from tests.providers.administering import alice, staff

__all__ = ["alice"]
pytestmark = pytest.mark.usefixtures("static_files")
CLOSE = "/account/close/"


def closing(person: User) -> str:
    return reverse("admin:conversations_user_closing", args=[person.pk])


def test_a_person_deletes_their_own_account_after_their_password_and_name(cast: Cast) -> None:
    shared, private = talk(cast.bob, team=cast.team), talk(cast.bob)
    actions.create_token(cast.bob, "script", days=1)
    bob, elsewhere = enter(cast.bob), enter(cast.bob)
    assert bob.get(CLOSE).status_code == 302, "the password is asked for first"
    bob.post(f"{reverse('account_reauthenticate')}?next={CLOSE}", {"password": PASSWORD})
    assert bob.get(CLOSE).context["private"] == 1
    assert bob.post(CLOSE, {"username": "rita"}).status_code == 422
    assert bob.post(CLOSE, {"username": " BOB "}).status_code == 302
    assert elsewhere.get("/account/").status_code == bob.get("/account/").status_code == 302
    assert not PersonalToken.objects.open().exists()
    left = User.objects.get(pk=cast.bob.pk)
    assert (left.name, left.is_active, left.has_usable_password()) == ("bob", False, False)
    assert not Membership.objects.filter(user=left).exists()
    talk(cast.bob)  # by a request that was under way
    actions.end_overdue()
    assert list(Conversation.objects.all()) == [shared]
    assert private.pk != shared.pk
    assert AuditEntry.objects.filter(subject=str(left.pk), act="removed", before__account="closed").exists()


def test_the_only_superuser_and_the_only_lead_hand_over_first(cast: Cast) -> None:
    Membership.objects.filter(user=cast.bob).update(role="lead")
    with pytest.raises(LastSuperuser):
        close_own_account(cast.alice)
    User.objects.filter(pk=cast.carol.pk).update(is_superuser=True)
    Membership.objects.filter(user=cast.bob).update(role="member")
    with pytest.raises(LastLead):
        close_own_account(cast.alice)
    assert User.objects.get(pk=cast.alice.pk).is_active
    Membership.objects.filter(user=cast.bob).update(role="lead")
    close_own_account(cast.alice)
    assert User.objects.get(pk=cast.alice.pk).closed_at <= timezone.now()


def test_an_administrator_hands_the_private_over_and_takes_the_name_away(alice: Any, cast: Cast) -> None:
    shared, private, deleted = talk(cast.bob, team=cast.team), talk(cast.bob), talk(cast.bob)
    actions.delete_conversation(cast.bob, deleted.pk)
    actions.introduce(cast.bob, "Captain", "I sail.")
    Membership.objects.filter(user=cast.bob).update(role="lead")
    assert alice.post(closing(cast.bob), {"private": "on", "keeps_name": "no"}).status_code == 200, "to whom?"
    given = {"heir": "carol", "private": "on", "keeps_name": "no"}
    assert alice.post(closing(cast.bob), given).status_code == 302
    assert Conversation.objects.get(pk=private.pk).owner == Conversation.objects.get(pk=shared.pk).owner == cast.carol
    assert set(Conversation.objects.visible_to(cast.carol)) == {private, shared}
    actions.end_overdue()
    assert not Conversation.objects.filter(pk=deleted.pk).exists()
    left = User.objects.get(pk=cast.bob.pk)
    assert re.fullmatch("former-[0-9a-f]{12}", left.username)
    assert (left.name, left.display_name, left.email, left.about_me) == ("A former member", "", "", "")
    assert "A former member" in alice.get(f"/conversations/{shared.pk}/").content.decode()
    assert alice.get(closing(cast.bob)).status_code == 403, "it is closed"
    noted = AuditEntry.objects.filter(subject=str(private.pk)).values_list("before__owner", "after__owner")
    assert list(noted) == [("bob", "carol")]


def test_only_superusers_pass_on_what_was_private(cast: Cast) -> None:
    private = talk(cast.rita)
    desk = staff(cast, "view_user", "change_user", "delete_user", *(f"{verb}_membership" for verb in _PLACES))
    assert desk.post(closing(cast.rita), {"heir": "carol", "private": "on", "keeps_name": "yes"}).status_code == 302
    assert not Conversation.objects.visible_to(cast.carol).filter(pk=private.pk).exists()


def test_the_site_decides_whether_names_stay(cast: Cast) -> None:
    Installation.objects.update_or_create(pk=1, defaults={"names_former_members": False})
    shared = talk(cast.bob, team=cast.team)
    close_own_account(cast.bob)
    assert User.objects.get(pk=cast.bob.pk).name == "A former member"
    User.objects.filter(pk=cast.alice.pk).update(language="zh-hans")
    opened = open_conversation(User.objects.get(pk=cast.alice.pk), commands.Open(shared.pk, since=0))
    assert opened.messages(html=False)["messages"][0]["author"]["name"] == "一位前成员", "in the reader's language"


_PLACES = ("view", "add", "change")
