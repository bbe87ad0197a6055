"""The page on which people delete their own account."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.accounts.signed_in import person_of
from conversations.actions.staff.closing import close_own_account, led_alone
from conversations.errors import Refused
from conversations.forms.accounts import ClosingForm
from conversations.forms.teams import sentence_of
from conversations.models import Installation, User


@never_cache
@reauthentication_required  # type: ignore[untyped-decorator]  # which asks strangers to sign in
@require_http_methods(["GET", "POST"])
def close_account(request: HttpRequest) -> HttpResponse:
    """Say what goes and what stays, and close the account once its username is typed; needs a recent password."""
    person = person_of(request)
    form = ClosingForm(person, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            close_own_account(person)
        except Refused as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            return _left(request)
    context = {
        "form": form,
        "private": person.conversations.filter(team=None).count(),
        "keeps_name": Installation.keeps_names(),
        "led_alone": led_alone(person),
        "is_last_superuser": list(User.objects.superusers()) == [person],
    }
    return render(request, "settings/close_account.html", context, status=422 if form.errors else 200)


def _left(request: HttpRequest) -> HttpResponse:
    """Redirect to the sign-in, and have the browser forget all that its pages have kept, as at a sign-out."""
    logout(request)
    messages.success(request, gettext("Your account is deleted."))
    response = redirect("account_login")
    response.headers["Clear-Site-Data"] = '"storage"'
    return response
