"""The targets of an event: those of its people and teams, as long as they may know of it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import Q

from conversations.models import Conversation, Delivery, Installation, Notification, Target
from conversations.models.notifications.notification import OF_STAFF, Kind

_TO_READ = (Target.Form.MAIL, Target.Form.PUSH)
"""Places at which their person reads what the page tells, too."""


def route(rows: Sequence[Notification], told: Collection[UUID]) -> None:
    """Let the events wait for the targets that take them: their people's if these are `told`, and their teams'."""
    people = {row.person_id for row in rows if row.pk in told}
    teams = {team for row in rows if (team := _team_of(row))}
    targets = list(Target.objects.filter(Q(person__in=people) | Q(team__in=teams), is_on=True)) if rows else []
    pairs = [(target, row) for row in rows for target in targets if _is_for(target, row, is_told=row.pk in told)]
    Delivery.objects.add(pairs)


def _is_for(target: Target, row: Notification, *, is_told: bool) -> bool:
    is_theirs = is_told and target.person_id == row.person_id
    return target.takes(row.kind) and (is_theirs or (target.team_id is not None and target.team_id == _team_of(row)))


def _team_of(row: Notification) -> UUID | None:
    """Return the team whose members may all know of it."""
    conversation = row.conversation
    return _open_to(conversation) if conversation else row.team_id


def _open_to(conversation: Conversation) -> UUID | None:
    """Return the team all of whose members read a conversation."""
    is_narrow = conversation.project is not None and conversation.project.is_narrow
    return None if is_narrow or conversation.deleted_at else conversation.team_id


def may_tell(target: Target, delivery: Delivery) -> bool:
    """Return whether the owner of the target may know of the event now, however long ago it was.

    A letter may come an hour later, and a browser after a failure: both leave out what was read meanwhile.
    """
    if target.form != Target.Form.MAIL and not Installation.lets_tell_outside():
        return False
    if delivery.kind in (Kind.TEST, Kind.TARGET_OFF):
        return True
    conversation, person = delivery.conversation, target.person
    if person is None:
        team = _open_to(conversation) if conversation else delivery.team_id
        return team == target.team_id
    if not person.is_active or (delivery.kind in OF_STAFF and not person.is_staff):
        return False
    if delivery.kind == Kind.JOINED and delivery.team and not delivery.team.memberships.filter(user=person).exists():
        return False
    if target.form in _TO_READ and not person.notifications.unread().filter(key=delivery.key).exists():
        return False
    return conversation is None or Conversation.objects.visible_to(person).filter(pk=conversation.pk).exists()
