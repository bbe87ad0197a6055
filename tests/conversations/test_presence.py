"""Presence and typing, and the names that a model may receive."""

from collections.abc import Callable

from conversations import actions
from conversations.models import Conversation, Team
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket

Connect = Callable[..., Socket]


def names(people: list[dict[str, str]]) -> set[str]:
    return {person["name"] for person in people}


def shared(cast: Cast) -> Conversation:
    return Conversation.objects.create(owner=cast.alice, team=cast.team, title="plan")


def test_people_see_who_comes_and_who_goes(cast: Cast, connect: Connect) -> None:
    conversation = shared(cast)
    alice, bob, carol = connect(cast.alice), connect(cast.bob), connect(cast.carol)
    alice.ask("conversation.open", conversation=conversation.pk)
    assert names(alice.event("presence")["here"]) == {"alice"}
    assert names(alice.event("presence")["here"]) == {"alice"}
    assert carol.ask("conversation.open", conversation=conversation.pk)["code"] == "not_found"
    bob.ask("conversation.open", conversation=conversation.pk)
    assert names(bob.event("presence")["here"]) == {"alice", "bob"}
    assert alice.event("presence")["here"] == [{"id": str(cast.bob.pk), "name": "bob"}]
    bob.close()
    assert alice.event("presence")["gone"] == [{"id": str(cast.bob.pk), "name": "bob"}]
    assert {frame["type"] for frame in carol.settle()} == {"error"}


def test_a_second_window_and_a_second_opening_change_nothing(cast: Cast, connect: Connect) -> None:
    conversation = shared(cast)
    alice, bob, again = connect(cast.alice), connect(cast.bob), connect(cast.bob)
    for socket in (alice, bob):
        socket.ask("conversation.open", conversation=conversation.pk)
    alice.settle()
    heard = len(alice.frames)
    again.ask("conversation.open", conversation=conversation.pk)
    bob.ask("conversation.open", conversation=conversation.pk)
    again.ask("conversation.close", conversation=conversation.pk)
    reminders = [{"alice", "bob"}]  # every 20 seconds the people present are listed again
    assert [event for event in alice.settle()[heard:] if names(event.get("here", [])) not in reminders] == []
    bob.ask("conversation.close", conversation=conversation.pk)
    assert names(alice.event("presence", here=[])["gone"]) == {"bob"}


def test_whoever_is_removed_is_no_longer_here(cast: Cast, connect: Connect) -> None:
    conversation = shared(cast)
    alice, bob = connect(cast.alice), connect(cast.bob)
    for socket in (alice, bob):
        socket.ask("conversation.open", conversation=conversation.pk)
    actions.remove_member(cast.alice, cast.team.pk, cast.bob.pk)
    assert names(alice.event("presence", here=[])["gone"]) == {"bob"}
    bob.event("conversation.gone")
    heard = len(bob.frames)
    alice.ask("typing", conversation=conversation.pk)
    assert bob.settle()[heard:] == []


def test_typing_is_seen_by_those_who_look_and_by_nobody_else(cast: Cast, connect: Connect) -> None:
    conversation = shared(cast)
    alice, bob, rita, carol = (connect(person) for person in (cast.alice, cast.bob, cast.rita, cast.carol))
    for socket in (alice, rita):
        assert socket.ask("conversation.open", conversation=conversation.pk)["type"] == "ack"
    assert bob.ask("typing", conversation=conversation.pk)["type"] == "ack"
    for socket in (alice, rita):
        assert socket.event("typing")["person"] == {"id": str(cast.bob.pk), "name": "bob"}
    assert bob.ask("typing", conversation=conversation.pk)["type"] == "ack"
    assert "typing" not in {frame["type"] for frame in alice.settle() if not frame.get("_seen")}
    assert rita.ask("typing", conversation=conversation.pk)["code"] == "not_found"
    assert carol.ask("typing", conversation=conversation.pk)["code"] == "not_found"
    assert {frame["type"] for frame in carol.settle()} == {"error"}


# --- The names of speakers -------------------------------------------------------------------------------------------


def ask_twice(cast: Cast, connect: Connect, **fields: object) -> None:
    alice, bob = connect(cast.alice), connect(cast.bob)
    ack = alice.ask("message.send", conversation=None, text="Where to?", **fields)
    alice.event("message.finished")
    bob.ask("message.send", conversation=ack["conversation"], text="Home.")
    bob.event("message.finished")


def test_the_model_is_told_who_speaks_where_the_team_says_so(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    Team.objects.update(names_speakers=True, system_prompt="Be kind.")
    cast.bob.display_name = "Bob\nthe  Builder"
    cast.bob.save()
    ask_twice(cast, connect, team=cast.team.id)
    system, first, _, second = vendor.requests[-1].json["messages"]
    assert first["content"] == "alice: Where to?"
    assert second["content"] == "Bob the Builder: Home."
    assert system["content"].startswith("Be kind.\n\nSeveral people write here.")
    stored = list(Conversation.objects.get().messages.filter(role="user").order_by("id").values_list("text", flat=True))
    assert stored == ["Where to?", "Home."], "the names are for the model alone"


def test_the_model_hears_no_names_of_one_who_writes_alone(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    alice = connect(cast.alice)
    for team in (cast.team.id, None):
        alice.ask("message.send", conversation=None, text="My own", team=team)
        alice.event("message.finished")
        Team.objects.update(names_speakers=True)
    ask_twice(cast, connect, team=cast.team.id)
    Team.objects.update(names_speakers=False)
    *alone, _, together = [str(request.json) for request in vendor.requests]
    assert not any("alice" in said or "Several people" in said for said in alone)
    assert "alice: Where to?" in together
