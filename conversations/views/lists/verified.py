"""The pages of verified answers: all that a person may read, or a team's."""

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
from conversations.views.teams.access import act, own, shown

PAGE_SIZE = 50
MOST_DUE = 50


@login_required
@never_cache
@require_GET
def verified(request: HttpRequest) -> HttpResponse:
    """Show the verified answers that a person may read; those that they should look at again come first."""
    person = person_of(request)
    context = _page(request, Verification.objects.visible_to(person))
    due = Verification.objects.due_for(person).listed().order_by("until", "pk")[:MOST_DUE]
    return render(request, "lists/verified.html", {**context, "due": due})


@act("GET")
def team_verified(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show the verified answers of a team."""
    team = own(request, team_id)
    return shown(request, "verified", team, _page(request, Verification.objects.of_team(person_of(request), team)))


def _page(request: HttpRequest, rows: VerificationQuerySet) -> dict[str, Any]:
    return {"page": Paginator(rows.listed(), PAGE_SIZE).get_page(request.GET.get("page"))}
