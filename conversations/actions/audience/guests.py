"""Guests: the people to whom a conversation is opened by name, and who lose it again."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from conversations.actions.access import to_arrange, to_decide_on
from conversations.actions.audience.shared_place import keep_place
from conversations.errors import NotFound, Refused
from conversations.live import events
from conversations.models import Conversation, Guest, Message, Notification, User
from conversations.usage import quotas
from providers.audit import log
from providers.audit.log import Act


def name_guest(user: User, conversation_id: UUID, name: str, *, writes: bool) -> None:
    """Open a conversation to the person of this name, or change whether they write.

    Its owner or, in a team, a lead may do so: by a link they could let in everybody. In a team's conversation a guest
    only reads, because questions there use the team's keys and budgets.
    """
    with transaction.atomic():
        conversation = to_decide_on(user, conversation_id)
        person = User.objects.called(name).filter(is_active=True).first()
        if person is None:
            raise Refused("bad_field", "Nobody here has this name.", "name")
        if writes and conversation.team_id is not None:
            raise Refused("conflict", "Only members write in a team's conversation.")
        if conversation.is_read_without_name(person):
            raise Refused("conflict", "This person reads the conversation already.")
        guest = conversation.guests.filter(user=person).first()
        if guest is None:
            quotas.check_guests(conversation)
            guest = Guest.objects.create(conversation=conversation, user=person, writes=writes, named_by=user)
        elif guest.writes == writes:
            return
        else:
            guest.writes = writes
            guest.save(update_fields=["writes"])
        _store(user, conversation, {}, {"person": person, "writes": writes})
        Notification.objects.note_naming(guest, conversation.revision)


def end_guest(user: User, conversation_id: UUID, person_id: UUID) -> None:
    """Take a conversation from a guest: as who decides on it or, for oneself, as the guest."""
    with transaction.atomic():
        conversation = (to_arrange if person_id == user.pk else to_decide_on)(user, conversation_id)
        guest = conversation.guests.select_related("user").filter(user=person_id).first()
        if guest is None:
            raise NotFound
        _end(user, conversation, guest)


def end_places(by: Any, guests: QuerySet[Guest]) -> None:
    """End these places of guests, whose people keep what they read otherwise; needs a transaction."""
    held = Conversation.objects.filter(guests__in=guests).order_by("pk")
    list(held.select_for_update(of=("self",), no_key=True))  # before the places, as everybody locks them
    for guest in guests.select_related("user", *(f"conversation__{one}" for one in ("team", "project", "owner"))):
        _end(by, guest.conversation, guest)


def _end(by: Any, conversation: Conversation, guest: Guest) -> None:
    key, person = conversation.pk, guest.user_id
    guest.delete()
    _store(by, conversation, {"person": guest.user}, {})
    if person not in conversation.audience_ids():
        revision = conversation.revision
        transaction.on_commit(lambda: events.conversation_gone(key, revision, [person]))


def _store(user: Any, conversation: Conversation, before: dict[str, object], after: dict[str, object]) -> None:
    """Advance the revision, note and announce the change; the thread goes on from the same branch."""
    was_private, leaf = conversation.is_private, Message.objects.leaf_for(user, conversation)
    revision = conversation.advance(1, moves_up=False, has_guests=conversation.guests.exists())
    if conversation.is_private != was_private:
        keep_place(user, conversation, leaf)
    log.note(user, Act.CHANGED, conversation, name="", before=before, after=after)
    transaction.on_commit(lambda: events.conversation_updated(conversation, revision))
