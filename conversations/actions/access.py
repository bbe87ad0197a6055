"""The one way to a row: what is not there and what is not for this person are refused alike.

What is asked in order to write is judged on rows that are locked first: nobody is removed, and nothing moved, before
the transaction has ended. SQLite has one writer at a time, and needs no more.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from conversations.errors import NotFound
from conversations.models import Conversation, Membership, Message, Team, User
from conversations.models.conversation import ConversationQuerySet
from conversations.models.message import MessageQuerySet, Role
from providers.prepared_queries import Prepared

ALL_ROLES = tuple(Membership.Role)


def visible(user: User, conversation_id: UUID) -> Conversation:
    return _found(_VISIBLE(user.pk, conversation_id))


def writable(user: User, conversation_id: UUID) -> Conversation:
    return _found(_WRITABLE(user.pk, conversation_id))


def to_write_in(user: User, conversation_id: UUID) -> Conversation:
    """Inside a transaction: as writable, until it ends."""
    return _kept(user, _found(_TO_WRITE_IN(user.pk, conversation_id)), Membership.WRITERS)


def to_decide_on(user: User, conversation_id: UUID) -> Conversation:
    """Inside a transaction: one of which this person decides who reads it, until it ends."""
    rows = _locked(_with_audience(Conversation.objects.decided_by(user).filter(pk=conversation_id)))
    found = _found(list(rows))
    return _kept(user, found, Membership.WRITERS if found.owner_id == user.pk else [Membership.Role.LEAD])


def team_to_write_in(user: User, team_id: UUID) -> Team:
    """Inside a transaction: a team in which this person writes, until it ends."""
    places = Membership.objects.filter(user=user, team=team_id, role__in=Membership.WRITERS)
    place = places.select_related("team").select_for_update(of=("self",), no_key=True).first()
    if place is None:
        raise NotFound
    return place.team


def conversation_of(message_id: UUID) -> UUID:
    """Where a message stands, whoever asks: who may see it is asked where something is done with it."""
    found = Message.objects.filter(pk=message_id).values_list("conversation", flat=True).first()
    if found is None:
        raise NotFound
    return found


def visible_message(user: User, message_id: UUID) -> Message:
    """Inside a transaction: in a conversation that this person may read until it ends."""
    return _message(user, Message.objects.visible_to(user), message_id, ALL_ROLES)


def writable_question(user: User, message_id: UUID) -> Message:
    """Inside a transaction: a person's message in a conversation in which this person may write until it ends."""
    return _message(user, Message.objects.writable_by(user).filter(role=Role.USER), message_id, Membership.WRITERS)


def writable_reply(user: User, message_id: UUID) -> Message:
    """Inside a transaction: a model's message in a conversation in which this person may write until it ends."""
    return _message(user, Message.objects.writable_by(user).filter(role=Role.ASSISTANT), message_id, Membership.WRITERS)


_VISIBLE = Prepared(lambda user, key: _with_audience(Conversation.objects.visible_to(user).filter(pk=key)))
_WRITABLE = Prepared(lambda user, key: _with_audience(Conversation.objects.writable_by(user).filter(pk=key)))


_TO_WRITE_IN = Prepared(
    lambda user, key: _locked(_with_audience(Conversation.objects.writable_by(user).filter(pk=key)))
)


def _with_audience(rows: ConversationQuerySet) -> ConversationQuerySet:
    return rows.select_related("team", "owner")


def _locked(rows: ConversationQuerySet) -> ConversationQuerySet:
    return rows.select_for_update(of=("self",), no_key=True)


def _found(rows: Sequence[Conversation]) -> Conversation:
    if not rows:
        raise NotFound
    return rows[0]


def _message(user: User, rows: MessageQuerySet, key: UUID, roles: Sequence[str]) -> Message:
    rows = rows.select_related("conversation__team", "conversation__owner", "parent")
    found = rows.select_for_update(of=("conversation",), no_key=True).filter(pk=key).first()
    if found is None:
        raise NotFound
    _kept(user, found.conversation, roles)
    return found


def _kept(user: User, conversation: Conversation, roles: Sequence[str]) -> Conversation:
    """Judge once more: whoever waited for the lock may have lost the place, or found the conversation moved."""
    if not connection.features.has_select_for_update:
        return conversation
    if conversation.team_id is None:
        is_kept = conversation.owner_id == user.pk
    else:
        place = Membership.objects.filter(team=conversation.team_id, user=user, role__in=roles)
        is_kept = place.select_for_update(no_key=True).first() is not None
    if not is_kept:
        raise NotFound
    if conversation.team_id != (conversation.team and conversation.team.pk):
        conversation._state.fields_cache.pop("team", None)  # of before the move
    return conversation
