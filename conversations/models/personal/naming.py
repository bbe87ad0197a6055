"""The rights that a conversation gives by name: to guests, and to teams beside its own."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models

from conversations.models.people import Membership

if TYPE_CHECKING:
    from conversations.models.people import MembershipQuerySet
    from conversations.models.personal.guest import Guest, TeamGrant


class OpenByName(models.Model):
    """A conversation that may be open to people and teams by name; most name nobody and need no query."""

    has_guests = models.BooleanField(default=False, db_default=False, editable=False)
    """False if it names no person and no team."""

    team_id: UUID | None
    guests: Any
    team_grants: Any

    class Meta:
        abstract = True

    def places(self) -> "MembershipQuerySet":
        """Return the places of its readers in its team."""
        raise NotImplementedError

    def named(self) -> "list[Guest]":
        """Return its guests, those named first before the others, without those who are in its team now."""
        if not self.has_guests:
            return []
        guests = self.guests.select_related("user", "named_by").order_by("pk")
        return list(guests.exclude(user__in=self.places().values_list("user")) if self.team_id else guests)

    def named_teams(self) -> "list[TeamGrant]":
        """Return the teams to which it is open beside its own, with who opened it."""
        return list(self.team_grants.select_related("team", "named_by").order_by("pk")) if self.has_guests else []

    def rights_by_name(self) -> dict[UUID, bool]:
        """Return the people who may read it by their own name or a team's, and whether they write."""
        if not self.has_guests:
            return {}
        rights = dict(self.guests.values_list("user", "writes"))
        grants = self.team_grants.filter(team__memberships__isnull=False)
        for person, role, writes in grants.values_list("team__memberships__user", "team__memberships__role", "writes"):
            rights[person] = rights.get(person, False) or (writes and role in Membership.WRITERS)
        return rights

    def names_anybody(self) -> bool:
        return bool(self.guests.exists() or self.team_grants.exists())

    def forget_names(self) -> None:
        """Delete all that it gives by name; the caller announces who loses it."""
        self.guests.all().delete()
        self.team_grants.all().delete()
