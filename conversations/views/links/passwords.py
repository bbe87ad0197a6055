"""Pages for a forgotten password: a letter with a link, or a link that a lead or an administrator makes."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from conversations import actions
from conversations.accounts import password_guessing, passwords, rate_limits
from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound
from conversations.forms.accounts import ForgottenForm, PasswordForm
from conversations.forms.passwords import NAME_KEY
from conversations.hashed_tokens import new_token, token_digest
from conversations.mail import letters
from conversations.models import PasswordLink, User
from conversations.models.links.password_link import may_reset
from conversations.views.requests import dead_link, follow_link, too_many_tries
from conversations.workers import background

SESSION_KEY = "password-link"


@never_cache
@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Mail the person a link or, without mail, show who can help.

    The address is looked up after the response. So neither its content nor its time shows whether the address is known.
    """
    if not letters.is_set_up():
        return render(request, "account/password_reset_by_people.html")
    form = ForgottenForm(request.POST or None)
    if not form.is_valid():
        context = {"form": form}
        return render(request, "account/password_reset.html", context, status=422 if form.errors else 200)
    address, secret = form.cleaned_data["email"], new_token()
    if rate_limits.reset_letter(request, address):
        return too_many_tries(request)
    link = request.build_absolute_uri(reverse("follow-password-link", args=[secret]))
    client = rate_limits.address_of(request)
    background.later(lambda: passwords.mail_link(address, token_digest(secret), link, client))
    return redirect("account_reset_password_done")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def make_link(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show a lead or an administrator a link by which another person sets a new password."""
    person = User.objects.filter(pk=person_id).first()
    maker = person_of(request)
    if person is None or not may_reset(maker, person):
        raise Http404
    link = ""
    if request.method == "POST":
        secret = actions.create_password_link(maker, person)
        link = request.build_absolute_uri(reverse("follow-password-link", args=[secret]))
    return render(request, "account/password_link.html", {"of": person, "link": link}, status=201 if link else 200)


@never_cache
@require_GET
def follow(request: HttpRequest, secret: str) -> HttpResponse:
    """Store the link's digest in the session, so that the secret leaves the address at once."""
    digest = token_digest(secret)
    leads_on = PasswordLink.found(digest) is not None
    return follow_link(request, SESSION_KEY, digest, leads_on=leads_on, to="new-password")


@never_cache
@require_http_methods(["GET", "POST"])
def set_password(request: HttpRequest) -> HttpResponse:
    """Set a new password; all sessions and tokens of the person end with the old one."""
    link = PasswordLink.found(request.session.get(SESSION_KEY, ""))
    if link is None:
        return dead_link(request, forget=SESSION_KEY)
    form = PasswordForm(link.user, request.POST or None)
    if not form.is_valid():
        context = {"form": form, "of": link.user}
        return render(request, "account/new_password.html", context, status=422 if form.errors else 200)
    try:
        actions.use_password_link(link, form.cleaned_data["password"])
    except NotFound:
        return dead_link(request, forget=SESSION_KEY)
    request.session.pop(SESSION_KEY, None)
    request.session[NAME_KEY] = link.user.username
    messages.success(request, gettext("The new password is set. Sign in with it."))
    response = redirect("account_login")
    password_guessing.know_browser(response, link.user)  # so that others' bad tries do not pause this person
    return response
