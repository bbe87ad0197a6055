"""A lead's pages about the team: what was changed in it, and the keys, models and budgets of its own."""

from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from conversations.accounts.signed_in import person_of
from conversations.models import Team
from conversations.usage.own_use import limits_of
from conversations.views.teams.access import act, led, shown
from providers.models import AuditEntry, Trouble

PAGE_SIZE = 50
NAMED_BY_TEAM = (
    "conversations.membership",
    "conversations.invitation",
    "conversations.prompt",
    "conversations.assistant",
)
"""Kinds of rows whose entries name their team as it was called then."""
LEGAL_HOLD = "legal_hold"


@act("GET")
def audit(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show what was changed in the team, the newest first.

    Addresses and legal holds are for administrators alone.
    """
    team = led(request, team_id)
    entries = AuditEntry.objects.filter(_about(team)).order_by("-pk")
    if (before := request.GET.get("before", "")).isdecimal() and len(before) < 19:
        entries = entries.filter(pk__lt=int(before))
    page = list(entries[: PAGE_SIZE + 1])
    for entry in page:
        entry.after.pop(LEGAL_HOLD, None)
    following = page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None
    return shown(request, "audit", team, {"entries": page[:PAGE_SIZE], "before": following})


@act("GET")
def keys(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show the team's own keys by their last characters, its own models, and its budgets."""
    team = led(request, team_id)
    own = list(team.api_keys.select_related("endpoint").order_by("endpoint__name", "created_at"))
    troubles = Trouble.objects.in_bulk([key.pk for key in own])
    context = {
        "keys": [(key, troubles.get(key.pk)) for key in own],
        "models": team.models.all(),
        "budgets": [limit for limit in limits_of(person_of(request)) if limit.team == team.name],
        "currency": settings.CHATSITE_CURRENCY,
    }
    return shown(request, "keys", team, context)


def _about(team: Team) -> Q:
    """Return the condition of the entries about the team, its members and its invitations."""
    held = Q(act=AuditEntry.Act.CHANGED, after__has_key=LEGAL_HOLD)
    about = Q(subject_type="conversations.team", subject=str(team.pk)) & ~held
    for name, since, until in _names(team):
        then = Q(pk__gte=since, created_at__gte=team.created_at)
        then &= Q(pk__lt=until) if until else Q()
        about |= Q(subject_type__in=NAMED_BY_TEAM) & then & (Q(before__team=name) | Q(after__team=name))
    return about


def _names(team: Team) -> Iterator[tuple[str, int, int | None]]:
    """Yield each name that the team has had, with its first entry and the one that ended it."""
    renamed = AuditEntry.objects.filter(
        subject_type="conversations.team", subject=str(team.pk), after__has_key="name"
    ).order_by("pk")
    since, name = 0, ""
    for entry in renamed:
        if name or (name := entry.before.get("name", "")):
            yield name, since, entry.pk
        since, name = entry.pk, entry.after["name"]
    yield team.name, since, None
