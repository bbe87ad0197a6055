"""Mentions: whom a text names, the row that is stored with the message, and who is told of it."""

from collections.abc import Callable

import pytest

from conversations.models import Conversation, Membership, Mention, User
from conversations.protocol.mentions import after_names, mentioned
from conversations.usage import quotas
from tests.conftest import Cast
from tests.conversations.calling import Api
from tests.sockets import Socket

NAMES = {name: name for name in ("bob", "bob the builder", "李雷", "o'neil", "gpt-4")}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hi @bob, see @Bob the Builder.", ["bob", "bob the builder"]),
        ("@bobby @bob-2 a@bob mail@bob.com @bob_", []),
        ("你好@李雷你看，@O'Neil：好", ["李雷", "o'neil"]),
        ("@bob.\n@bob", ["bob"]),
        ("> @bob said\n`@bob` ```\n@bob\n``` @gpt-4", ["gpt-4"]),
        ("```\n@bob", []),
        ("@" * 100_000 + "bob", []),
        ("x" * 100_000 + " @bob", ["bob"]),
        ("ﷺ" * 90_000 + " @bob", []),
        ("~~~\n@bob\n~~~\n````\n```\n@bob\n````\n``a ` @bob``", []),
        ("    @bob\n\n\t@bob", []),
        ("- a list:\n\n    @bob\n- > @gpt-4", ["bob"]),
        ("https://medium.com/@bob t.me/@bob é@bob.com josé@bob", []),
        ("＠Ｂｏｂ　the  Builder, ＠O’Neil", ["bob the builder", "o'neil"]),
        ("@bobさん @李雷씨", ["bob", "李雷"]),
        ("Well…@bob，那个……@李雷你看", ["bob", "李雷"]),
        ("a.@bob a+@bob josé.@bob", []),
    ],
)
def test_a_name_behind_a_sign_is_a_mention(text: str, found: list[str]) -> None:
    assert mentioned(text, NAMES) == found


def test_a_title_begins_behind_the_models_that_are_asked() -> None:
    assert after_names(" @GPT-4，@bob: plan it", NAMES.keys()) == "plan it"
    assert after_names("@gpt-4.1 plan it", NAMES.keys()) == "@gpt-4.1 plan it"
    assert after_names("@gpt-4", NAMES.keys()) == "@gpt-4", "nothing follows"


def test_who_is_mentioned_is_told_until_they_have_read_it(cast: Cast, connect: Callable[..., Socket]) -> None:
    alice, bob, rita = connect(cast.alice), connect(cast.bob), connect(cast.rita)
    other = connect(cast.bob)
    begun = alice.ask("message.send", conversation=None, team=cast.team.id, text="Hi", models=[])["conversation"]
    bob.ask("conversation.read", conversation=begun, revision=2)
    said = {"conversation": begun, "text": "@bob, @carol, @alice: look", "models": [], "id": "one"}
    ack = alice.ask("message.send", **said)
    assert alice.ask("message.send", **said) == {**ack, "id": "one"}
    told = bob.event("mention.created", conversation=ack["conversation"])
    assert (told["message"], told["person"]["name"]) == (ack["message"], "alice")
    assert set(told) - {"_seen"} == {"type", "conversation", "message", "person"}, "and nothing of what it says"
    assert list(Mention.objects.values_list("person__username", flat=True)) == ["bob"], "those alone who can read it"

    # Other words do not call again, other people are called.
    alice.ask("message.edit", message=ack["message"], text="@bob, @rita: see")
    assert rita.event("mention.created")["person"]["name"] == "alice"
    assert not any(frame["type"] == "mention.created" for frame in bob.settle() if not frame.get("_seen"))

    # It is unread until its person has seen it; then their other pages know.
    def is_mentioned() -> bool:
        return bool(Api(cast.bob).get(f"/conversations/{ack['conversation']}")["mentioned"])

    # In a third wording nobody is called who was called by the first or the second.
    again = alice.ask("message.edit", message=Mention.objects.latest("pk").message_id, text="@bob, @rita: look")
    assert again["type"] == "ack"
    assert Mention.objects.count() == 2
    assert is_mentioned()
    bob.ask("conversation.read", conversation=ack["conversation"], revision=8, unseen=True)
    assert is_mentioned(), "it may stand beside the branch that was shown"
    bob.ask("conversation.read", conversation=ack["conversation"], revision=8)
    assert other.event("conversation.arranged")["mentioned"] is False
    assert not is_mentioned()


def test_what_others_said_beside_it_is_no_wording_of_a_message(cast: Cast, connect: Callable[..., Socket]) -> None:
    alice, bob = connect(cast.alice), connect(cast.bob)
    begun = alice.ask("message.send", conversation=None, team=cast.team.id, text="Hi", models=[])
    at_once = {"conversation": begun["conversation"], "parent": begun["message"], "models": []}
    alice.ask("message.send", text="@rita, mine", **at_once)
    beside = bob.ask("message.send", text="Or mine?", **at_once)
    edited = bob.ask("message.edit", message=beside["message"], text="@rita, or mine?")
    assert str(Mention.objects.latest("pk").message_id) == edited["message"]
    alice.ask("message.edit", message=edited["message"], text="@rita, or his?")
    assert Mention.objects.count() == 2, "that is the same in other words"


def test_a_mention_is_for_who_may_read_it_now(cast: Cast, connect: Callable[..., Socket]) -> None:
    ack = connect(cast.alice).ask("message.send", conversation=None, team=cast.team.id, text="@bob", models=[])
    unread = Mention.objects.unread().filter(conversation__in=Conversation.objects.visible_to(cast.bob))
    assert unread.count() == 1
    Membership.objects.filter(user=cast.bob).delete()
    assert unread.count() == 0
    assert Api(cast.bob).get("/conversations")["results"] == []
    assert Conversation.objects.filter(pk=ack["conversation"]).exists()


def test_the_longer_name_of_who_left_is_no_mention_of_another(cast: Cast, connect: Callable[..., Socket]) -> None:
    longer = User.objects.create_user("bob-too", display_name="Bob Miller", is_active=False)
    Membership.objects.create(team=cast.team, user=longer)
    said = {"conversation": None, "team": cast.team.id, "models": []}
    alice = connect(cast.alice)
    alice.ask("message.send", text="@Bob Miller knows", **said)
    assert not Mention.objects.exists()
    alice.ask("message.send", text="@Bob knows", **said)
    assert Mention.objects.get().person == cast.bob


def test_nobody_calls_others_without_end(
    cast: Cast, connect: Callable[..., Socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "MAX_MENTIONS_A_MINUTE", 3)
    alice = connect(cast.alice)
    said = {"conversation": None, "team": cast.team.id, "text": "@bob @rita", "models": []}
    assert alice.ask("message.send", **said)["type"] == "ack"
    assert alice.ask("message.send", **said)["code"] == "rate_limited"
    assert (Mention.objects.count(), Conversation.objects.count()) == (2, 1), "nothing of it is stored"
    assert alice.ask("message.send", **{**said, "text": "@bob"})["type"] == "ack"
