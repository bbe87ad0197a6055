"""Access to a team's pages, and the frame that all of them share."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound, Refused
from conversations.forms.teams import sentence_of
from conversations.models import Team

Page = Callable[..., HttpResponse]


def act(*methods: str) -> Callable[[Page], Page]:
    """Return a view of one action; a refusal is shown on the team's page, NotFound raises Http404."""

    def guarded(page: Page) -> Page:
        @wraps(page)
        def answer(request: HttpRequest, team_id: UUID, **places: UUID) -> HttpResponse:
            try:
                return page(request, team_id, **places)
            except NotFound:
                raise Http404 from None
            except Refused as refusal:
                messages.error(request, sentence_of(refusal))
                return redirect("team", team_id)

        return login_required(never_cache(require_http_methods(methods)(answer)))

    return guarded


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
