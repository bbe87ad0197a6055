"""Long conversations are read once, and say the same as if they were read each time."""

import pytest

from conversations import actions
from conversations.generation import branch_cache
from conversations.generation.branch_cache import MAX_BRANCHES, MAX_CHARACTERS, MIN_MESSAGES, BranchCache
from conversations.models import Conversation, Message
from conversations.models.message import PromptMessage, Status
from tests.conftest import Cast


@pytest.fixture
def long(cast: Cast) -> Conversation:
    return talk(cast, MIN_MESSAGES)


def talk(cast: Cast, count: int, words: str = "word") -> Conversation:
    conversation = Conversation.objects.create(owner=cast.bob)
    parent = None
    messages = []
    for number in range(count):
        parent = message(conversation, parent, f"{words} {number}", ("user", "assistant")[number % 2])
        messages.append(parent)
    Message.objects.bulk_create(messages)
    return conversation


def message(
    conversation: Conversation, parent: Message | None, text: str, role: str = "user", **fields: str
) -> Message:
    parts = [{"kind": "text", "text": text}]
    usual = {"status": Status.COMPLETE, **fields}
    return Message(conversation=conversation, parent=parent, text=text, parts=parts, role=role, revision=1, **usual)


def add(conversation: Conversation, parent: Message | None, text: str, **fields: str) -> Message:
    added = message(conversation, parent, text, **fields)
    added.save()
    return added


def read(conversation: Conversation, leaf: Message) -> list[PromptMessage]:
    return Message.objects.said_up_to(leaf.pk).said


def rows_read(memory: BranchCache, conversation: Conversation, leaf: Message, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many messages are read to know this branch, after comparing it with the database."""
    expected, counts, manager = read(conversation, leaf), [0], type(Message.objects)
    original = manager.said_up_to
    with monkeypatch.context() as patched:

        def counted(self: object, *args: object, **named: object) -> object:
            found = original(self, *args, **named)
            counts.append(len(found.said))
            return found

        patched.setattr(manager, "said_up_to", counted)
        assert memory.said_up_to(conversation.pk, leaf.pk) == expected
    return sum(counts)


def test_only_what_came_since_is_read(long: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, last = BranchCache(), long.messages.order_by("id").last()
    assert last
    first = add(long, last, "one more question")
    assert rows_read(memory, long, first, monkeypatch) == MIN_MESSAGES + 1
    assert rows_read(memory, long, first, monkeypatch) == 0
    reply = add(long, first, "an answer", role="assistant")
    assert rows_read(memory, long, add(long, reply, "the next"), monkeypatch) == 2


def test_another_branch_is_read_whole(long: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, last = BranchCache(), long.messages.order_by("id").last()
    assert last
    rows_read(memory, long, last, monkeypatch)
    assert rows_read(memory, long, add(long, last.parent, "in other words"), monkeypatch) == MIN_MESSAGES


def test_what_is_under_way_is_not_kept(long: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, last = BranchCache(), long.messages.order_by("id").last()
    reply = add(long, last, "half of", role="assistant", status=Status.STREAMING)
    question = add(long, reply, "and then?")
    for _ in range(2):
        assert rows_read(memory, long, question, monkeypatch) == MIN_MESSAGES + 2
    Message.objects.filter(pk=reply.pk).update(status=Status.COMPLETE, parts=[{"kind": "text", "text": "half of it"}])
    assert rows_read(memory, long, question, monkeypatch) == MIN_MESSAGES + 2
    assert rows_read(memory, long, question, monkeypatch) == 0


def test_nobody_changes_what_is_kept(long: Conversation) -> None:
    memory, last = BranchCache(), long.messages.order_by("id").last()
    assert last
    for _ in range(2):
        said = memory.said_up_to(long.pk, last.pk)
        assert len(said) == MIN_MESSAGES
        said.append(PromptMessage("assistant", []))


def test_short_ones_and_very_long_words_are_not_kept(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = BranchCache()
    very_long = "x" * (MAX_CHARACTERS // MIN_MESSAGES)
    for conversation in (talk(cast, MIN_MESSAGES - 1), talk(cast, MIN_MESSAGES, very_long)):
        last = conversation.messages.order_by("id").last()
        assert last
        for _ in range(2):
            assert rows_read(memory, conversation, last, monkeypatch) >= MIN_MESSAGES - 1


def test_the_oldest_makes_room(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, conversations = BranchCache(), [talk(cast, MIN_MESSAGES) for _ in range(MAX_BRANCHES + 1)]
    leaves = [conversation.messages.order_by("id").last() for conversation in conversations]
    counts = [
        rows_read(memory, conversation, leaf, monkeypatch)
        for conversation, leaf in [*zip(conversations, leaves, strict=True)] * 2
        if leaf
    ]
    assert counts == [MIN_MESSAGES] * 2 * (MAX_BRANCHES + 1)
    assert len(memory._kept) == MAX_BRANCHES


def test_what_is_deleted_is_forgotten(cast: Cast, long: Conversation, db: None) -> None:
    last = long.messages.order_by("id").last()
    assert last
    branch_cache.branches.said_up_to(long.pk, last.pk)
    assert long.pk in branch_cache.branches._kept
    actions.delete_conversation(cast.bob, long.pk)
    assert long.pk not in branch_cache.branches._kept
