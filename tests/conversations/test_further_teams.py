"""Conversations that are open to further teams: who reads and writes then, and who loses them with the grant."""

from collections.abc import Callable

import pytest

from conversations import actions
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Membership, Project, Team, User
from conversations.models.sidebar import one_listed
from tests.conftest import Cast
from tests.conversations.calling import Api, say
from tests.sockets import Socket

Connect = Callable[..., Socket]


@pytest.fixture
def dock(cast: Cast) -> Team:
    """A second team: Bob leads it, Carol reads; Alice is a member, so that she may let it in."""
    made = Team.objects.create(name="Dock")
    for person, role in ((cast.bob, "lead"), (cast.carol, "reader"), (cast.alice, "member")):
        Membership.objects.create(team=made, user=person, role=role)
    return made


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    made = Conversation.objects.create(owner=cast.alice, title="Harbour plan", revision=1)
    say(made, "the lighthouse", author=cast.alice)
    return made


def path(conversation: Conversation, team: Team | None = None) -> str:
    return f"/conversations/{conversation.pk}/teams" + (f"/{team.pk}" if team else "")


def open_to(*people: User) -> list[bool]:
    return [Conversation.objects.visible_to(person).exists() for person in people]


def test_teams_read_and_their_writers_write_until_they_lose_it(
    cast: Cast, talk: Conversation, dock: Team, connect: Connect
) -> None:
    project = Project.objects.create(name="Seakeeping", owner=cast.alice)
    actions.move_to_project(cast.alice, talk.pk, project.pk)
    bob, carol = connect(cast.bob), connect(cast.carol)
    status, shown = Api(cast.alice).call("POST", path(talk), {"team": str(dock.pk), "write": True})
    assert (status, shown["audience"]["kind"], shown["audience"]["named"]) == (200, "people", False)
    assert shown["audience"]["teams"] == [{"id": str(dock.pk), "name": "Dock", "write": True}]
    told = carol.event("conversation.updated")
    assert (told["named"], told["project"], told["teams"][0]["name"]) == ("read", None, "Dock")
    assert bob.event("conversation.updated")["named"] == "write"
    said = {"conversation": str(talk.pk), "text": "@carol here", "models": []}
    assert carol.ask("message.send", **said)["code"] == "not_found"
    assert bob.ask("message.send", **said)["type"] == "ack"
    assert cast.carol.mentions.count() == 1
    assert [hit["title"] for hit in Api(cast.carol).get("/search?q=lighthouse")["results"]] == ["Harbour plan"]
    assert [one["title"] for one in Api(cast.bob).get("/conversations?kind=named")["results"]] == ["Harbour plan"]
    assert Conversation.objects.all().readers([cast.carol.pk]) == {(talk.pk, cast.carol.pk)}
    assert Conversation.objects.touching([cast.carol.pk]).exists()
    assert Api(cast.rita).refusal("GET", f"/conversations/{talk.pk}") == (404, "not_found")
    assert Api(cast.carol).call("DELETE", path(talk, dock))[0] == 404, "who reads does not take it from the others"
    actions.name_guest(cast.alice, talk.pk, "bob", writes=False)
    assert carol.ask("conversation.open", conversation=str(talk.pk))["type"] == "ack"
    assert Api(cast.alice).call("DELETE", path(talk, dock)) == (204, None)
    assert carol.event("conversation.gone")["conversation"] == str(talk.pk)
    assert open_to(cast.bob, cast.carol) == [True, False], "whoever is named as well keeps it"
    assert bob.ask("message.send", **said)["code"] == "not_found"


def test_who_leaves_the_team_loses_what_is_open_to_it(
    cast: Cast, talk: Conversation, dock: Team, connect: Connect
) -> None:
    actions.name_team(cast.alice, talk.pk, dock.pk, writes=False)
    assert not Conversation.objects.writable_by(cast.bob).exists(), "it is open for reading"
    listed = one_listed(cast.alice, talk.pk)
    assert listed
    assert not listed.is_named  # type: ignore[attr-defined]
    carol = connect(cast.carol)
    actions.remove_member(cast.bob, dock.pk, cast.carol.pk)
    assert carol.event("conversation.gone")["conversation"] == str(talk.pk)
    assert open_to(cast.bob, cast.carol) == [True, False]
    actions.end_team(cast.bob, talk.pk, dock.pk)
    assert open_to(cast.bob) == [False], "a lead lets go of it for the whole team"
    actions.name_team(cast.alice, talk.pk, dock.pk, writes=False)
    bob = connect(cast.bob)
    actions.remove_team(cast.alice, dock)
    assert bob.event("conversation.gone")["conversation"] == str(talk.pk)
    assert Conversation.objects.get().is_private


def test_only_ones_own_teams_are_let_in_and_a_teams_conversation_is_only_read(cast: Cast, dock: Team) -> None:
    theirs = Team.objects.create(name="Theirs")
    talk = Conversation.objects.create(owner=cast.alice, team=cast.team)
    for team, error in ((theirs, NotFound), (cast.team, Refused)):
        with pytest.raises(error):
            actions.name_team(cast.alice, talk.pk, team.pk, writes=False)
    with pytest.raises(Refused):
        actions.name_team(cast.alice, talk.pk, dock.pk, writes=True)
    actions.name_team(cast.alice, talk.pk, dock.pk, writes=False)
    assert not Conversation.objects.writable_by(cast.carol).exists()
    assert open_to(cast.carol, cast.rita) == [True, True]
    Membership.objects.filter(team=cast.team, user=cast.alice).delete()
    assert not Conversation.objects.decided_by(cast.alice).exists(), "a further team decides on nothing"


@pytest.mark.usefixtures("static_files")
def test_the_panel_names_who_comes_and_who_goes(cast: Cast, talk: Conversation, dock: Team) -> None:
    def panel() -> str:
        return str(Api(cast.alice).client.get(f"/conversations/{talk.pk}/audience/").content.decode())

    assert f'<option value="{dock.pk}">Dock</option>' in panel().split("data-granting")[1]
    actions.name_team(cast.alice, talk.pk, dock.pk, writes=False)
    actions.name_guest(cast.alice, talk.pk, "bob", writes=False)
    assert "These people lose it at once: carol." in panel()
    assert "bob can still read this conversation, as a member of one of its teams." in panel()
    assert "bob loses this conversation at once" not in panel()
    assert Api(cast.carol).client.get(f"/conversations/{talk.pk}/").content.decode().count("alice, Dock, bob") == 1
