"""The one way to a row: what is not there and what is not for this person are refused alike."""

from uuid import UUID

from conversations.errors import NotFound
from conversations.models import Conversation, Message, User
from conversations.models.conversation import ConversationQuerySet
from conversations.models.message import MessageQuerySet, Role
from providers.prepared import Prepared


def visible(user: User, conversation_id: UUID) -> Conversation:
    return _found(_VISIBLE(user.pk, conversation_id))


def writable(user: User, conversation_id: UUID) -> Conversation:
    return _found(_WRITABLE(user.pk, conversation_id))


def conversation_of(message_id: UUID) -> UUID:
    """Where a message stands, whoever asks: who may see it is asked where something is done with it."""
    return _message(Message.objects.all(), message_id).conversation_id


def visible_message(user: User, message_id: UUID) -> Message:
    return _message(Message.objects.visible_to(user), message_id)


def writable_question(user: User, message_id: UUID) -> Message:
    """A person's message in a conversation in which this person may write."""
    return _message(Message.objects.writable_by(user).filter(role=Role.USER), message_id)


def writable_reply(user: User, message_id: UUID) -> Message:
    """A model's message in a conversation in which this person may write."""
    return _message(Message.objects.writable_by(user).filter(role=Role.ASSISTANT), message_id)


_VISIBLE = Prepared(lambda user, key: _with_audience(Conversation.objects.visible_to(user).filter(pk=key)))
_WRITABLE = Prepared(lambda user, key: _with_audience(Conversation.objects.writable_by(user).filter(pk=key)))


def _with_audience(rows: ConversationQuerySet) -> ConversationQuerySet:
    return rows.select_related("team", "owner")


def _found(rows: list[Conversation]) -> Conversation:
    if not rows:
        raise NotFound
    return rows[0]


def _message(rows: MessageQuerySet, key: UUID) -> Message:
    found = rows.select_related("conversation__team", "conversation__owner", "parent").filter(pk=key).first()
    if found is None:
        raise NotFound
    return found
