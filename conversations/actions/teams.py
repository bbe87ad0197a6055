"""Teams: create, rename and remove them, and change memberships."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from conversations.actions.audience.guests import end_grants, end_places
from conversations.actions.projects.members import kept_reachable
from conversations.errors import NotFound, Refused
from conversations.live import events
from conversations.models import Conversation, Guest, Installation, Membership, Team, User
from conversations.protocol import seen as shown
from conversations.usage import quotas
from providers.audit import log


class LastLead(Refused):
    """Refuses to leave a team without a lead who can sign in."""

    def __init__(self) -> None:
        super().__init__("last_lead", "A team keeps at least one lead: make somebody else a lead first.")


def create_team(user: User, name: str) -> Team:
    """Create a team whose lead is this person."""
    if not Installation.lets_make_teams(user):
        raise NotFound
    quotas.check_teams(user)
    with _unique_name(), transaction.atomic():
        team = Team.objects.create(name=name)
        log.added(user, team)
        log.added(user, Membership.objects.create(team=team, user=user, role=Membership.Role.LEAD))
    return team


def change_team(user: User, team_id: UUID, *, seen: Mapping[str, str] | None = None, **changed: Any) -> None:
    """Change a team's name or its defaults for new conversations.

    With `seen`, digests of what the lead was shown, fields that they left as they were keep others' changes.
    """
    with _unique_name(), transaction.atomic():
        team = led(user, team_id)
        if seen:
            changed = shown.changed(seen, {name: getattr(team, name) for name in changed}, changed)
        for field, value in changed.items():
            setattr(team, field, value)
        with log.watch(user, Team.objects.filter(pk=team_id)):
            team.save(update_fields=[*changed, *(["name_key"] if "name" in changed else [])])


def set_retention(user: User, team_id: UUID, days: int | None) -> None:
    """Let the team's conversations be deleted after so many days without a new message; None keeps them all."""
    with transaction.atomic():
        team = led(user, team_id)
        change_team(user, team_id, keeps_days=days, keeps_from=team.begins_to_delete(days))


def remove_team(user: User, team: Team) -> list[str]:
    """Delete a team and return the keys and models disabled with it: they would be for all otherwise."""
    own = [row for rows in (team.api_keys, team.models) for row in rows.all() if row.teams.count() == 1]
    watched = [type(row)._default_manager.filter(pk=row.pk) for row in own]
    with transaction.atomic(), log.watch(user, *watched):
        end_grants(user, team)
        for row in own:
            row.enabled = False
            row.save(update_fields=["enabled"])
        team.delete()
    return [str(row) for row in own]


def change_role(user: User, team_id: UUID, person_id: UUID, role: str) -> None:
    with transaction.atomic():
        team = led(user, team_id)
        place = _place(team, person_id)
        _keep_a_lead(place, becomes=role)
        with kept_reachable(user, team_id), log.watch(user, team.memberships.filter(pk=place.pk)):
            place.role = role
            place.save(update_fields=["role"])


def hand_over(user: User, team_id: UUID, person_id: UUID) -> None:
    """Make another member the lead, and this lead a member."""
    with transaction.atomic():
        team = led(user, team_id)
        place = _place(team, person_id)
        if place.user_id == user.id or not place.user.is_active:
            raise NotFound
        with log.watch(user, team.memberships.filter(user__in=[user, place.user])):
            team.memberships.filter(pk=place.pk).update(role=Membership.Role.LEAD)
            team.memberships.filter(user=user).update(role=Membership.Role.MEMBER)


def remove_member(user: User, team_id: UUID, person_id: UUID) -> None:
    """Remove another person, and revoke the multi-use invitations that they may know."""
    with transaction.atomic():
        team = led(user, team_id)
        place = _place(team, person_id)
        if place.user_id == user.id:
            raise NotFound
        _close_links(user, place.team)
        log.removed(user, place)
        _end(user, place)


def leave_team(user: User, team_id: UUID) -> None:
    with transaction.atomic():
        place = _place(_locked(Team.objects.all(), team_id), user.id)
        _keep_a_lead(place)
        log.removed(user, place)
        _end(user, place)


def end_place(by: Any, place: Membership) -> None:
    """Remove a person from a team, and revoke the multi-use invitations; the caller notes the removal."""
    _close_links(by, place.team)
    _end(by, place)


def _close_links(by: Any, team: Team) -> None:
    open_to_many = team.invitations.filter(is_single_use=False, revoked_at=None)
    with log.watch(by, open_to_many):
        open_to_many.revoke()


def _end(by: Any, place: Membership) -> None:
    """Delete the membership and announce the lost conversations to the person; their messages stay.

    The team's conversations that name the person are lost, too: they may have been named before they joined.
    """
    person, named = place.user_id, Guest.objects.filter(user=place.user, conversation__team=place.team_id)
    visible = Conversation.objects.visible_to(place.user)
    seen = visible.filter(Q(team=place.team_id) | Q(pk__in=place.team.conversation_grants.values("conversation")))
    before = dict(seen.exclude(guests__in=named).values_list("pk", "revision"))
    with kept_reachable(by, place.team_id):
        place.delete()
    end_places(by, named)
    for key in set(before).difference(visible.filter(pk__in=before).values_list("pk", flat=True)):
        transaction.on_commit(partial(events.conversation_gone, key, before[key], [person]))


def _keep_a_lead(place: Membership, becomes: str = "") -> None:
    if becomes != Membership.Role.LEAD and place.is_last_lead:
        raise LastLead


def led(user: User, team_id: UUID) -> Team:
    """Return a team that this person leads, locked until the surrounding transaction ends."""
    return _locked(Team.objects.led_by(user), team_id)


def _locked(teams: Any, team_id: UUID) -> Team:
    """Lock the team's memberships until the transaction ends, and return the team.

    It queries again after the lock, because the person may have lost their own membership meanwhile.
    """
    Team.objects.select_for_update(no_key=True).filter(pk=team_id).first()
    team = teams.filter(pk=team_id).first()
    if team is None:
        raise NotFound
    return team


def _place(team: Team, person_id: UUID) -> Membership:
    place = team.memberships.select_related("team", "user").filter(user=person_id).first()
    if place is None:
        raise NotFound
    return place


@contextmanager
def _unique_name() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise Refused("conflict", "There is a team of this name already.") from None
