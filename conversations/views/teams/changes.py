"""A lead's pages: invitations, the team's name and defaults, and how long its conversations stay."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from conversations import actions
from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.errors import Refused
from conversations.forms.kept.projects import sentence_of as settings_sentence
from conversations.forms.teams import DefaultsForm, InvitationForm, RetentionForm, TeamForm
from conversations.mail import letters
from conversations.models import Team
from conversations.protocol.seen import written
from conversations.views.requests import too_many_tries
from conversations.views.teams.access import act, led, shown


@act("GET", "POST")
def invite(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show the open invitations, or create one whose link is in this one response and nowhere else."""
    team, form = led(request, team_id), InvitationForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _invitations(request, team, form)
    given = form.cleaned_data
    if given["mailed_to"] and letters.is_set_up() and rate_limits.invitation_letter(person_of(request).pk):
        return too_many_tries(request)
    invitation, secret = actions.invite(person_of(request), team_id, given.pop("role"), **given)
    link = request.build_absolute_uri(reverse("invitation", args=[secret]))
    mailed = bool(invitation.mailed_to) and letters.send_invitation(invitation, link)
    told = {"link": link, "mailed_to": invitation.mailed_to if mailed else ""}
    return _invitations(request, team, InvitationForm(), status=201, **told)


def _invitations(request: HttpRequest, team: Team, form: InvitationForm, status: int = 0, **told: str) -> HttpResponse:
    opened = team.invitations.open().select_related("made_by").order_by("-id")
    context = {"invitation_form": form, "invitations": opened, "sends_mail": letters.is_set_up(), **told}
    return shown(request, "invitations", team, context, status)


@act("POST")
def revoke_invitation(request: HttpRequest, team_id: UUID, invitation_id: UUID) -> HttpResponse:
    actions.revoke_invitation(person_of(request), team_id, invitation_id)
    messages.success(request, gettext("The invitation no longer lets anybody in."))
    return redirect("invite", team_id)


@act("GET", "POST")
def change_defaults(request: HttpRequest, team_id: UUID) -> HttpResponse:
    team = led(request, team_id)
    form = DefaultsForm(team, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _defaults(request, team, defaults_form=form)
    given = form.changed(team)
    try:
        actions.change_team(person_of(request), team_id, seen=written(form.cleaned_data["seen"]), **given)
    except Refused as refusal:
        if refusal.field not in given:
            raise
        form.see(led(request, team_id), refusal.field)
        form.add_error(refusal.field if refusal.field in form.fields else None, settings_sentence(refusal))
        return _defaults(request, team, defaults_form=form)
    messages.success(request, gettext("New conversations of this team begin like this."))
    return redirect("team-defaults", team_id)


@act("POST")
def rename(request: HttpRequest, team_id: UUID) -> HttpResponse:
    form = TeamForm(request.POST)
    if not form.is_valid():
        return _defaults(request, led(request, team_id), name_form=form)
    actions.change_team(person_of(request), team_id, name=form.cleaned_data["name"])
    messages.success(request, gettext("Saved."))
    return redirect("team-defaults", team_id)


@act("GET", "POST")
def retention(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show how long conversations stay; a new period is set once its lead has read what it would delete."""
    team = led(request, team_id)
    form = RetentionForm(request.POST if request.method == "POST" else {"days": team.keeps_days})
    context: dict[str, Any] = {"form": form, "count": team.conversations.filter(deleted_at=None).count()}
    if request.method == "GET" or not form.is_valid():
        return shown(request, "retention", team, context)
    days = form.cleaned_data["days"]
    if days and "confirmed" not in request.POST:
        moment = max(team.begins_to_delete(days) or timezone.now(), timezone.now())
        told = {"days": days, "moment": moment, "lost": team.conversations.silent_for(days, moment).count()}
        return shown(request, "retention", team, context | told)
    actions.set_retention(person_of(request), team_id, days)
    messages.success(request, gettext("Saved."))
    return redirect("team-retention", team_id)


def _defaults(request: HttpRequest, team: Team, **given: TeamForm | DefaultsForm) -> HttpResponse:
    forms = {"name_form": TeamForm(initial={"name": team.name}), "defaults_form": DefaultsForm(team)}
    return shown(request, "defaults", team, {**forms, **given})
