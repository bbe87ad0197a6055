"""The pages of verified answers: all that a person may read, a team's, or a project's."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations.accounts.signed_in import person_of
from conversations.models import Verification
from conversations.models.marks.verification import VerificationQuerySet
from conversations.views.projects import access as projects
from conversations.views.teams import access as teams

PAGE_SIZE = 50
MOST_DUE = 50


@login_required
@never_cache
@require_GET
def verified(request: HttpRequest) -> HttpResponse:
    """Show the verified answers that a person may read; those that they should look at again come first."""
    person = person_of(request)
    due = list(Verification.objects.due_for(person).listed().order_by("until", "pk")[:MOST_DUE])
    context = _page(request, Verification.objects.visible_to(person).exclude(pk__in=[mark.pk for mark in due]))
    return render(request, "lists/verified.html", {**context, "due": due})


@teams.act("GET")
def team_verified(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show the verified answers of a team."""
    team, person = teams.own(request, team_id), person_of(request)
    return teams.shown(request, "verified", team, _page(request, Verification.objects.of_team(person, team)))


@projects.act("GET")
def project_verified(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the verified answers of a project."""
    project, person = projects.own(request, project_id), person_of(request)
    marks = Verification.objects.of_project(person, project)
    return projects.shown(request, "verified", project, _page(request, marks))


def _page(request: HttpRequest, rows: VerificationQuerySet) -> dict[str, Any]:
    return {"page": Paginator(rows.listed(), PAGE_SIZE).get_page(request.GET.get("page"))}
