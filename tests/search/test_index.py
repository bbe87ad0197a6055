"""The index follows what is said, renamed, copied and deleted; what it lacks is noticed and added."""

from collections.abc import Callable
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command

from conversations import actions, site_checks
from conversations.actions.staff.closing import Leaving, close_account
from conversations.models import Conversation, Membership, Message, SearchEntry, SearchIndex, User
from conversations.search import entries, indexing
from conversations.search.queries import parse
from conversations.search.rebuilding import count_missing, mend
from conversations.search.results import search
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.test_tree import ask, change
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_stream


def found(person: User, typed: str) -> list[str]:
    """Return the texts of the hits, as their lines show them."""
    return [
        "".join(piece.text for piece in result.snippet) for result in search(person, parse(typed), "newest").results
    ]


def test_it_follows_what_is_said_renamed_copied_and_deleted(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Callable[..., Socket]
) -> None:
    vendor.play([openai_stream(["<think>Herons?</think>", "A stork."])])
    socket = connect(cast.alice)
    asked = ask(socket, model, "Welcher Vogel ist größer?", team=str(cast.team.pk))
    assert found(cast.bob, "grosser") == ["Welcher Vogel ist größer?", "Welcher Vogel ist größer?"], "words and title"
    assert found(cast.bob, "stork model:parrot") == ["A stork."]
    assert found(cast.bob, "herons") == [], "a thought is no answer"
    actions.change_conversation(cast.alice, UUID(asked["conversation"]), title="大鸟")
    assert found(cast.bob, "title:鸟") == ["大鸟"]
    assert len(found(cast.bob, "vogel")) == 1
    copy = change(connect(cast.rita), "conversation.fork", message=asked["replies"][0])["conversation"]
    assert found(cast.rita, "stork") == ["A stork."] * 2
    assert found(cast.bob, "stork") == ["A stork."]
    for person, conversation in ((cast.rita, copy), (cast.alice, asked["conversation"])):
        actions.delete_conversation(person, UUID(conversation))
    assert found(cast.rita, "stork") == found(cast.alice, "stork") == [], "what is in the bin is not found"
    for person, conversation in ((cast.rita, copy), (cast.alice, asked["conversation"])):
        actions.end_conversation(person, UUID(conversation))
    assert not SearchIndex.objects.exists(), "the words are gone, too"


def test_it_follows_whose_a_conversation_is(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation = Conversation.objects.create(owner=cast.alice, team=cast.team, title="Storks", revision=1)
    common = {"conversation": conversation, "author": cast.bob, "role": "user", "revision": 1}
    Message.objects.create(**common, status="complete", text="A stork")
    sum(mend())
    everybody = (cast.alice, cast.bob, cast.rita, cast.carol)

    def finders() -> list[User]:
        assert count_missing() == 0
        scope = Conversation.objects.get(pk=conversation.pk).scope
        for one in (*everybody, cast.team):
            words = SearchIndex.objects.filter(words__matches=indexing.expression(parse("stork"), [one.pk]))
            assert words.count() == (2 if one.pk == scope else 0), "the index itself knows whose it is"
        return [person for person in everybody if len(found(person, "stork")) == 2]

    assert finders() == [cast.alice, cast.bob, cast.rita]
    actions.move_conversation(cast.alice, conversation.pk, None)
    assert finders() == [cast.alice]
    actions.move_conversation(cast.alice, conversation.pk, cast.team.pk)
    actions.delete_conversation(cast.alice, conversation.pk)
    assert finders() == []
    actions.restore_conversation(cast.alice, conversation.pk)
    Membership.objects.get(user=cast.bob).delete()
    assert finders() == [cast.alice, cast.rita]
    SearchEntry.objects.update(scope=cast.carol.pk)
    assert len(list(site_checks.search_index())) == 1
    assert sum(mend()) == 2
    SearchEntry.objects.update(scope=None, version=2)
    monkeypatch.setattr(entries, "scoping", indexing.Scoping())
    assert len(found(cast.rita, "stork")) == 2, "of an older version, it is found as before"
    assert found(cast.carol, "stork") == []
    actions.move_conversation(cast.alice, conversation.pk, None)
    Membership.objects.filter(user=cast.rita).update(role="lead")
    User.objects.filter(pk=cast.rita.pk).update(is_superuser=True)
    close_account(cast.alice, cast.alice, Leaving(keeps_name=True, heir=cast.carol, private=True))
    assert len(found(cast.carol, "stork")) == 2
    assert sum(mend()) == 2
    assert finders() == [cast.carol]


def test_what_it_lacks_is_noticed_and_added(db: None) -> None:
    alice = User.objects.create(username="alice")
    conversation = Conversation.objects.create(owner=alice, title="Rivers", revision=1)
    common = {"conversation": conversation, "author": alice, "revision": 1}
    Message.objects.create(**common, role="user", status="complete", text="The Danube")
    Message.objects.create(**common, role="assistant", status="streaming", text="It flows")
    assert [str(finding.text)[:26] for finding in site_checks.search_index()] == ["The search lacks 2 message"]
    said = StringIO()
    call_command("rebuildsearch", stdout=said)
    assert said.getvalue() == "Written: 2.\n"
    assert found(alice, "danube") == ["The Danube"]
    assert found(alice, "flows") == []
    assert list(site_checks.search_index()) == []
    SearchEntry.objects.update(version=0)
    call_command("rebuildsearch", "--all", stdout=said)
    assert SearchEntry.objects.filter(version=indexing.VERSION).count() == SearchIndex.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("danube", [("The ", False), ("Danube", True), (" and the ", False), ("Danube", True), (" again", False)]),
        ("“AND the”", [("The Danube ", False), ("and the", True), (" Danube again", False)]),
        ("again", [("The Danube and the Danube ", False), ("again", True)]),
        ("danub -again", []),
    ],
)
def test_a_line_has_its_hits_apart(db: None, typed: str, line: list[tuple[str, bool]]) -> None:
    alice = User.objects.create(username="alice")
    conversation = Conversation.objects.create(owner=alice, revision=1)
    text = "The Danube  and\nthe Danube again"
    said = Message.objects.create(
        conversation=conversation, author=alice, revision=1, role="user", status="complete", text=text
    )
    indexing.add_messages([said])
    results = search(alice, parse(typed)).results
    assert [[(piece.text, piece.hit) for piece in result.snippet] for result in results] == ([line] if line else [])
