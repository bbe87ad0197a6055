"""The rules for seeing, writing and deleting; the reading of a branch; the counting of a conversation."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from conversations.models import Conversation, Guest, Membership, Message, Team, TeamGrant, User
from tests.conftest import Cast

PEOPLE = ("alice", "bob", "rita", "carol")


@pytest.fixture
def private(cast: Cast) -> Conversation:
    """Create a conversation of Bob's own, which not even the administrator sees."""
    return Conversation.objects.create(owner=cast.bob, title="private")


@pytest.fixture
def shared(cast: Cast) -> Conversation:
    """Create a conversation of Bob's in the team."""
    return Conversation.objects.create(owner=cast.bob, team=cast.team, title="shared")


def allowed(cast: Cast, rows: Callable[[User], Any]) -> dict[str, set[str]]:
    """Return the conversations that each person gets, by title."""
    return {name: {row.title for row in rows(getattr(cast, name))} for name in PEOPLE}


def test_a_person_is_found_among_all_people_or_among_those_of_a_group(cast: Cast) -> None:
    group = Group.objects.create(name="Accountants")
    group.user_set.add(cast.bob)
    assert User.objects.get(pk=cast.alice.pk) == cast.alice
    assert group.user_set.get(pk=cast.bob.pk) == cast.bob
    with pytest.raises(User.DoesNotExist):
        group.user_set.get(pk=cast.alice.pk)


def test_who_sees_what(cast: Cast, private: Conversation, shared: Conversation) -> None:
    assert allowed(cast, Conversation.objects.visible_to) == {
        "alice": {"shared"}, "bob": {"private", "shared"}, "rita": {"shared"}, "carol": set(),
    }  # fmt: skip


def test_who_writes_where(cast: Cast, private: Conversation, shared: Conversation) -> None:
    assert allowed(cast, Conversation.objects.writable_by) == {
        "alice": {"shared"}, "bob": {"private", "shared"}, "rita": set(), "carol": set(),
    }  # fmt: skip


def test_who_deletes_what(cast: Cast, private: Conversation, shared: Conversation) -> None:
    Conversation.objects.create(owner=cast.alice, team=cast.team, title="of alice")
    assert allowed(cast, Conversation.objects.decided_by) == {
        "alice": {"shared", "of alice"}, "bob": {"private", "shared"}, "rita": set(), "carol": set(),
    }  # fmt: skip


def test_an_owner_who_has_become_a_reader_only_reads(cast: Cast, shared: Conversation) -> None:
    Membership.objects.filter(user=cast.bob).update(role="reader")
    assert shared in Conversation.objects.visible_to(cast.bob)
    assert shared not in Conversation.objects.writable_by(cast.bob)
    assert shared not in Conversation.objects.decided_by(cast.bob)


def test_an_owner_who_has_left_the_team_sees_nothing_of_it(cast: Cast, shared: Conversation) -> None:
    Membership.objects.filter(user=cast.bob).delete()
    assert shared not in Conversation.objects.visible_to(cast.bob)
    assert cast.bob.id not in shared.audience_ids()


def test_a_team_of_others_shows_nothing(cast: Cast, shared: Conversation) -> None:
    theirs = Team.objects.create(name="Others")
    Membership.objects.create(team=theirs, user=cast.carol, role="lead")
    assert not Conversation.objects.visible_to(cast.carol).exists()
    assert list(Team.objects.visible_to(cast.carol)) == [theirs]


def test_nothing_is_seen_twice(cast: Cast, shared: Conversation) -> None:
    second = Team.objects.create(name="Second")
    Membership.objects.create(team=second, user=cast.bob, role="lead")
    assert Conversation.objects.visible_to(cast.bob).count() == 1
    assert Conversation.objects.decided_by(cast.bob).count() == 1


def test_messages_follow_their_conversation(cast: Cast, private: Conversation, shared: Conversation) -> None:
    for conversation in (private, shared):
        say(conversation, conversation.title)
    seen = {name: {m.text for m in Message.objects.visible_to(getattr(cast, name))} for name in PEOPLE}
    written = {name: {m.text for m in Message.objects.writable_by(getattr(cast, name))} for name in PEOPLE}
    assert seen == {"alice": {"shared"}, "bob": {"private", "shared"}, "rita": {"shared"}, "carol": set()}
    assert written == {"alice": {"shared"}, "bob": {"private", "shared"}, "rita": set(), "carol": set()}


def test_the_audience_is_who_may_see_it(cast: Cast, private: Conversation, shared: Conversation) -> None:
    for conversation in (private, shared):
        seeing = {person.id for person in User.objects.all() if conversation in Conversation.objects.visible_to(person)}
        assert set(conversation.audience_ids()) == seeing


def test_the_readers_of_many_are_who_may_see_each(cast: Cast, private: Conversation, shared: Conversation) -> None:
    gone = User.objects.create_user("gone")
    Conversation.objects.create(owner=gone, team=cast.team, title="left behind")
    Conversation.objects.create(owner=cast.bob, title="in the bin", deleted_at=timezone.now())
    named = Conversation.objects.create(owner=cast.bob, title="named", has_guests=True)
    Guest.objects.create(conversation=named, user=gone)
    dock = Team.objects.create(name="Dock")
    Membership.objects.create(team=dock, user=cast.carol)
    TeamGrant.objects.create(conversation=named, team=dock)
    people = list(User.objects.all())
    seeing = {(c.id, person.id) for person in people for c in Conversation.objects.visible_to(person)}
    assert Conversation.objects.all().readers([person.id for person in people]) == seeing
    assert Conversation.objects.filter(pk=private.id).readers([cast.bob.id, cast.carol.id]) == {
        (private.id, cast.bob.id)
    }
    assert Conversation.objects.filter(pk=private.id).readers([cast.carol.id]) == set()
    assert Conversation.objects.filter(pk=named.pk).readers([cast.carol.pk]) == {(named.pk, cast.carol.pk)}


def test_a_name_is_taken_in_any_case(cast: Cast) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ALICE")


# --- Branches ------------------------------------------------------------------------------------------------------


def say(conversation: Conversation, text: str, parent: Message | None = None, **fields: Any) -> Message:
    given = {"role": "user", "status": "complete", "revision": 1, **fields}
    return Message.objects.create(conversation=conversation, parent=parent, text=text, **given)


def test_a_branch_is_the_way_from_the_root(private: Conversation) -> None:
    root = say(private, "root")
    left, right = say(private, "left", root), say(private, "right", root)
    leaf = say(private, "leaf", left)
    assert [message.text for message in Message.objects.branch(leaf.pk)] == ["root", "left", "leaf"]
    assert [message.text for message in Message.objects.branch(right.pk)] == ["root", "right"]
    assert Message.objects.branch(None) == []


def test_a_long_branch_takes_two_queries(private: Conversation, django_assert_num_queries: Any) -> None:
    leaf = None
    for number in range(300):
        leaf = say(private, str(number), leaf, author=private.owner)
    assert leaf
    with django_assert_num_queries(2):  # the branch, and its authors
        branch = Message.objects.branch(leaf.pk)
        names = {message.author_name for message in branch}
    assert [message.text for message in branch] == [str(number) for number in range(300)]
    assert names == {"bob"}


def test_the_fence_lets_only_the_same_attempt_write_and_only_before_the_end(private: Conversation) -> None:
    reply = say(private, "", role="assistant", status="streaming", attempt=2)
    assert not Message.objects.end_attempt(reply.pk, 1, status="failed")
    assert Message.objects.end_attempt(reply.pk, 2, status="stopped", text="words")
    assert not Message.objects.end_attempt(reply.pk, 2, status="complete")
    reply.refresh_from_db()
    assert (reply.status, reply.text) == ("stopped", "words")


def test_a_reply_is_abandoned_after_five_seconds_without_a_beat(private: Conversation) -> None:
    now = timezone.now()
    for text, age, status in (("old", 6, "streaming"), ("fresh", 1, "streaming"), ("ended", 60, "complete")):
        say(private, text, role="assistant", status=status, heartbeat=now - timedelta(seconds=age), owner="x")
    assert [message.text for message in Message.objects.abandoned()] == ["old"]


# --- Counting ------------------------------------------------------------------------------------------------------


def test_advance_returns_the_first_revision_and_writes_what_it_is_told(private: Conversation) -> None:
    assert private.advance(3, title="new") == 1
    assert private.advance(2) == 4
    private.refresh_from_db()
    assert (private.revision, private.title) == (5, "new")


def test_eight_threads_count_without_gap_or_double(private: Conversation) -> None:
    together = threading.Barrier(8)

    def count(_: int) -> list[int]:
        together.wait()
        try:
            taken = []
            for _ in range(10):
                mine = Conversation.objects.get(pk=private.pk)  # stale by the time it is its turn
                with transaction.atomic():
                    first = mine.advance(2)
                    say(mine, str(first), revision=first)
                taken += [first, first + 1]
            return taken
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        taken = [revision for mine in threads.map(count, range(8)) for revision in mine]
    assert sorted(taken) == list(range(1, 161))
    stored = list(Message.objects.order_by("revision").values_list("revision", flat=True))
    assert stored == list(range(1, 161, 2))
    private.refresh_from_db()
    assert private.revision == 160


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL tells a plan by what the tables hold")
@pytest.mark.django_db
def test_what_is_under_way_is_found_without_reading_what_has_ended() -> None:
    key = uuid4()
    for rows, index in (
        (Message.objects.under_way(), "replies_under_way"),
        (Message.objects.under_way().filter(stop_requested=True), "replies_under_way"),
        (Message.objects.abandoned(), "replies_under_way"),
        (Message.objects.under_way().filter(conversation=key), "under_way_in_conversation"),
        (Message.objects.under_way().filter(author=key), "under_way_for_author"),
    ):
        sql, parameters = rows.query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
            assert [plan.endswith(index) or f"{index} (" in plan for *_, plan in cursor.fetchall()] == [True]
