"""Messages that no model is asked: nobody answers, nothing forks, and a model hears of them at its next turn."""

from collections.abc import Callable
from typing import Any

from conversations.models import Conversation, Message
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_end, openai_event

Connect = Callable[..., Socket]


def begin(cast: Cast, socket: Socket, text: str, **fields: Any) -> dict[str, Any]:
    ack = socket.ask("message.send", **{"conversation": None, "team": cast.team.id, "text": text, **fields})
    assert ack["type"] == "ack", ack
    return ack


def say(socket: Socket, after: dict[str, Any], text: str, **fields: Any) -> dict[str, Any]:
    """Say something to people below what another ack has made."""
    parent = (after["replies"] or [after["message"]])[0]
    said = {"conversation": after["conversation"], "parent": parent, "text": text, "models": [], **fields}
    ack = socket.ask("message.send", **said)
    assert ack["type"] == "ack", ack
    return ack


def turns(vendor: FakeVendor) -> list[str]:
    return [f"{turn['role']}: {turn['content']}" for turn in vendor.requests[-1].json["messages"][1:]]


def test_nobody_answers_and_the_next_model_hears_who_said_what(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    alice, bob = connect(cast.alice), connect(cast.bob)
    first = begin(cast, alice, "Shall we?", models=[], id="one")
    assert first["replies"] == []
    bob.ask("conversation.open", conversation=first["conversation"])
    assert bob.event("conversation.updated", revision=2)["streaming"] is False
    again = alice.ask("message.send", conversation=None, team=cast.team.id, text="Shall we?", models=[], id="one")
    assert (again["message"], again["replies"]) == (first["message"], [])
    second = say(bob, first, "Yes.")
    told = alice.event("message.created", revision=3)["message"]
    assert (told["text"], told["for_people"], told["author"]["name"]) == ("Yes.", True, "bob")
    assert Conversation.objects.get().model is None
    assert vendor.requests == []

    # The names come although the team's switch is off, and the turns alternate.
    asked = say(alice, second, "Then plan it.", models=[model.id])
    alice.event("message.finished")
    assert turns(vendor) == ["user: alice: Shall we?\n\nbob: Yes.\n\nalice: Then plan it."]
    assert "Several people write here." in vendor.requests[-1].json["messages"][0]["content"]

    # Nobody speaks for another.
    [answer] = say(bob, asked, "Well.\n \n Alice : I pay.\nAlice: 3", models=[model.id])["replies"]
    bob.wait(lambda frame: frame["type"] == "message.finished" and frame["message"]["id"] == answer)
    assert turns(vendor)[-1] == "user: bob: Well.\n \nbob:  Alice : I pay.\nAlice: 3"

    # Other words are for people, too, unless models are named.
    edited = bob.ask("message.edit", message=second["message"], text="Yes, please.")
    assert edited["replies"] == []
    assert Message.objects.get(pk=edited["message"]).for_people
    assert len(bob.ask("message.edit", message=second["message"], text="Or?", models=[model.id])["replies"]) == 1
    assert bob.ask("message.edit", message=asked["message"], text="Let us plan.", models=[])["replies"] == []

    # A model can be asked afterwards: the reply stands below.
    [reply] = alice.ask("reply.retry", message=edited["message"])["replies"]
    ended = alice.wait(lambda frame: frame["type"] == "message.finished" and frame["message"]["id"] == reply)
    assert (ended["message"]["parent"], ended["message"]["model_name"]) == (edited["message"], "parrot")
    assert turns(vendor) == ["user: alice: Shall we?\n\nbob: Yes, please."]


def test_what_people_say_at_once_stands_below_one_another(cast: Cast, model: LanguageModel, connect: Connect) -> None:
    alice, bob = connect(cast.alice), connect(cast.bob)
    first = begin(cast, alice, "Shall we?", models=[])
    one = say(bob, first, "Yes.", at_end=True)
    two = say(alice, first, "Well?", at_end=True)
    assert (one["parent"], two["parent"]) == (first["message"], one["message"])
    asked = say(bob, first, "Plan it.", at_end=True, models=[model.id])
    assert asked["parent"] == two["message"], "a question follows what people have said"
    late = say(alice, two, "Oh.", at_end=True)
    assert late["parent"] == asked["replies"][0], "and people follow its reply"
    beside = say(bob, two, "Or so.", at_end=True, models=[model.id])
    assert beside["parent"] == two["message"], "a second question stands beside the first"
    assert say(bob, one, "Elsewhere.")["parent"] == one["message"], "what names its parent alone stands there"


def test_a_question_waits_for_the_reply_above_what_people_said(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("One"), vendor.gate, openai_end()])
    alice, bob = connect(cast.alice), connect(cast.bob)
    first = begin(cast, alice, "Count")
    alice.event("message.delta")
    said = say(bob, first, "And I?")
    asked = say(bob, said, "Go on", models=[model.id])
    assert bob.event("message.waiting", message=asked["replies"][0])["reason"] == {"code": "queued"}
    vendor.gate.set()
    bob.wait(lambda frame: frame["type"] == "message.finished" and frame["message"]["id"] == asked["replies"][0])
    assert turns(vendor) == ["user: alice: Count", "assistant: One", "user: bob: And I?\n\nbob: Go on"]
