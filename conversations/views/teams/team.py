"""The list of teams, and a team's first page: its conversations and its people."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound, Refused
from conversations.forms.teams import RoleForm, TeamForm, sentence_of
from conversations.models import Conversation, Installation, Membership, Project, Team, User
from conversations.models.links.password_link import may_reset
from conversations.usage.own_use import limits_of
from conversations.views.teams.access import act, own, shown

MOST_SHOWN = 8
"""Conversations on the team's page: the sidebar has all of them."""


@login_required
@never_cache
@require_GET
def teams(request: HttpRequest) -> HttpResponse:
    """List the person's teams."""
    places = person_of(request).memberships.select_related("team").annotate(people=Count("team__memberships"))
    context = {"places": places.order_by("team__name"), "may_make": Installation.lets_make_teams(person_of(request))}
    return render(request, "teams/list.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new_team(request: HttpRequest) -> HttpResponse:
    if not Installation.lets_make_teams(person_of(request)):
        raise Http404
    form = TeamForm(request.POST or None)
    if form.is_valid():
        try:
            team = actions.create_team(person_of(request), form.cleaned_data["name"])
            return redirect("team", team.pk)
        except Refused as refusal:
            form.add_error("name", sentence_of(refusal))
    return render(request, "teams/new.html", {"form": form})


@login_required
@never_cache
@require_GET
def team(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show the newest conversations and the members; leads can change these."""
    found, person = own(request, team_id), person_of(request)
    latest = Conversation.objects.visible_to(person).filter(team=found).order_by("-updated_at")[:MOST_SHOWN]
    context = {
        "latest": latest,
        "projects": Project.objects.visible_to(person).filter(team=found).listed(),
        "places": _places(found, person),
        "roles": Membership.Role.choices,
        "budgets": [limit for limit in limits_of(person) if limit.team == found.name],
        "currency": settings.CHATSITE_CURRENCY,
    }
    return shown(request, "team", found, context)


@act("POST")
def change_role(request: HttpRequest, team_id: UUID, person_id: UUID) -> HttpResponse:
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise NotFound
    actions.change_role(person_of(request), team_id, person_id, form.cleaned_data["role"])
    messages.success(request, gettext("Saved."))
    return redirect("team", team_id)


@act("POST")
def remove(request: HttpRequest, team_id: UUID, person_id: UUID) -> HttpResponse:
    actions.remove_member(person_of(request), team_id, person_id)
    messages.success(request, gettext("%(name)s is no longer in the team.") % _named(person_id))
    return redirect("team", team_id)


@act("POST")
def hand_over(request: HttpRequest, team_id: UUID, person_id: UUID) -> HttpResponse:
    actions.hand_over(person_of(request), team_id, person_id)
    messages.success(request, gettext("%(name)s leads the team now. You are a member.") % _named(person_id))
    return redirect("team", team_id)


@act("POST")
def leave(request: HttpRequest, team_id: UUID) -> HttpResponse:
    team = Team.objects.visible_to(person_of(request)).filter(pk=team_id).first()
    actions.leave_team(person_of(request), team_id)
    messages.success(request, gettext("You left “%(team)s”.") % {"team": team})
    return redirect("teams")


def _places(team: Team, person: User) -> list[Membership]:
    """Return all members, with whether this person may make them a link to a new password."""
    places = list(team.memberships.select_related("user").by_rank())
    leads = any(place.user_id == person.id and place.is_lead for place in places)
    for place in places:
        place.can_be_helped = leads and may_reset(person, place.user)  # type: ignore[attr-defined]
    return places


def _named(person_id: UUID) -> dict[str, str]:
    return {"name": User.objects.get(pk=person_id).name}
