"""A right taken from a person with open sockets (C11) ends there within two seconds; C10 is with the faults."""

import json
import time
from collections.abc import Callable

import pytest

from conversations.models import Conversation, Guest, Membership, Message
from providers.models import LanguageModel
from tests.conftest import Cast, both_ways
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_end, openai_event

Connect = Callable[..., Socket]


@pytest.fixture
def shared(cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect) -> dict[str, str]:
    """Begin a reply in a team's conversation and return the question's ack.

    The reply has sent a word, and goes on with `gate`.
    """
    vendor.play([openai_event("Hel"), vendor.gate, openai_event("SECRET"), openai_end()])
    alice = connect(cast.alice)
    ack = alice.ask("message.send", conversation=None, text="one", team=cast.team.id)
    assert alice.event("message.delta")["text"] == "Hel"
    return {"conversation": ack["conversation"], "message": ack["message"], "reply": ack["replies"][0]}


@both_ways
def test_c11_who_is_removed_from_a_team_hears_no_more_on_any_socket(
    cast: Cast, vendor: FakeVendor, connect: Connect, shared: dict[str, str]
) -> None:
    alice, *theirs = (connect(person) for person in (cast.alice, cast.bob, cast.bob))
    for socket in (alice, *theirs):
        assert socket.ask("conversation.open", conversation=shared["conversation"], html=True)["type"] == "ack"
    cast.bob.memberships.all().delete()
    removed = time.monotonic()
    for socket in theirs:
        assert socket.event("conversation.gone")["conversation"] == shared["conversation"]
    assert time.monotonic() - removed < 3  # two, and the delay by other tests on the same cores
    vendor.gate.set()
    alice.event("message.finished")
    for socket in theirs:
        assert "SECRET" not in json.dumps(socket.settle())


@both_ways
def test_c11_who_is_removed_finds_nothing_from_the_next_command_on(
    cast: Cast, vendor: FakeVendor, connect: Connect, shared: dict[str, str]
) -> None:
    bob = connect(cast.bob)
    conversation = shared["conversation"]
    assert bob.ask("conversation.open", conversation=conversation)["type"] == "ack"
    cast.bob.memberships.all().delete()
    commands: dict[str, dict[str, object]] = {
        "conversation.open": {"conversation": conversation},
        "conversation.read": {"conversation": conversation, "revision": 1},
        "conversation.fork": {"message": shared["message"]},
        "message.send": {"conversation": conversation, "text": "still here"},
        "message.edit": {"message": shared["message"], "text": "mine now"},
        "reply.stop": {"message": shared["reply"]},
        "reply.retry": {"message": shared["reply"]},
        "reply.continue": {"message": shared["reply"]},
        "branch.choose": {"message": shared["reply"]},
        "branch.look": {"message": shared["reply"]},
    }
    answers = {kind: bob.ask(kind, **fields) for kind, fields in commands.items()}
    assert {kind: answer.get("code") for kind, answer in answers.items()} == dict.fromkeys(answers, "not_found")
    assert bob.ask("ping", open={conversation: 1})["moved"] == [conversation]
    vendor.gate.set()
    assert Message.objects.count() == 2


def test_c11_who_is_no_longer_a_guest_hears_no_more(
    cast: Cast, vendor: FakeVendor, connect: Connect, shared: dict[str, str]
) -> None:
    Conversation.objects.update(team=None, has_guests=True)
    place = Guest.objects.create(conversation_id=shared["conversation"], user=cast.carol)
    carol = connect(cast.carol)
    assert carol.ask("conversation.open", conversation=shared["conversation"])["type"] == "ack"
    place.delete()
    assert carol.event("conversation.gone")["conversation"] == shared["conversation"]
    vendor.gate.set()
    assert "SECRET" not in json.dumps(carol.settle())


@both_ways
def test_c11_whose_role_is_lowered_reads_on_and_writes_no_more(
    cast: Cast, vendor: FakeVendor, connect: Connect, shared: dict[str, str]
) -> None:
    bob = connect(cast.bob)
    conversation = shared["conversation"]
    assert bob.ask("conversation.open", conversation=conversation)["type"] == "ack"
    Membership.objects.filter(user=cast.bob).update(role=Membership.Role.READER)
    assert bob.ask("message.send", conversation=conversation, text="two")["code"] == "not_found"
    assert bob.ask("reply.stop", message=shared["reply"])["code"] == "not_found"
    vendor.gate.set()
    assert bob.event("message.finished")["message"]["text"] == "HelSECRET"


@pytest.mark.parametrize("place", ["guest", "team"])
def test_c11_whoever_reads_it_no_more_pays_no_more_for_a_reply_there(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, place: str
) -> None:
    """Keep the words that came for the others, who may ask for another version at their own cost."""
    vendor.play([openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    is_guest = place == "guest"
    talk = Conversation.objects.create(owner=cast.alice, team=None if is_guest else cast.team, has_guests=is_guest)
    if is_guest:
        Guest.objects.create(conversation=talk, user=cast.bob, writes=True)
    alice, bob = connect(cast.alice), connect(cast.bob)
    assert alice.ask("conversation.open", conversation=str(talk.pk))["type"] == "ack"
    bob.ask("message.send", conversation=str(talk.pk), text="one")
    assert alice.event("message.delta")["text"] == "Hel"
    (Guest.objects.all() if is_guest else cast.bob.memberships.all()).delete()
    ended = alice.event("message.finished")["message"]
    assert (ended["status"], ended["text"]) == ("stopped", "Hel")
    vendor.gate.set()


def test_c11_another_role_is_told_to_its_person_on_every_socket(cast: Cast, connect: Connect) -> None:
    alice, *theirs = (connect(person) for person in (cast.alice, cast.bob, cast.bob))
    for role in (Membership.Role.READER, Membership.Role.MEMBER):
        Membership.objects.filter(user=cast.bob).update(role=role)
        for socket in theirs:
            socket.event("rights.changed")
    assert "rights.changed" not in {frame["type"] for frame in alice.settle()}
    assert [frame["type"] for frame in theirs[0].settle()].count("rights.changed") == 2
