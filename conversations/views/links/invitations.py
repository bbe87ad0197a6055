"""Following an invitation; its secret leaves the address at once, and the session keeps only a digest."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from conversations import actions
from conversations.accounts import rate_limits
from conversations.errors import NotFound
from conversations.forms.accounts import JoiningForm
from conversations.hashed_tokens import token_digest
from conversations.mail import letters
from conversations.models import Installation, Invitation, User
from conversations.views.requests import dead_link, follow_link, too_many_tries
from conversations.views.sign_up import new_person

SESSION_KEY = "invitation"


@never_cache
@require_GET
def follow(request: HttpRequest, secret: str) -> HttpResponse:
    """Store the invitation's digest in the session; all bad links get the same answer, under a rate limit."""
    leads_on = Invitation.objects.of(secret).exists()
    return follow_link(request, SESSION_KEY, token_digest(secret), leads_on=leads_on, to="join")


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Add the person to the team; a visitor without an account makes one first."""
    invitation = _invitation(request)
    if invitation is None:
        return dead_link(request, forget=SESSION_KEY)
    try:
        if isinstance(request.user, User):
            return _known(request, request.user, invitation)
        return _new(request, invitation)
    except NotFound:
        return dead_link(request, forget=SESSION_KEY)


def _known(request: HttpRequest, person: User, invitation: Invitation) -> HttpResponse:
    if request.method == "GET":
        is_in = invitation.team.memberships.filter(user=person).exists()
        return render(request, "teams/join.html", {"invitation": invitation, "is_in": is_in})
    actions.join(person, invitation)
    return _welcome(request, invitation)


def _new(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = JoiningForm(request.POST or None)
    if form.is_valid() and rate_limits.sign_up(invitation.pk):
        return too_many_tries(request)
    if form.is_valid() and new_person(request, form, partial(actions.sign_up, invitation)):
        return _welcome(request, invitation)
    may_sign_up = Installation.lets_sign_up(*Installation.BY_INVITATION)
    context = {"invitation": invitation, "form": form, "sends_mail": letters.is_set_up(), "may_sign_up": may_sign_up}
    return render(request, "teams/join.html", context, status=422 if form.errors else 200)


def _welcome(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    request.session.pop(SESSION_KEY, None)
    messages.success(request, gettext("You joined “%(team)s”.") % {"team": invitation.team})
    return redirect("team", invitation.team_id)


def _invitation(request: HttpRequest) -> Invitation | None:
    digest = request.session.get(SESSION_KEY, "")
    return Invitation.objects.open().select_related("team", "made_by").filter(digest=digest).first()
