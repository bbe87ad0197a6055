"""Pieces of the branch shown to a person, with each message's versions; a long branch's end comes first."""

import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db.models import Q, prefetch_related_objects

from conversations.content.forks import OtherVersion, other_versions
from conversations.models import Conversation, Message, User
from conversations.models.message import Role
from providers.prepared_queries import Prepared

MAX_MESSAGES = 100
"""Messages that a page shows at first, and that each load further up adds."""
MAX_CHARACTERS = 4_000_000
"""Characters of parts and HTML in one piece; a longer message is a piece by itself."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The message at one place of a thread, or the replies that are compared there."""

    messages: list[Message]

    @property
    def is_comparison(self) -> bool:
        return len(self.messages) > 1


@dataclass(frozen=True, slots=True)
class Thread:
    """A branch, or a piece of one; `earlier` is its first message if the branch has others above."""

    turns: list[Turn]
    earlier: UUID | None = None
    others: list[OtherVersion] = field(default_factory=list)
    """The versions beside it of which its reader should learn."""

    def others_json(self) -> str:
        return json.dumps([other.to_json() for other in self.others]) if self.others else ""


def thread_for(person: User, conversation: Conversation, through: UUID | None = None) -> Thread:
    """Return the end of the branch shown to this person, or of the one through a message."""
    leaf = _leaf(person, conversation, through)
    shown = _quoted(person, _thread(_piece(leaf), person))
    return replace(shown, others=_others(person, conversation, leaf, through))


def end_for(person: User, conversation: Conversation) -> UUID | None:
    """Return the message from which the thread goes on for this person; of compared replies it is the marked one."""
    leaf = Message.objects.leaf_for(person, conversation)
    last = _MESSAGE.one(leaf) if leaf else None
    if last is None or not last.is_reply:
        return leaf
    return next((reply.pk for reply in _compared(person, last) if reply.chosen), leaf)


def after_what_people_said(person: User, conversation: Conversation, parent: Message, *, past_replies: bool) -> Message:
    """Return the end of the branch through `parent`, if people alone have written below it, else `parent`.

    With `past_replies`, questions and replies there do not matter.
    """
    leaf = Message.objects.leaf_for(person, conversation, parent.pk)
    below = Message.objects.branch(leaf, below=parent.pk)
    if not below or not (past_replies or all(message.for_people for message in below)):
        return parent
    return below[-1]


_MESSAGE = Prepared(lambda key: Message.objects.filter(pk=key))
_REPLIES_TO = Prepared(
    lambda question: (
        Message.objects.filter(parent=question, role=Role.ASSISTANT).select_related("author").order_by("id")
    )
)


def above(person: User, conversation: Conversation, message: UUID) -> Thread:
    """Return the piece before a message of this conversation; empty if the conversation has no such message."""
    parent = conversation.messages.filter(pk=message).values_list("parent", flat=True).first()
    return _quoted(person, _thread(_piece(parent)))


def _piece(leaf: UUID | None) -> list[Message]:
    """Return the last messages down to `leaf`, as many as a page takes."""
    if leaf is None:
        return []
    count = characters = 0
    for _, size in reversed(Message.objects.sizes_of_branch(leaf, MAX_MESSAGES)):
        characters += size
        if count and characters > MAX_CHARACTERS:
            break
        count += 1
    return Message.objects.branch(leaf, count)


def below(person: User, conversation: Conversation, message: UUID, through: UUID | None = None) -> Thread | None:
    """Return all messages after this one, or None if the branch shown to the person does not contain it."""
    leaf = _leaf(person, conversation, through)
    shown = Message.objects.branch(leaf, below=message)
    if leaf != message and (not shown or shown[0].parent_id != message):
        return None
    rest = _quoted(person, Thread(_thread(shown, person).turns))
    return replace(rest, others=_others(person, conversation, leaf, through))


def _leaf(person: User, conversation: Conversation, through: UUID | None) -> UUID | None:
    """Return the end of the branch through this message, if the conversation has it; else of the person's branch."""
    if through and not conversation.messages.filter(pk=through).exists():
        through = None
    return Message.objects.leaf_for(person, conversation, through)


def _others(person: User, conversation: Conversation, leaf: UUID | None, through: UUID | None) -> list[OtherVersion]:
    """Return the versions beside the branch; without forks there are none, and the branch of all leads past none."""
    if through is None and (conversation.is_private or not conversation.shared_places.exists()):
        return []
    return other_versions(person, conversation, leaf)


def _quoted(reader: User, thread: Thread) -> Thread:
    """Add the vendors' own words that this reader may see to the messages."""
    for message in (message for turn in thread.turns for message in turn.messages):
        message.shown_quote = message.quote if message.shows_quote_to(reader) else ""
    return thread


def _thread(shown: list[Message], person: User | None = None) -> Thread:
    """Return these messages as a thread; for a person, with the replies compared at its end."""
    if not shown:
        return Thread([])
    _note_versions(shown)
    columns = _compared(person, shown[-1]) if person else []
    prefetch_related_objects([*shown, *columns], "files", "verification__by")
    turns = [Turn([message]) for message in shown]
    earlier = shown[0].pk if shown[0].parent_id else None
    return Thread([*turns[:-1], Turn(columns)] if columns else turns, earlier)


def _note_versions(shown: list[Message]) -> None:
    beside: defaultdict[UUID | None, list[UUID]] = defaultdict(list)
    rows = Message.objects.filter(conversation=shown[0].conversation_id)
    under = Q(parent__in=[message.parent_id for message in shown if message.parent_id])
    roots = Q(parent=None) if shown[0].parent_id is None else Q()
    for parent, key in rows.filter(under | roots).order_by("id").values_list("parent", "pk"):
        beside[parent].append(key)
    for message in shown:
        message.versions = _several(beside[message.parent_id])


def _compared(person: User, leaf: Message) -> list[Message]:
    """Return the replies to a last question that was sent to several models: each model's newest, or the chosen one."""
    if not leaf.is_reply or leaf.parent_id is None:
        return []
    versions = _REPLIES_TO(leaf.parent_id)
    at_once = {reply.model_name for reply in versions if reply.created_at == versions[0].created_at}
    if len(at_once) < 2:
        return []
    columns = {reply.model_name: reply for reply in versions}
    if _has_chosen(person, leaf.conversation, versions):
        columns[leaf.model_name] = leaf
        leaf.chosen = "chosen"
    else:
        next(iter(columns.values())).chosen = "first"
    for name, reply in columns.items():
        reply.versions = _several([version.pk for version in versions if version.model_name == name])
    return list(columns.values())


def _has_chosen(person: User, conversation: Conversation, versions: list[Message]) -> bool:
    if not conversation.is_private:
        return conversation.shared_places.filter(message__in=versions).exists()
    return conversation.branch_choices.filter(user=person, message__in=versions).exists()


def _several(keys: list[UUID]) -> list[UUID]:
    return keys if len(keys) > 1 else []
