"""The pages of the places where a person is told what happened, and of those of a team."""

from typing import Any
from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations import actions
from conversations.accounts import allauth_adapter
from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound, Refused
from conversations.forms.targets import BrowserForm, TargetForm
from conversations.models import Delivery, Installation, Target
from conversations.models.notifications.delivery import MAX_LOGGED
from conversations.notifications import web_push
from conversations.templatetags.signing_in import browser_of
from conversations.views.teams.access import act, led, shown
from providers.models.address_guard import ask_for_proof


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """Show what calls the person back, in this browser and elsewhere, and add a place; needs a recent password."""
    if (proof := _proof(request)) is not None:
        return proof
    person = person_of(request)
    context = _added(request, TargetForm(person, request.POST if request.method == "POST" else None))
    context["targets"] = person.targets.all()
    context["browser"] = person.targets.filter(session__session_key=request.session.session_key).first()
    context["push_key"] = web_push.public_key() if Installation.lets_tell_outside() else ""
    return render(request, "settings/notifications.html", context, status=context["status"])


@login_required
@require_POST
def add_browser(request: HttpRequest) -> HttpResponse:
    """Add this browser as a place that is told while no page is open, until it is signed out."""
    allauth_adapter.list_session(request)
    form, name = BrowserForm(request.POST), browser_of(request.headers.get("User-Agent", ""))
    refused = gettext("This browser gave no address for notifications.")
    try:
        if form.is_valid():
            key = request.session.session_key or ""
            actions.add_browser(person_of(request), key, name or gettext("Browser"), **form.cleaned_data)
            messages.success(request, gettext("Added. Send a test to see whether it arrives."))
            return redirect("notifications")
    except Refused as refusal:
        refused = refusal.text
    messages.error(request, refused)
    return redirect("notifications")


@act("GET", "POST")
def of_team(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show the places where a team is told, and add one; for leads."""
    team = led(request, team_id)
    if (proof := _proof(request)) is not None:
        return proof
    context = _added(request, TargetForm(None, request.POST if request.method == "POST" else None), team_id)
    context["targets"] = Target.objects.of_team(team)
    return shown(request, "notifications", team, context, context["status"])


@login_required
@never_cache
@require_GET
def log(request: HttpRequest, target_id: UUID) -> HttpResponse:
    """Show what was told to a place, as far as its owner may read it now, and how that went."""
    target = Target.objects.decided_by(person_of(request)).select_related("team", "person").filter(pk=target_id).first()
    if target is None:
        raise Http404
    rows = Delivery.objects.filter(target=target).readable_by(target).listed()[: 2 * MAX_LOGGED]
    return render(request, "notifications/log.html", {"target": target, "rows": rows})


@login_required
@require_POST
def test(request: HttpRequest, target_id: UUID) -> HttpResponse:
    try:
        actions.test_target(person_of(request), target_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, gettext("A test is on its way. Load this page again to see what came of it."))
    return redirect("target", target_id)


@login_required
@require_POST
def remove(request: HttpRequest, target_id: UUID) -> HttpResponse:
    try:
        target = actions.remove_target(person_of(request), target_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, gettext("Removed."))
    return redirect("team-notifications", target.team_id) if target.team_id else redirect("notifications")


def _proof(request: HttpRequest) -> HttpResponse | None:
    if request.method == "GET" or did_recently_reauthenticate(request):
        return None
    return ask_for_proof(request, gettext("Nothing was added: give your password, then enter it again."))


def _added(request: HttpRequest, form: TargetForm, team: UUID | None = None) -> dict[str, Any]:
    """Add the place of a valid form; return the page's form, and a secret that is shown this once."""
    secret, is_added = "", False
    if form.is_valid():
        try:
            _target, secret = actions.add_target(person_of(request), team, **form.cleaned_data)
            is_added = True
        except Refused as refusal:
            form.add_error("address", refusal.text)
    if is_added:
        messages.success(request, gettext("Added. Send a test to see whether it arrives."))
        form = TargetForm(None if team else person_of(request))
    return {"form": form, "secret": secret, "status": 201 if is_added else 422 if form.errors else 200}
