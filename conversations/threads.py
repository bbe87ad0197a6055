"""The branch that somebody is shown, with what stands beside each of its messages."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db.models import prefetch_related_objects

from conversations.models import BranchChoice, Conversation, Message, User
from conversations.models.message import Role


@dataclass(frozen=True, slots=True)
class Turn:
    """What stands at one place of a thread: a message, or the replies that are compared there."""

    messages: list[Message]

    @property
    def is_comparison(self) -> bool:
        return len(self.messages) > 1


def thread_for(person: User, conversation: Conversation) -> list[Turn]:
    """The branch that this person is shown, from its first message to its end."""
    shown = Message.objects.branch(Message.objects.leaf_for(person, conversation))
    if not shown:
        return []
    _note_versions(conversation, shown)
    columns = _compared(person, shown[-1])
    prefetch_related_objects([*shown, *columns], "files")
    turns = [Turn([message]) for message in shown]
    return [*turns[:-1], Turn(columns)] if columns else turns


def below(thread: list[Turn], message: UUID) -> list[Turn] | None:
    """What comes after a message; None where the thread does not lead through it."""
    places = (place for place, turn in enumerate(thread, 1) if turn.messages[0].pk == message)
    return next((thread[place:] for place in places), None)


def _note_versions(conversation: Conversation, shown: list[Message]) -> None:
    beside: defaultdict[UUID | None, list[UUID]] = defaultdict(list)
    for parent, key in conversation.messages.order_by("id").values_list("parent", "pk"):
        beside[parent].append(key)
    for message in shown:
        message.versions = _several(beside[message.parent_id])


def _compared(person: User, leaf: Message) -> list[Message]:
    """Of a last question that several models were asked at once: each model's newest reply, or the one chosen."""
    if not leaf.is_reply:
        return []
    rows = Message.objects.filter(parent=leaf.parent_id, role=Role.ASSISTANT).select_related("author")
    versions = list(rows.order_by("id"))
    at_once = {reply.model_name for reply in versions if reply.created_at == versions[0].created_at}
    if len(at_once) < 2:
        return []
    columns = {reply.model_name: reply for reply in versions}
    if _has_chosen(person, leaf.conversation_id, versions):
        columns[leaf.model_name] = leaf
        leaf.chosen = "chosen"
    else:
        next(iter(columns.values())).chosen = "first"
    for name, reply in columns.items():
        reply.versions = _several([version.pk for version in versions if version.model_name == name])
    return list(columns.values())


def _has_chosen(person: User, conversation: UUID, versions: list[Message]) -> bool:
    choices = BranchChoice.objects.filter(user=person, conversation=conversation)
    return choices.filter(message__in=versions).exists()


def _several(keys: list[UUID]) -> list[UUID]:
    return keys if len(keys) > 1 else []
