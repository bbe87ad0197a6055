"""The shared place of a team's thread: what moves it, whom it leads, and that nobody misses a message."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conversations import actions
from conversations.content import threads
from conversations.content.forks import other_versions
from conversations.models import BranchChoice, Conversation, Message, ReadMark, SharedPlace, User
from providers.models import LanguageModel
from tests.conftest import Cast, serve
from tests.conversations.test_threads import shown, thread
from tests.conversations.test_tree import ask, change, ended
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket

Connect = Callable[..., Socket]
SignIn = Callable[..., Client]


class Tree:
    """A conversation of the team's whose messages have names; each is written by a person below another one."""

    def __init__(self, cast: Cast, *, team: bool = True) -> None:
        self.cast = cast
        self.row = Conversation.objects.create(owner=cast.alice, team=cast.team if team else None, title="tree")
        self.ids: dict[str, UUID] = {}

    def add(self, name: str, below: str = "", by: User | None = None, *, moves: bool = True) -> Message:
        revision = self.row.advance(1)
        role = "assistant" if name.startswith("r") else "user"
        said = {"text": name, "parts": [{"kind": "text", "text": name}], "status": "complete", "model_name": name[:1]}
        message = Message.objects.create(
            conversation=self.row, parent_id=self.ids.get(below), role=role, author=by or self.cast.alice,
            revision=revision, **said,
        )  # fmt: skip
        self.ids[name] = message.pk
        if moves:
            SharedPlace.objects.move(by or self.cast.alice, message, revision)
        return message

    def choose(self, name: str, by: User) -> None:
        actions.choose_branch(by, self.ids[name])

    def branch(self, reader: User, at: str = "") -> str:
        leaf = Message.objects.leaf_for(reader, self.row, self.ids.get(at))
        return " ".join(message.text for message in Message.objects.branch(leaf))

    def read(self, person: User, *, leaves_unseen: bool = False) -> None:
        self.row.refresh_from_db()
        actions.mark_read(person, self.row.pk, self.row.revision, leaves_unseen=leaves_unseen)

    def elsewhere(self, reader: User, at: str = "") -> list[tuple[Any, ...]]:
        """Return version, number, whether the thread goes on there, who led there, and the unseen, by name."""
        names = {key: name for name, key in self.ids.items()}
        leaf = Message.objects.leaf_for(reader, self.row, self.ids.get(at))
        return [
            (
                names[other.version],
                other.number,
                other.end is not None,
                other.person and other.person.name,
                [names[message] for message in other.unseen],
            )
            for other in other_versions(reader, self.row, leaf)
        ]


@pytest.fixture
def tree(cast: Cast) -> Tree:
    tree = Tree(cast)
    tree.add("q1")
    tree.add("r1", "q1")
    return tree


# --- One place a fork ------------------------------------------------------------------------------------------------


def test_writing_and_choosing_move_it_for_everybody(cast: Cast, tree: Tree) -> None:
    people = cast.alice, cast.bob, cast.rita
    tree.add("r2", "q1", cast.bob)
    assert {tree.branch(person) for person in people} == {"q1 r2"}
    tree.add("q3", "r1", cast.alice)
    assert {tree.branch(person) for person in people} == {"q1 r1 q3"}
    tree.choose("r2", cast.bob)
    assert {tree.branch(person) for person in people} == {"q1 r2"}


def test_each_fork_has_its_own(cast: Cast, tree: Tree) -> None:
    tree.add("q2", "r1")
    tree.add("r3", "q2")
    tree.add("r4", "q2")
    tree.choose("r3", cast.bob)
    tree.add("r2", "q1")
    assert tree.branch(cast.bob) == "q1 r2"
    assert tree.branch(cast.bob, at="r1") == "q1 r1 q2 r3", "who looks finds the place of the fork below"
    tree.choose("r1", cast.alice)
    assert tree.branch(cast.bob) == "q1 r1 q2 r3"
    tree.choose("r4", cast.alice)
    tree.choose("r2", cast.alice)
    tree.choose("r4", cast.bob)
    assert tree.branch(cast.alice) == "q1 r1 q2 r4", "a choice leads there at every fork above it"


def test_other_first_questions_are_a_fork_like_others(cast: Cast, tree: Tree) -> None:
    tree.add("q1b", "", cast.bob)
    assert tree.branch(cast.alice) == "q1b"
    tree.choose("r1", cast.alice)
    assert tree.branch(cast.bob) == "q1 r1"
    assert SharedPlace.objects.get(conversation=tree.row).parent is None


def test_a_choice_of_where_the_thread_stands_changes_nothing(cast: Cast, tree: Tree) -> None:
    tree.add("r2", "q1")
    tree.row.refresh_from_db()
    tree.choose("q1", cast.bob)
    tree.choose("r2", cast.bob)
    assert Conversation.objects.get().revision == tree.row.revision


def test_a_private_one_is_its_owner_s_alone(cast: Cast) -> None:
    tree = Tree(cast, team=False)
    for name in ("r1", "r2"):
        tree.add(name, "q1" if name != "q1" else "", moves=False)
    revision = Conversation.objects.get().revision
    tree.choose("r1", cast.alice)
    assert (BranchChoice.objects.count(), SharedPlace.objects.count()) == (1, 0)
    assert Conversation.objects.get().revision == revision


def test_a_thread_that_changes_hands_goes_on_where_it_was(cast: Cast) -> None:
    tree = Tree(cast, team=False)
    tree.add("q1", moves=False)
    for name in ("r1", "r2"):
        tree.add(name, "q1", moves=False)
    tree.choose("r1", cast.alice)
    actions.move_conversation(cast.alice, tree.row.pk, cast.team.pk)
    tree.row.refresh_from_db()
    assert tree.branch(cast.bob) == "q1 r1"
    tree.choose("r2", cast.bob)
    actions.move_conversation(cast.alice, tree.row.pk, None)
    tree.row.refresh_from_db()
    assert tree.branch(cast.alice) == "q1 r2"


# --- Who is told of what ---------------------------------------------------------------------------------------------


def test_who_looks_elsewhere_is_told_where_it_goes_on(cast: Cast, tree: Tree) -> None:
    tree.add("q2", "r1", cast.alice)
    tree.read(cast.alice)
    tree.add("r2", "q1", cast.bob)
    tree.add("q3", "r2", cast.bob)
    assert tree.elsewhere(cast.alice, at="q2") == [("r2", 2, True, "bob", ["r2", "q3"])]
    assert tree.elsewhere(cast.alice) == []
    assert tree.elsewhere(cast.rita, at="q2") == [("r2", 2, True, "bob", [])], "all is new to a newcomer"


def test_who_comes_back_is_told_of_words_that_were_left_behind(cast: Cast, tree: Tree) -> None:
    tree.add("r2", "q1", cast.bob)
    tree.read(cast.rita)
    tree.add("q3", "r1", cast.bob)
    tree.choose("r2", cast.alice)
    assert tree.branch(cast.rita) == "q1 r2"
    assert tree.elsewhere(cast.rita) == [("r1", 1, False, None, ["q3"])]
    tree.read(cast.rita, leaves_unseen=True)
    assert tree.elsewhere(cast.rita) == [("r1", 1, False, None, ["q3"])], "it was not shown yet"
    tree.read(cast.rita)
    assert tree.elsewhere(cast.rita) == []


def test_nobody_is_told_of_their_own_words(cast: Cast, tree: Tree) -> None:
    tree.read(cast.bob)
    tree.add("r2", "q1", cast.bob)
    tree.choose("r1", cast.alice)
    assert tree.elsewhere(cast.bob) == []


def test_what_comes_below_the_end_is_not_elsewhere(cast: Cast, tree: Tree) -> None:
    tree.add("r2", "q1", cast.bob)
    tree.read(cast.alice)
    tree.add("q3", "r2", cast.bob)
    assert other_versions(cast.alice, tree.row, tree.ids["r2"]) == []


def test_of_first_questions_it_is_told_too(cast: Cast, tree: Tree) -> None:
    tree.read(cast.alice)
    tree.add("q1b", "", cast.bob)
    tree.add("r1b", "q1b", cast.bob)
    assert tree.elsewhere(cast.alice, at="r1") == [("q1b", 2, True, "bob", ["q1b", "r1b"])]


def test_a_conversation_is_unread_until_its_reader_learns_of_it(cast: Cast, tree: Tree, sign_in: SignIn) -> None:
    tree.read(cast.alice)

    def is_unread() -> bool:
        return bool(sign_in(cast.alice).get("/api/v1/conversations").json()["results"][0]["unread"])

    assert not is_unread()
    tree.choose("r1", cast.bob)
    assert not is_unread(), "nothing moved"
    tree.add("r2", "q1", cast.bob)
    assert is_unread()
    tree.read(cast.alice, leaves_unseen=True)
    assert not is_unread()
    assert ReadMark.objects.get().shown is not None


def test_marks_of_several_tabs_never_go_back(cast: Cast, tree: Tree) -> None:
    tree.read(cast.alice)
    first = tree.row.revision
    tree.add("r2", "q1", cast.bob)
    tree.read(cast.alice, leaves_unseen=True)
    actions.mark_read(cast.alice, tree.row.pk, first)
    mark = ReadMark.objects.get()
    assert (mark.revision, mark.shown) == (tree.row.revision, first)
    tree.read(cast.alice)
    tree.read(cast.alice, leaves_unseen=True)
    mark.refresh_from_db()
    assert (mark.revision, mark.shown) == (tree.row.revision, tree.row.revision)


def test_the_page_costs_a_few_queries_whatever_its_forks_and_length(cast: Cast, tree: Tree, sign_in: SignIn) -> None:
    client = sign_in(cast.rita)
    counts = []
    for length in (1, 40):
        for number in range(length):
            tree.add(f"q{number}.{length}", "r1", cast.bob)
            tree.add(f"r{number}.{length}", f"q{number}.{length}", cast.bob)
        address = f"/conversations/{tree.row.pk}/"
        tree.read(cast.rita)
        tree.add(f"q.{length}", "r1", cast.bob)
        tree.choose(f"q0.{length}", cast.bob)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            page = client.get(address).content.decode()
        assert "data-elsewhere" in page
        counts.append(len(captured))
    assert counts[0] == counts[1]


# --- Over the websocket ----------------------------------------------------------------------------------------------


def test_every_kind_of_writing_leads_the_team_there(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect, sign_in: SignIn
) -> None:
    alice, bob = connect(cast.alice), connect(cast.bob)
    first = ask(alice, model, "Tea?", team=cast.team.id)
    conversation = first["conversation"]
    bob.ask("conversation.open", conversation=conversation)

    def leads(writer: Socket, kind: str, **fields: Any) -> str:
        ack = change(writer, kind, **fields)
        message = ack.get("message") or ack["replies"][0]
        told = bob.wait(
            lambda frame: frame["type"] == "conversation.updated" and frame.get("place", {}).get("message") == message
        )
        ended(writer, ack["replies"][0])
        for person in (cast.alice, cast.bob, cast.rita):
            assert message in shown(thread(sign_in(person), conversation))
        return str(told["place"]["person"]["name"])

    assert leads(alice, "reply.retry", message=first["replies"][0]) == "alice"
    below_the_old = {"conversation": conversation, "text": "And?", "parent": first["replies"][0]}
    assert leads(bob, "message.send", **below_the_old, models=[model.id]) == "bob"
    assert leads(alice, "message.edit", message=first["message"], text="Coffee?") == "alice"
    without_parent = change(bob, "message.send", conversation=conversation, text="Milk?", models=[model.id])
    assert Message.objects.get(pk=without_parent["message"]).parent.parent.text == "Coffee?"  # type: ignore[union-attr]
    ended(bob, without_parent["replies"][0])


def test_a_choice_is_told_to_all_readers_and_kept_from_who_only_reads(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    alice, bob, rita = connect(cast.alice), connect(cast.bob), connect(cast.rita)
    first = ask(alice, model, "Tea?", team=cast.team.id)
    ended(alice, change(alice, "reply.retry", message=first["replies"][0])["replies"][0])
    before = Conversation.objects.get().revision
    assert rita.ask("branch.choose", message=first["replies"][0])["code"] == "not_found"
    change(bob, "branch.choose", message=first["replies"][0])
    for person in (alice, rita):
        told = person.wait(
            lambda frame: frame.get("place", {}).get("message") == first["replies"][0] and frame["revision"] > before
        )
        assert (told["type"], told["revision"]) == ("conversation.updated", before + 1)
        assert told["place"]["person"] == {"id": str(cast.bob.pk), "name": "bob"}
    opened = rita.ask("conversation.open", conversation=first["conversation"], since=before)
    assert (opened["place"], opened["messages"]) == (first["replies"][0], [])
    again = rita.ask("conversation.open", conversation=first["conversation"], since=before + 1)
    assert "place" not in again, "nothing is new"


def test_looking_tells_of_other_versions_and_moves_nothing(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect, sign_in: SignIn
) -> None:
    alice, rita = connect(cast.alice), connect(cast.rita)
    first = ask(alice, model, "Tea?", team=cast.team.id)
    again = change(alice, "reply.retry", message=first["replies"][0])["replies"][0]
    ended(alice, again)
    revision = Conversation.objects.get().revision
    for _ in range(2):
        looked = rita.ask("branch.look", message=first["replies"][0])
        assert looked["revision"] == revision
        (other,) = looked["elsewhere"]
        assert (other["fork"], other["version"], other["number"]) == (first["message"], again, 2)
        assert (other["end"], other["person"]["name"], other["unseen"]) == (again, "alice", [])
    assert rita.ask("branch.look", message=again)["elsewhere"] == []
    piece = sign_in(cast.rita).get(
        f"/conversations/{first['conversation']}/thread/", {"after": first["message"], "at": first["replies"][0]}
    )
    assert shown(piece.json()) == first["replies"]
    assert [other["version"] for other in piece.json()["elsewhere"]] == [again]
    assert shown(thread(sign_in(cast.rita), first["conversation"]))[-1] == again
    assert rita.ask("branch.look", message=first["conversation"])["code"] == "not_found"
    assert connect(cast.carol).ask("branch.look", message=again)["code"] == "not_found"


def test_a_page_of_another_conversation_s_message_is_one_s_own(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect, sign_in: SignIn
) -> None:
    secret = ask(connect(cast.carol), model, "A secret plan")
    ours = ask(connect(cast.alice), model, "Tea?", team=cast.team.id)
    page = sign_in(cast.alice).get(f"/conversations/{ours['conversation']}/", {"at": secret["message"]})
    assert shown({"html": page.content.decode()}) == [ours["message"], *ours["replies"]]


def test_a_question_without_a_parent_follows_the_marked_one_of_compared_replies(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    other = serve(vendor, "gemini", "macaw")
    alice = connect(cast.alice)
    first = ask(alice, model, "Tea?", team=cast.team.id, models=[model.id, other.id])
    second = ask(alice, model, "And?", conversation=first["conversation"])
    assert str(Message.objects.get(pk=second["message"]).parent_id) == first["replies"][0]


# --- Races -----------------------------------------------------------------------------------------------------------


def test_of_two_at_once_the_transaction_decides_and_all_end_at_one_place(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect, sign_in: SignIn
) -> None:
    alice, bob = connect(cast.alice), connect(cast.bob)
    first = ask(alice, model, "Tea?", team=cast.team.id)
    conversation = first["conversation"]
    second = ask(bob, model, "And?", conversation=conversation, parent=first["replies"][0])
    pairs = (
        (("message.edit", {"message": first["message"], "text": "Coffee?"}),
         ("reply.retry", {"message": second["replies"][0]})),
        (("branch.choose", {"message": first["message"]}), ("reply.retry", {"message": first["replies"][0]})),
        (("branch.choose", {"message": first["replies"][0]}), ("branch.choose", {"message": second["replies"][0]})),
        (("message.send", {"conversation": conversation, "text": "One", "parent": first["replies"][0]}),
         ("message.send", {"conversation": conversation, "text": "Two", "parent": first["replies"][0]})),
    )  # fmt: skip
    for pair in pairs:
        with ThreadPoolExecutor(2) as both:
            acks = list(both.map(lambda one: one[0].ask(one[1][0], **one[1][1]), zip((alice, bob), pair, strict=True)))
        assert {ack["type"] for ack in acks} == {"ack"}
        for person, ack in zip((alice, bob), acks, strict=True):
            for reply in ack.get("replies", []):
                ended(person, reply)
        ways = [shown(thread(sign_in(person), conversation)) for person in (cast.alice, cast.bob, cast.rita)]
        assert ways[0] == ways[1] == ways[2]
        newest = SharedPlace.objects.order_by("-revision", "-pk").first()
        assert newest
        assert str(newest.message_id) in ways[0]
        for place in SharedPlace.objects.all():
            above = str(place.parent_id) if place.parent_id else None
            assert above not in ways[0] or str(place.message_id) in ways[0]
    told = [frame["place"]["message"] for frame in alice.settle(0.1) if "place" in frame and "revision" in frame]
    assert told


def test_threads_for_a_reader_of_a_place_that_is_looked_at(cast: Cast, tree: Tree) -> None:
    tree.add("r2", "q1", cast.bob)
    looked = threads.thread_for(cast.rita, tree.row, tree.ids["r1"])
    assert [message.text for turn in looked.turns for message in turn.messages] == ["q1", "r1"]
    assert [other.version for other in looked.others] == [tree.ids["r2"]]
    assert threads.thread_for(cast.rita, tree.row).others == []


def test_who_wrote_last_is_named(cast: Cast, tree: Tree) -> None:
    tree.add("r2", "q1", cast.alice)
    tree.choose("r1", cast.alice)
    tree.add("q3", "r1", cast.bob)
    assert tree.elsewhere(cast.rita, at="r2") == [("r1", 1, True, "bob", [])]
