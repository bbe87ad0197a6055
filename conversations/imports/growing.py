"""The messages that a conversation has gained elsewhere since it was imported, told by their places and words."""

from collections import defaultdict, deque
from uuid import UUID

from conversations.imports.thread import Said
from conversations.imports.words import text_for
from conversations.models import Conversation, ImportItem, User
from conversations.models.message import Role

_Place = tuple[UUID | None, str, str]
"""Parent, role and text of a message."""


def existing(owner: User, key: str) -> Conversation | None:
    """Return the conversation that came under this key, if its owner may still write in it."""
    found = ImportItem.objects.filter(owner=owner, key=key, conversation__isnull=False).values("conversation")
    return Conversation.objects.writable_by(owner).filter(pk__in=found).first()


def gained(conversation: Conversation, messages: list[Said]) -> tuple[list[Said], dict[str, UUID]]:
    """Return the messages that the conversation lacks, and the ids of those that it has, by their keys elsewhere.

    The messages come with parents first. Equal siblings are told apart by their number alone.
    """
    here: defaultdict[_Place, deque[UUID]] = defaultdict(deque)
    for key, parent, role, text in conversation.messages.order_by("pk").values_list("pk", "parent", "role", "text"):
        here[parent, role, text].append(key)
    known: dict[str, UUID] = {}
    new: list[Said] = []
    for message in messages:
        place = _place(message, known)
        if place is not None and here[place]:
            known[message.key] = here[place].popleft()
        else:
            new.append(message)
    return new, known


def _place(message: Said, known: dict[str, UUID]) -> _Place | None:
    """Return where a message would stand here; None below one that is not here."""
    if message.parent is not None and message.parent not in known:
        return None
    role = Role.ASSISTANT if message.is_reply else Role.USER
    return known.get(message.parent) if message.parent else None, role, text_for(message)
