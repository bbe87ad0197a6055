"""The team pages: plain forms with one action each; only leads can change a team."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations import actions
from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound, Refused
from conversations.forms.teams import DefaultsForm, InvitationForm, RoleForm, TeamForm, sentence_of
from conversations.mail import letters
from conversations.models import Installation, Membership, Team, User
from conversations.models.links.password_link import may_reset
from conversations.views.requests import too_many_tries

Page = Callable[..., HttpResponse]


def _act(page: Page) -> Page:
    """Return a POST-only view of one action; a refusal is shown on the team's page, NotFound raises Http404."""

    @wraps(page)
    def answer(request: HttpRequest, team_id: UUID, **places: UUID) -> HttpResponse:
        try:
            return page(request, team_id, **places)
        except NotFound:
            raise Http404 from None
        except Refused as refusal:
            messages.error(request, sentence_of(refusal))
            return redirect("team", team_id)

    return login_required(never_cache(require_POST(answer)))


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
    """Show the members; for leads, also all that can be changed."""
    return _shown(request, _own(request, team_id))


@_act
def rename(request: HttpRequest, team_id: UUID) -> HttpResponse:
    form = TeamForm(request.POST)
    if not form.is_valid():
        return _shown(request, _led(request, team_id), name_form=form)
    actions.change_team(person_of(request), team_id, name=form.cleaned_data["name"])
    return redirect("team", team_id)


@_act
def change_defaults(request: HttpRequest, team_id: UUID) -> HttpResponse:
    team = _led(request, team_id)
    form = DefaultsForm(team, request.POST)
    if not form.is_valid():
        return _shown(request, team, defaults_form=form)
    actions.change_team(person_of(request), team_id, **form.changed(team))
    messages.success(request, gettext("New conversations of this team begin like this."))
    return redirect("team", team_id)


@_act
def change_role(request: HttpRequest, team_id: UUID, person_id: UUID) -> HttpResponse:
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise NotFound
    actions.change_role(person_of(request), team_id, person_id, form.cleaned_data["role"])
    return redirect("team", team_id)


@_act
def remove(request: HttpRequest, team_id: UUID, person_id: UUID) -> HttpResponse:
    actions.remove_member(person_of(request), team_id, person_id)
    return redirect("team", team_id)


@_act
def hand_over(request: HttpRequest, team_id: UUID, person_id: UUID) -> HttpResponse:
    actions.hand_over(person_of(request), team_id, person_id)
    return redirect("team", team_id)


@_act
def leave(request: HttpRequest, team_id: UUID) -> HttpResponse:
    actions.leave_team(person_of(request), team_id)
    return redirect("teams")


@_act
def invite(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Create an invitation whose link is in this one response and nowhere else."""
    team, form = _led(request, team_id), InvitationForm(request.POST)
    if not form.is_valid():
        return _shown(request, team, invitation_form=form)
    given = form.cleaned_data
    if given["mailed_to"] and letters.is_set_up() and rate_limits.invitation_letter(person_of(request).pk):
        return too_many_tries(request)
    invitation, secret = actions.invite(person_of(request), team_id, given.pop("role"), **given)
    link = request.build_absolute_uri(reverse("invitation", args=[secret]))
    mailed = bool(invitation.mailed_to) and letters.send_invitation(invitation, link)
    return _shown(request, team, link=link, mailed_to=invitation.mailed_to if mailed else "", status=201)


@_act
def revoke_invitation(request: HttpRequest, team_id: UUID, invitation_id: UUID) -> HttpResponse:
    actions.revoke_invitation(person_of(request), team_id, invitation_id)
    return redirect("team", team_id)


# --- Parts of the above --------------------------------------------------------------------------------------------


def _shown(request: HttpRequest, team: Team, status: int = 0, **more: Any) -> HttpResponse:
    person = person_of(request)
    place = team.memberships.get(user=person)
    context = {"team": team, "place": place, "places": _places(team, person), "roles": Membership.Role.choices}
    if place.is_lead:
        context |= {
            "name_form": TeamForm(initial={"name": team.name}),
            "invitation_form": InvitationForm(),
            "defaults_form": DefaultsForm(team),
            "invitations": team.invitations.open().select_related("made_by").order_by("-id"),
            "sends_mail": letters.is_set_up(),
        }
    has_errors = any(getattr(form, "errors", None) for form in more.values())
    return render(request, "teams/team.html", {**context, **more}, status=status or (422 if has_errors else 200))


def _places(team: Team, person: User) -> list[Membership]:
    """Return all members, with whether this person may make them a link to a new password."""
    places = list(team.memberships.select_related("user").by_rank())
    leads = any(place.user_id == person.id and place.is_lead for place in places)
    for place in places:
        place.can_be_helped = leads and may_reset(person, place.user)  # type: ignore[attr-defined]
    return places


def _own(request: HttpRequest, team_id: UUID) -> Team:
    team = Team.objects.visible_to(person_of(request)).filter(pk=team_id).first()
    if team is None:
        raise Http404
    return team


def _led(request: HttpRequest, team_id: UUID) -> Team:
    team = Team.objects.led_by(person_of(request)).filter(pk=team_id).first()
    if team is None:
        raise NotFound
    return team
