"""The pages of a person's name, introduction and appearance, and the sign-out."""

from allauth.account.views import LogoutView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.forms.accounts import IntroductionForm, ProfileForm
from conversations.mail import letters
from conversations.models import User


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show and change the person's name."""
    person = person_of(request)
    form = ProfileForm(person, request.POST if request.method == "POST" else None)
    if form.is_valid():
        actions.change_display_name(person, form.cleaned_data["display_name"])
        return _saved(request)
    return _profile(request, form, _introduction_of(person))


@login_required
@never_cache
@require_POST
def introduction(request: HttpRequest) -> HttpResponse:
    """Change what models are told of the person."""
    person = person_of(request)
    form = IntroductionForm(request.POST)
    if form.is_valid():
        actions.introduce(person, **form.cleaned_data)
        return _saved(request)
    return _profile(request, ProfileForm(person, None), form)


def _introduction_of(person: User) -> IntroductionForm:
    return IntroductionForm(initial={"address_as": person.address_as, "about_me": person.about_me})


def _saved(request: HttpRequest) -> HttpResponse:
    messages.success(request, gettext("Saved."))
    return redirect("account")


def _profile(request: HttpRequest, form: ProfileForm, told: IntroductionForm) -> HttpResponse:
    context = {"form": form, "told": told, "most": User.MAX_INTRODUCTION, "sends_mail": letters.is_set_up()}
    return render(request, "settings/profile.html", context, status=422 if form.errors or told.errors else 200)


@login_required
@never_cache
@require_GET
def look(request: HttpRequest) -> HttpResponse:
    return render(request, "settings/appearance.html")


def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask, or end the session and have the browser forget all that its pages have kept: drafts, unsent messages.

    Browsers take the header over https and on localhost only; on other addresses the page's script does the same.
    """
    was_signed_in = request.user.is_authenticated
    response: HttpResponse = LogoutView.as_view()(request)
    if request.method == "POST" and was_signed_in:
        response.headers["Clear-Site-Data"] = '"storage"'
    return response
