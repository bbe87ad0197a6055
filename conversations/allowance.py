"""Who may use what: which keys and which models answer a person, alone or in a team's conversation."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from conversations.models import Membership, Team, User
from providers.models import LanguageModel
from providers.models import LanguageModelQuerySet as Models


def keys_for(user: UUID | None, team: UUID | None) -> Sequence[Q]:
    """Conditions on keys; of the first one that any key meets, all may be used.

    A team's conversation uses the team's keys, else the site's, else the asker's own; alone, one's own come first.
    """
    own = Q(owner=user, endpoint__personal_keys=True) if user else Q(pk=None)
    site = Q(owner=None, teams=None)
    return (Q(owner=None, teams=team), site, own) if team else (own, site)


def models_for(user: User, team: UUID | None) -> Models:
    """What this person may ask in a conversation of this team, or alone."""
    teams = Q(teams=team) if team else Q(teams__in=teams_of(user))
    open_to = LanguageModel.objects.filter(Q(teams=None) | teams).values("pk")
    return LanguageModel.objects.usable(any_of(keys_for(user.pk, team))).filter(pk__in=open_to)


def models_anywhere(user: User) -> Models:
    """What this person may ask alone or in some team's conversation."""
    rows = models_for(user, None)
    for team in Team.objects.writable_by(user).values_list("pk", flat=True):
        rows = rows | models_for(user, team)
    return rows


def any_of(conditions: Sequence[Q]) -> Q:
    return Q(*conditions, _connector=Q.OR)


def teams_of(user: User) -> list[UUID]:
    return list(Membership.objects.filter(user=user, role__in=Membership.WRITERS).values_list("team", flat=True))
