"""Guests: a conversation is opened to people by name, and every door follows it, in and out."""

from collections.abc import Callable
from typing import Any

import pytest

from conversations import actions
from conversations.actions.projects.members import name_members
from conversations.actions.staff import deactivation
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Guest, Message, Notification, Project, User
from conversations.usage.estimates import introduction_to
from tests.conftest import Cast
from tests.conversations.calling import Api, say
from tests.sockets import Socket

Connect = Callable[..., Socket]


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    made = Conversation.objects.create(owner=cast.alice, title="Harbour plan", revision=1)
    say(made, "the lighthouse", author=cast.alice)
    return made


def path(conversation: Conversation, guest: User | None = None) -> str:
    return f"/conversations/{conversation.pk}/guests" + (f"/{guest.pk}" if guest else "")


def name(by: User, conversation: Conversation, person: str, *, write: bool = False) -> Any:
    return Api(by).call("POST", path(conversation), {"name": person, "write": write})


def found(person: User) -> list[str]:
    return [hit["title"] for hit in Api(person).get("/search?q=lighthouse")["results"]]


def test_a_guest_reads_at_every_door_and_writes_once_named_for_it(
    cast: Cast, talk: Conversation, connect: Connect
) -> None:
    carol = connect(cast.carol)
    status, shown = name(cast.alice, talk, "Carol")
    assert status == 200
    guest = {"id": str(cast.carol.pk), "name": "carol", "write": False}
    rights = {"write": True, "decide": True, "named": False}
    assert shown["audience"] == {"kind": "people", "team": None, **rights, "guests": [guest], "teams": []}
    assert carol.event("conversation.updated")["guests"] == [guest]
    seen = Api(cast.carol).get("/conversations?kind=named")["results"]
    assert [(one["title"], one["audience"]["write"], one["audience"]["decide"]) for one in seen] == [
        ("Harbour plan", False, False)
    ]
    assert Api(cast.carol).get("/conversations?kind=private")["results"] == []
    assert Api(cast.alice).get("/conversations?kind=private")["results"] != []
    assert found(cast.carol) == ["Harbour plan"]
    told = Notification.objects.get(person=cast.carol)
    assert (told.kind, told.by, told.conversation) == ("named", cast.alice, talk)
    said = {"conversation": str(talk.pk), "text": "@alice here", "models": []}
    assert carol.ask("message.send", **said)["code"] == "not_found"
    assert name(cast.alice, talk, "carol", write=True)[0] == 200
    assert carol.ask("message.send", **said)["type"] == "ack"
    assert Message.objects.latest("pk").author == cast.carol
    assert cast.alice.mentions.count() == 1
    assert Notification.objects.filter(kind="named").count() == 1, "told once"
    assert [one["name"] for one in Api(cast.carol).get(f"/people?conversation={talk.pk}")] == ["alice", "carol"]
    assert name(cast.carol, talk, "rita")[0] == 404, "only its owner names people"


def test_whoever_is_removed_or_leaves_finds_nothing_more(cast: Cast, talk: Conversation, connect: Connect) -> None:
    for person in ("carol", "bob"):
        actions.name_guest(cast.alice, talk.pk, person, writes=True)
    carol, alice = connect(cast.carol), connect(cast.alice)
    assert carol.ask("conversation.open", conversation=str(talk.pk))["type"] == "ack"
    assert Api(cast.bob).call("DELETE", path(talk, cast.carol))[0] == 404, "a guest removes nobody else"
    assert Api(cast.alice).call("DELETE", path(talk, cast.carol)) == (204, None)
    assert carol.event("conversation.gone")["conversation"] == str(talk.pk)
    assert alice.event("conversation.updated")["guests"][0]["name"] == "bob"
    assert found(cast.carol) == []
    assert Notification.objects.of(cast.carol).count() == 0
    assert Api(cast.carol).call("GET", f"/conversations/{talk.pk}/export?format=json")[0] == 404
    assert Api(cast.bob).call("DELETE", path(talk, cast.bob)) == (204, None)
    talk.refresh_from_db()
    assert (talk.is_private, talk.audience_ids()) == (True, [cast.alice.pk])


def test_a_teams_conversation_has_guests_who_only_read(cast: Cast) -> None:
    talk = Conversation.objects.create(owner=cast.bob, team=cast.team, title="Ours")
    assert name(cast.rita, talk, "carol")[0] == 404, "who may not share it by a link"
    assert name(cast.alice, talk, "carol", write=True)[0] == 409
    assert name(cast.alice, talk, "rita")[0] == 409, "a member reads it already"
    assert Api(cast.alice).refusal("POST", path(talk), {"name": "nobody"}) == (400, "bad_field")
    assert name(cast.alice, talk, "carol")[1]["audience"]["kind"] == "team"
    assert Api(cast.carol).get("/conversations")["results"][0]["audience"]["write"] is False
    assert Conversation.objects.filter(pk=talk.pk).readers([cast.carol.pk]) == {(talk.pk, cast.carol.pk)}
    actions.move_conversation(cast.bob, talk.pk, None)
    assert not Guest.objects.exists(), "another audience is named anew"


def test_a_project_that_becomes_narrow_shuts_guests_out(cast: Cast) -> None:
    project = Project.objects.create(name="Harbour", team=cast.team, owner=cast.alice)
    talk = Conversation.objects.create(owner=cast.alice, team=cast.team, project=project)
    actions.name_guest(cast.alice, talk.pk, "carol", writes=False)
    name_members(cast.alice, project.pk, [])
    assert not Conversation.objects.visible_to(cast.carol).exists()
    actions.name_guest(cast.alice, talk.pk, "carol", writes=False)
    name_members(cast.alice, project.pk, [cast.bob.pk])
    assert Conversation.objects.visible_to(cast.carol).exists(), "named for the narrow one"


def test_to_its_owner_alone_means_without_guests(cast: Cast, talk: Conversation) -> None:
    actions.name_guest(cast.alice, talk.pk, "carol", writes=True)
    assert (
        Api(cast.alice).call("PATCH", f"/conversations/{talk.pk}", {"team": None})[1]["audience"]["kind"] == "private"
    )
    assert not Conversation.objects.visible_to(cast.carol).exists()


def test_a_switched_off_or_deleted_account_is_no_guest_any_more(cast: Cast, talk: Conversation) -> None:
    for person in ("carol", "bob"):
        actions.name_guest(cast.alice, talk.pk, person, writes=False)
    deactivation.end_access(cast.alice, cast.carol)
    assert list(talk.guests.values_list("user__username", flat=True)) == ["bob"]
    User.objects.filter(pk=cast.bob.pk).delete()
    assert not Guest.objects.exists()
    User.objects.filter(pk=cast.carol.pk).update(is_active=False)
    with pytest.raises(Refused):
        actions.name_guest(cast.alice, talk.pk, "carol", writes=False)


def test_its_readers_share_one_place_and_models_hear_nothing_of_the_owner(cast: Cast, talk: Conversation) -> None:
    User.objects.filter(pk=cast.alice.pk).update(about_me="A gardener")
    assert "gardener" in introduction_to(talk)
    first = talk.messages.get()
    older = say(talk, "one", author=cast.alice, parent=first)
    say(talk, "two", author=cast.alice, parent=first)
    actions.choose_branch(cast.alice, older.pk)
    actions.name_guest(cast.alice, talk.pk, "carol", writes=True)
    talk.refresh_from_db()
    assert introduction_to(talk) == ""
    assert Message.objects.leaf_for(cast.carol, talk) == older.pk, "as its owner had it"
    other = say(talk, "three", author=cast.carol, parent=first)
    actions.choose_branch(cast.carol, other.pk)
    talk.refresh_from_db()
    assert Message.objects.leaf_for(cast.alice, talk) == other.pk
    actions.end_guest(cast.carol, talk.pk, cast.carol.pk)
    talk.refresh_from_db()
    assert Message.objects.leaf_for(cast.alice, talk) == other.pk, "and goes on there alone"


def test_a_guest_moves_it_nowhere(cast: Cast, talk: Conversation) -> None:
    project = Project.objects.create(name="Harbour", owner=cast.alice)
    actions.move_to_project(cast.alice, talk.pk, project.pk)
    actions.name_guest(cast.alice, talk.pk, "bob", writes=True)
    for act in (actions.move_to_project, actions.move_conversation):
        with pytest.raises(NotFound):
            act(cast.bob, talk.pk, None)
    with pytest.raises(NotFound):
        actions.delete_conversation(cast.bob, talk.pk)
