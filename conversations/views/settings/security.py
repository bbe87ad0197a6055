"""The pages of how a person signs in: password, second factor, devices, tokens, and what changed of it."""

from datetime import timedelta
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations import actions
from conversations.accounts import allauth_adapter
from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound, Refused
from conversations.forms.accounts import TokenForm
from conversations.forms.teams import sentence_of


@login_required
@never_cache
@require_GET
def security(request: HttpRequest) -> HttpResponse:
    factors = list(Authenticator.objects.filter(user=request.user).order_by("pk"))
    passkeys = [factor for factor in factors if factor.type == Authenticator.Type.WEBAUTHN]
    context = {"sessions": _sessions(request), "has_factor": bool(factors), "passkeys": passkeys}
    return render(request, "settings/security.html", context)


@login_required
@never_cache
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """Show the account's recent notices, with the link to the page that the person wanted."""
    mine, next_page = person_of(request).notices, request.GET.get("next", "")
    shown = list(mine.filter(created_at__gt=timezone.now() - timedelta(days=90))[:100])
    mine.mark_read()
    is_ours = url_has_allowed_host_and_scheme(next_page, allowed_hosts=None)
    return render(request, "settings/notices.html", {"notices": shown, "next": next_page if is_ours else "/"})


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End a session and its sockets; the current one ends by signing out."""
    session = next((session for session in _sessions(request) if session.pk == session_id), None)
    if session is None:
        raise Http404
    actions.end_sessions(person_of(request), [session])
    messages.success(request, gettext("The session has ended."))
    return redirect("security")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    others = [session for session in _sessions(request) if not session.is_current()]
    actions.end_sessions(person_of(request), others)
    messages.success(request, gettext("All other sessions have ended."))
    return redirect("security")


@login_required
@never_cache
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Show the tokens, and create one whose secret is in this one response; needs a recent password."""
    person, secret = person_of(request), ""
    form = TokenForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            secret = actions.create_token(person, form.cleaned_data["name"], days=form.cleaned_data["days"])
            form = TokenForm()
        except Refused as refusal:
            form.add_error("name", sentence_of(refusal))
    context = {"form": form, "secret": secret, "tokens": person.tokens.open().order_by("-id")}
    return render(request, "settings/tokens.html", context, status=201 if secret else 422 if form.errors else 200)


@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    try:
        actions.revoke_token(person_of(request), token_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, gettext("The token is revoked."))
    return redirect("tokens")


def _sessions(request: HttpRequest) -> list[UserSession]:
    """List the sessions, newest first, and add the current one if it is not yet listed."""
    allauth_adapter.list_session(request)
    sessions: list[UserSession] = UserSession.objects.purge_and_list(request.user)
    return sorted(sessions, key=lambda session: session.created_at, reverse=True)
