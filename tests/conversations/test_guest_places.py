"""Guests beside other rules: of teams, projects, accounts that end, and how often people may be named."""

import json
from collections.abc import Callable

import pytest

from conversations import actions
from conversations.accounts import rate_limits
from conversations.actions.projects.members import name_members
from conversations.actions.staff import closing, deactivation
from conversations.models import Conversation, Guest, Membership, Notification, Project, User
from conversations.models.sidebar import one_listed
from conversations.usage.estimates import introduction_to
from tests.conftest import Cast
from tests.conversations.calling import Api, say
from tests.sockets import Socket

Connect = Callable[..., Socket]


def team_talk(cast: Cast) -> Conversation:
    made = Conversation.objects.create(owner=cast.bob, team=cast.team, title="Ours", revision=1)
    say(made, "the lighthouse", author=cast.bob)
    return made


def is_open_to(person: User) -> bool:
    return Conversation.objects.visible_to(person).exists()


@pytest.mark.usefixtures("static_files")
def test_guests_are_told_of_no_project(cast: Cast, connect: Connect) -> None:
    talk = team_talk(cast)
    project = Project.objects.create(name="Seakeeping", team=cast.team, owner=cast.alice)
    actions.move_to_project(cast.alice, talk.pk, project.pk)
    actions.name_guest(cast.alice, talk.pk, "carol", writes=False)
    api, carol, bob = Api(cast.carol), connect(cast.carol), connect(cast.bob)
    name_members(cast.alice, project.pk, [cast.bob.pk])
    actions.name_guest(cast.alice, talk.pk, "carol", writes=False)
    actions.change_project(cast.alice, project.pk, name="Seakeeping II")
    told = carol.event("conversation.updated", revision=Conversation.objects.get().revision)
    assert (told["project"], told["project_name"]) == (None, "")
    known = bob.event("conversation.updated", revision=told["revision"])
    assert (known["project"], known["project_name"]) == (str(project.pk), "Seakeeping II")
    pages = [
        api.client.get(path).content.decode()
        for path in (f"/conversations/{talk.pk}/", f"/conversations/{talk.pk}/audience/", "/")
    ]
    seen = [
        *pages,
        json.dumps([api.get(path) for path in ("/conversations", f"/conversations/{talk.pk}", "/search?q=lighthouse")]),
    ]
    assert all("Ours" in one or "only the people listed here" in one for one in seen)
    assert not [one for one in seen if "Seakeeping" in one or str(project.pk) in one]
    assert Api(cast.bob).get(f"/conversations/{talk.pk}")["project_name"] == "Seakeeping II"


@pytest.mark.usefixtures("static_files")
def test_who_joins_the_team_is_a_guest_no_more_and_loses_it_with_the_place(cast: Cast, connect: Connect) -> None:
    talk = team_talk(cast)
    actions.name_guest(cast.alice, talk.pk, "carol", writes=False)
    place = Membership.objects.create(team=cast.team, user=cast.carol)
    listed = one_listed(cast.carol, talk.pk)
    assert listed
    assert not listed.is_named  # type: ignore[attr-defined]
    assert Api(cast.carol).get("/conversations?kind=named")["results"] == []
    assert Api(cast.alice).get(f"/conversations/{talk.pk}")["audience"]["guests"] == []
    panel = Api(cast.carol).client.get(f"/conversations/{talk.pk}/audience/").content.decode()
    assert panel.count("<bdi>carol</bdi>") == 1
    assert Api(cast.alice).refusal("POST", f"/conversations/{talk.pk}/guests", {"name": "carol"}) == (409, "conflict")
    carol = connect(cast.carol)
    actions.remove_member(cast.alice, cast.team.pk, place.user_id)
    assert carol.event("conversation.gone")["conversation"] == str(talk.pk)
    assert not is_open_to(cast.carol)
    assert not Conversation.objects.get().has_guests


def test_a_guest_of_a_narrow_projects_conversation_loses_it_with_the_place_in_the_team(cast: Cast) -> None:
    project = Project.objects.create(name="Harbour", team=cast.team, owner=cast.alice)
    talk = Conversation.objects.create(owner=cast.alice, team=cast.team, project=project)
    name_members(cast.alice, project.pk, [])
    actions.name_guest(cast.alice, talk.pk, "bob", writes=False)
    assert is_open_to(cast.bob)
    actions.leave_team(cast.bob, cast.team.pk)
    assert not is_open_to(cast.bob)


@pytest.mark.parametrize("end", ["deactivated", "deleted", "heir"])
def test_when_its_only_guest_has_gone_a_conversation_is_private_again(cast: Cast, end: str, connect: Connect) -> None:
    talk = Conversation.objects.create(owner=cast.bob, title="Mine", revision=1)
    actions.name_guest(cast.bob, talk.pk, "carol", writes=True)
    readers = {"deactivated": cast.bob, "deleted": cast.bob, "heir": cast.carol}
    User.objects.filter(pk=readers[end].pk).update(about_me="A gardener")
    socket = connect(readers[end])
    root = User.objects.create_superuser("root")
    if end == "deactivated":
        deactivation.end_access(root, cast.carol)
    elif end == "deleted":
        Notification.objects.all().delete()
        assert (
            Api(root).client.post(f"/admin/conversations/user/{cast.carol.pk}/delete/", {"post": "yes"}).status_code
            == 302
        )
    else:
        closing.close_account(root, cast.bob, closing.Leaving(keeps_name=True, heir=cast.carol, private=True))
    talk = Conversation.objects.get()
    assert (talk.has_guests, talk.is_private, Guest.objects.count()) == (False, True, 0)
    assert "gardener" in introduction_to(talk), "models are told of its one reader again"
    assert socket.event("conversation.updated", guests=[])["conversation"] == str(talk.pk)


def test_nobody_is_told_again_and_again_nor_finds_out_who_is_here(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Conversation.objects.create(owner=cast.alice, title="Mine", revision=1)
    for _ in range(3):
        actions.name_guest(cast.alice, talk.pk, "carol", writes=False)
        actions.end_guest(cast.alice, talk.pk, cast.carol.pk)
    assert Notification.objects.filter(person=cast.carol).count() == 1
    monkeypatch.setattr(rate_limits, "MAX_GUESTS_NAMED", 2)
    api, path = Api(cast.alice), f"/conversations/{talk.pk}/guests"
    tried = [api.refusal("POST", path, {"name": name}) for name in ("nobody", "somebody", "carol")]
    assert tried == [(400, "bad_field"), (400, "bad_field"), (429, "rate_limited")]
    assert not Guest.objects.exists()
