"""Guests and granted teams: whom a conversation is opened to by name, and who lose it again."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from conversations.actions.access import team_to_write_in, to_arrange, to_decide_on
from conversations.actions.audience.shared_place import keep_place
from conversations.errors import NotFound, Refused
from conversations.live import events
from conversations.models import Conversation, Guest, Message, Notification, ReadMark, Team, TeamGrant, User
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
        if person.pk in conversation.placed_ids():
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


def name_team(user: User, conversation_id: UUID, team_id: UUID, *, writes: bool) -> None:
    """Open a conversation to another team, in which this person writes, or change whether its writers write here.

    As with guests, a team's own conversation is only read by others.
    """
    with transaction.atomic():
        conversation = to_decide_on(user, conversation_id)
        team = team_to_write_in(user, team_id)
        if writes and conversation.team_id is not None:
            raise Refused("conflict", "Only members write in a team's conversation.")
        if team_id == conversation.team_id:
            raise Refused("conflict", "This team reads the conversation already.")
        grant = conversation.team_grants.filter(team=team).first()
        if grant is None:
            quotas.check_guests(conversation)
            TeamGrant.objects.create(conversation=conversation, team=team, writes=writes, named_by=user)
        elif grant.writes == writes:
            return
        else:
            grant.writes = writes
            grant.save(update_fields=["writes"])
        _store(user, conversation, {}, {"team": team, "writes": writes})


def end_team(user: User, conversation_id: UUID, team_id: UUID) -> None:
    """Take a conversation from a team that was given it: as who decides on it, or as a lead there."""
    with transaction.atomic():
        leads = Team.objects.led_by(user).filter(pk=team_id).exists()
        conversation = (to_arrange if leads else to_decide_on)(user, conversation_id)
        grant = conversation.team_grants.select_related("team").filter(team=team_id).first()
        if grant is None:
            raise NotFound
        _end_grant(user, conversation, grant)


def end_grants(by: Any, team: Team) -> None:
    """Take all conversations of others from a team that is about to end; needs a transaction."""
    grants = TeamGrant.objects.filter(team=team)
    held = Conversation.objects.filter(team_grants__in=grants).order_by("pk")
    list(held.select_for_update(of=("self",), no_key=True))
    for grant in grants.select_related("team", *(f"conversation__{one}" for one in ("team", "project", "owner"))):
        _end_grant(by, grant.conversation, grant)


def _end_grant(by: Any, conversation: Conversation, grant: TeamGrant) -> None:
    key, before = conversation.pk, set(conversation.audience_ids())
    grant.delete()
    _store(by, conversation, {"team": grant.team}, {})
    revision, lost = conversation.revision, before - set(conversation.audience_ids())
    transaction.on_commit(lambda: events.conversation_gone(key, revision, lost))


def _store(user: Any, conversation: Conversation, before: dict[str, object], after: dict[str, object]) -> None:
    """Advance the revision, note and announce the change; the thread goes on from the same branch."""
    was_private, leaf = conversation.is_private, Message.objects.leaf_for(user, conversation)
    revision = conversation.advance(1, moves_up=False, has_guests=conversation.names_anybody())
    ReadMark.objects.keep_up(conversation)
    if conversation.is_private != was_private:
        keep_place(user, conversation, leaf)
    log.note(user, Act.CHANGED, conversation, name="", before=before, after=after)
    transaction.on_commit(lambda: events.conversation_updated(conversation, revision))
