"""Access to a team's pages, and the frame that all of them share."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound
from conversations.forms.teams import sentence_of
from conversations.models import Team
from conversations.views.acts import Page, acting


def act(*methods: str) -> Callable[[Page], Page]:
    """Return a view of one action; a refusal is shown on the team's page."""
    return acting(methods, sentence_of, lambda places: ("team", places["team_id"]))


def own(request: HttpRequest, team_id: UUID) -> Team:
    team = Team.objects.visible_to(person_of(request)).filter(pk=team_id).first()
    if team is None:
        raise Http404
    return team


def led(request: HttpRequest, team_id: UUID) -> Team:
    team = Team.objects.led_by(person_of(request)).filter(pk=team_id).first()
    if team is None:
        raise NotFound
    return team


def shown(request: HttpRequest, name: str, team: Team, more: Mapping[str, Any], status: int = 0) -> HttpResponse:
    """Render a page of the team; 422 if one of its forms has errors."""
    place = team.memberships.select_related("team").get(user=person_of(request))
    has_errors = any(getattr(form, "errors", None) for form in more.values())
    context = {"team": team, "place": place, **more}
    return render(request, f"teams/{name}.html", context, status=status or (422 if has_errors else 200))
