"""The pages of a person's name, appearance and usage, and the sign-out."""

from allauth.account.views import LogoutView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.forms.accounts import ProfileForm
from conversations.mail import letters
from conversations.models import File
from conversations.usage import quotas
from conversations.usage.own_budgets import limits_of


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show and change the person's name."""
    person = person_of(request)
    form = ProfileForm(person, request.POST if request.method == "POST" else None)
    if form.is_valid():
        actions.change_display_name(person, form.cleaned_data["display_name"])
        messages.success(request, gettext("Saved."))
        return redirect("account")
    context = {"form": form, "sends_mail": letters.is_set_up()}
    return render(request, "settings/profile.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_GET
def look(request: HttpRequest) -> HttpResponse:
    return render(request, "settings/appearance.html")


@login_required
@never_cache
@require_GET
def notifications(request: HttpRequest) -> HttpResponse:
    """Show what may call the person back; their browser keeps it."""
    return render(request, "settings/notifications.html")


@login_required
@never_cache
@require_GET
def usage(request: HttpRequest) -> HttpResponse:
    """Show what is left of the person's budgets and of the room for their files."""
    person = person_of(request)
    context = {
        "budgets": limits_of(person),
        "currency": settings.CHATSITE_CURRENCY,
        "files_taken": File.objects.bytes_of(person),
        "files_most": quotas.most_files(),
    }
    return render(request, "settings/usage.html", context)


def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask, or end the session and have the browser forget all that its pages have kept: drafts, unsent messages.

    Browsers take the header over https and on localhost only; on other addresses the page's script does the same.
    """
    was_signed_in = request.user.is_authenticated
    response: HttpResponse = LogoutView.as_view()(request)
    if request.method == "POST" and was_signed_in:
        response.headers["Clear-Site-Data"] = '"storage"'
    return response
