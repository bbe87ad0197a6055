"""The messages of an export in batches, so that a long conversation is never in memory as a whole."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import Prefetch

from conversations.errors import NotFound
from conversations.models import Conversation, Message, Remark, Summary, User

BATCH = 100


def leaf_of(person: User, conversation: Conversation, asked: UUID | None) -> UUID | None:
    """Return the asked message, or the end of this person's branch; raises NotFound for one from elsewhere."""
    if asked is None:
        return Message.objects.leaf_for(person, conversation)
    if not conversation.messages.filter(pk=asked).exists():
        raise NotFound
    return asked


def branch_ids(leaf: UUID | None) -> list[UUID]:
    """Return the ids of a branch from its root down to this message."""
    return [key for key, _ in Message.objects.sizes_of_branch(leaf)] if leaf else []


def tree_ids(conversation: Conversation) -> list[UUID]:
    """Return the ids of all messages of a conversation, the oldest first."""
    return list(conversation.messages.order_by("id").values_list("pk", flat=True))


def messages(ids: Sequence[UUID]) -> Iterator[Message]:
    """Yield these messages in this order, with their authors, files, marks, remarks and summaries."""
    remarks = Prefetch("remarks", Remark.objects.standing().told(), "told_remarks")
    summaries = Prefetch("summaries", Summary.objects.told(), "told_summaries")
    for begin in range(0, len(ids), BATCH):
        wanted = ids[begin : begin + BATCH]
        found = Message.objects.select_related("author").prefetch_related(
            "files", "verification__by", remarks, summaries
        )
        rows = found.in_bulk(wanted)
        yield from (rows[key] for key in wanted if key in rows)
