"""Moving a conversation from one audience to another: permission, announcement, and loss of access."""

from collections.abc import Callable

import pytest

from conversations import actions
from conversations.errors import NotFound
from conversations.models import Conversation, Membership, Team, User
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.calling import NOBODY, Api
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_end, openai_event

Connect = Callable[..., Socket]

pytestmark = pytest.mark.usefixtures("static_files")


def team_of(*people: User, name: str = "Others") -> Team:
    team = Team.objects.create(name=name)
    for person in people:
        Membership.objects.create(team=team, user=person, role="member")
    return team


def path(conversation: Conversation) -> str:
    return f"/conversations/{conversation.pk}"


def test_a_private_conversation_becomes_a_teams(cast: Cast, connect: Connect) -> None:
    conversation = Conversation.objects.create(owner=cast.bob, title="mine")
    alice, rita, carol, mine = (connect(person) for person in (cast.alice, cast.rita, cast.carol, cast.bob))
    status, shown = Api(cast.bob).call("PATCH", path(conversation), {"team": str(cast.team.pk)})
    assert status == 200
    team = {"id": str(cast.team.pk), "name": "Crew", "keeps_days": None}
    rights = {"write": True, "decide": True, "named": False}
    assert shown["audience"] == {"kind": "team", "team": team, **rights, "guests": [], "teams": []}
    for socket in (alice, rita, mine):
        assert socket.event("conversation.updated")["team"]["name"] == "Crew"
    assert rita.ask("conversation.open", conversation=conversation.pk)["type"] == "ack"
    assert carol.settle() == []


def test_a_teams_conversation_becomes_its_owners_alone(cast: Cast, connect: Connect) -> None:
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team, revision=3)
    alice, bob, rita = (connect(person) for person in (cast.alice, cast.bob, cast.rita))
    for socket in (alice, bob):
        assert socket.ask("conversation.open", conversation=conversation.pk)["type"] == "ack"
    assert Api(cast.bob).call("PATCH", path(conversation), {"team": None})[0] == 200
    for socket in (alice, rita):
        assert socket.event("conversation.gone")["conversation"] == str(conversation.pk)
    assert bob.event("conversation.updated")["team"] is None
    assert Api(cast.alice).refusal("GET", path(conversation)) == (404, "not_found")


def test_those_who_lose_it_in_the_middle_of_a_reply_hear_no_more_of_it(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    alice, bob = connect(cast.alice), connect(cast.bob)
    ack = alice.ask("message.send", conversation=None, text="one", team=cast.team.id)
    bob.ask("conversation.open", conversation=ack["conversation"])
    alice.event("message.delta")
    actions.move_conversation(cast.alice, Conversation.objects.get().pk, None)
    bob.event("conversation.gone")
    heard = len(bob.frames)
    vendor.gate.set()
    assert alice.event("message.finished")["message"]["text"] == "Hello"
    assert bob.settle()[heard:] == []


def test_a_lead_may_take_it_out_of_the_team_and_out_of_sight(cast: Cast) -> None:
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team)
    assert Api(cast.alice).call("PATCH", path(conversation), {"team": None}) == (204, None)
    assert Api(cast.bob).get(path(conversation))["audience"]["kind"] == "private"


def test_nobody_else_moves_it(cast: Cast) -> None:
    cast.team.memberships.create(user=cast.carol, role="member")
    theirs = team_of(cast.carol, cast.rita)
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team)
    for person in (cast.carol, cast.rita):
        for target in (None, str(theirs.pk)):
            assert Api(person).refusal("PATCH", path(conversation), {"team": target}) == (404, "not_found")
    conversation.refresh_from_db()
    assert conversation.team == cast.team


@pytest.mark.parametrize("kind", ["foreign", "read", "absent"])
def test_it_moves_only_where_one_may_write(cast: Cast, kind: str) -> None:
    teams = {"foreign": team_of(cast.carol).pk, "read": cast.team.pk, "absent": NOBODY}
    conversation = Conversation.objects.create(owner=cast.rita)
    answer = Api(cast.rita).refusal("PATCH", path(conversation), {"title": "no", "team": str(teams[kind])})
    assert answer == (404, "not_found")
    conversation.refresh_from_db()
    assert (conversation.team, conversation.title) == (None, ""), "all of it or none"


def test_an_owner_who_left_the_team_moves_nothing(cast: Cast) -> None:
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team)
    actions.leave_team(cast.bob, cast.team.pk)
    with pytest.raises(NotFound):
        actions.move_conversation(cast.bob, conversation.pk, None)


def test_saying_nothing_of_the_team_moves_nothing(cast: Cast) -> None:
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team)
    assert Api(cast.bob).call("PATCH", path(conversation), {"title": "two"})[1]["audience"]["kind"] == "team"
    before = Conversation.objects.get().revision
    assert Api(cast.bob).call("PATCH", path(conversation), {"team": str(cast.team.pk)})[0] == 200
    assert Conversation.objects.get().revision == before


# --- The panel -------------------------------------------------------------------------------------------------------


def panel(person: User, conversation: Conversation) -> str:
    client = Api(person).client
    response = client.get(f"/conversations/{conversation.pk}/audience/")
    assert "no-store" in response.headers["Cache-Control"]
    assert response.status_code == 200
    return str(response.content.decode())


def test_the_panel_names_the_rule_and_everybody_under_it(cast: Cast) -> None:
    User.objects.filter(pk=cast.rita.pk).update(is_active=False)
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team)
    shown = panel(cast.bob, conversation)
    assert "team “Crew”" in shown
    assert "alice" in shown
    assert "rita" not in shown, "who cannot come in reads nothing"
    assert "carol" not in shown
    alone = panel(cast.bob, Conversation.objects.create(owner=cast.bob))
    assert "Only you can see it" in alone
    assert f'data-goal="{cast.team.pk}"' in alone
    assert "everything to come: alice, bob." in alone


def test_the_panel_offers_moving_to_those_who_may(cast: Cast) -> None:
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team)
    assert "<form" in panel(cast.alice, conversation)
    assert "<form" not in panel(cast.rita, conversation)


def test_the_panel_of_a_foreign_conversation_is_not_there(cast: Cast) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, title="secret")
    answers = [Api(cast.carol).client.get(f"/conversations/{key}/audience/") for key in (conversation.pk, NOBODY)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert Api().client.get(f"/conversations/{conversation.pk}/audience/").status_code == 302
