"""The pages of a person's own account: name, sessions and personal tokens."""

from datetime import timedelta
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations.errors import Refused
from conversations.forms.accounts import ProfileForm, TokenForm
from conversations.forms.teams import sentence_of
from conversations.hashed_tokens import new_token, token_digest
from conversations.mail import letters
from conversations.mail.notices import Kind, tell
from conversations.models import File, PersonalToken, User
from conversations.usage import quotas
from conversations.usage.own_budgets import limits_of
from providers.audit import log


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show the form of the person's name, and their sessions, budgets and files."""
    person = _person(request)
    form = ProfileForm(person, request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.save()
        messages.success(request, gettext("Saved."))
        return redirect("account")
    context = {
        "form": form,
        "sessions": _sessions(request),
        "sends_mail": letters.is_set_up(),
        "budgets": limits_of(person),
        "currency": settings.CHATSITE_CURRENCY,
        "files_taken": File.objects.bytes_of(person),
        "files_most": quotas.most_files(),
    }
    return render(request, "account/account.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """Show the account's recent notices, with the link to the page that the person wanted."""
    mine, next_page = _person(request).notices, request.GET.get("next", "")
    shown = list(mine.filter(created_at__gt=timezone.now() - timedelta(days=90))[:100])
    mine.mark_read()
    is_ours = url_has_allowed_host_and_scheme(next_page, allowed_hosts=None)
    return render(request, "account/notices.html", {"notices": shown, "next": next_page if is_ours else "/"})


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End a session and its sockets; the current one ends by signing out."""
    session = next((session for session in _sessions(request) if session.pk == session_id), None)
    if session is None:
        raise Http404
    _end(request, [session])
    return redirect("account")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    _end(request, [session for session in _sessions(request) if not session.is_current()])
    return redirect("account")


@login_required
@never_cache
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Show the tokens, and create one whose secret is in this one response; needs a recent password."""
    person, secret = _person(request), ""
    form = TokenForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            secret = _new_token(person, form)
            form = TokenForm()
        except Refused as refusal:
            form.add_error("name", sentence_of(refusal))
    context = {"form": form, "secret": secret, "tokens": person.tokens.open().order_by("-id")}
    return render(request, "account/tokens.html", context, status=201 if secret else 422 if form.errors else 200)


@login_required
@require_POST
def revoke_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    mine = _person(request).tokens.filter(pk=token_id, revoked_at=None)
    with log.watch(request.user, mine):
        if not mine.update(revoked_at=timezone.now()):
            raise Http404
    return redirect("tokens")


def _end(request: HttpRequest, sessions: list[UserSession]) -> None:
    """End sessions, each with a line in the audit log that has its address."""
    for session in sessions:
        log.note(request.user, log.Act.REMOVED, session, name=session.ip)
        session.end()


def _new_token(person: User, form: TokenForm) -> str:
    quotas.check_tokens(person)
    secret = new_token(PersonalToken.PREFIX)
    with transaction.atomic():
        token = PersonalToken.objects.create(
            user=person,
            name=form.cleaned_data["name"],
            digest=token_digest(secret),
            hint=secret[-4:],
            expires_at=timezone.now() + timedelta(days=form.cleaned_data["days"]),
        )
        log.added(person, token)
        tell(person, Kind.TOKEN_MADE)
    return secret


def _sessions(request: HttpRequest) -> list[UserSession]:
    """List the sessions, newest first, and add the current one if it is not yet listed."""
    if not UserSession.objects.filter(session_key=request.session.session_key).exists():
        UserSession.objects.create_from_request(request)
    sessions: list[UserSession] = UserSession.objects.purge_and_list(request.user)
    return sorted(sessions, key=lambda session: session.created_at, reverse=True)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
