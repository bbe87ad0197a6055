"""The person's mail address: changed with a recent password, by a link in a letter to the new one."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.errors import Refused
from conversations.forms.accounts import AddressForm
from conversations.mail import addresses, letters
from conversations.views.requests import dead_link, follow_link, too_many_tries

SESSION_KEY = "address"


@login_required
@never_cache
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """Mail a link that confirms another address, or remove the present one."""
    person = person_of(request)
    form = AddressForm(request.POST if request.method == "POST" else None)
    if not letters.is_set_up() or not form.is_valid():
        context = {"form": form, "sends_mail": letters.is_set_up()}
        return render(request, "settings/address.html", context, status=422 if form.errors else 200)
    if not form.cleaned_data["email"]:
        addresses.change(person, "")
        messages.success(request, gettext("Saved."))
    elif rate_limits.letter(person.pk):
        return too_many_tries(request)
    else:
        addresses.ask(request, person, form.cleaned_data["email"])
        messages.success(request, gettext("A mail is on its way. The address counts once you open the link in it."))
    return redirect("account")


@never_cache
@require_GET
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Store the token in the session, so that it leaves the address at once, as with other links."""
    leads_on = addresses.read(token) is not None
    return follow_link(request, SESSION_KEY, token, leads_on=leads_on, to="confirm-address")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Change to the new address, only by a press of the button: mail scanners follow links, too."""
    person, wanted = person_of(request), addresses.read(request.session.get(SESSION_KEY, ""))
    if wanted is None or not wanted.is_of(person):
        return dead_link(request)  # alike whether or not the session holds somebody's link
    if request.method == "GET":
        return render(request, "settings/address_confirm.html", {"address": wanted.address})
    request.session.pop(SESSION_KEY, None)
    try:
        addresses.change(person, wanted.address)
        messages.success(request, gettext("Saved."))
    except Refused:
        messages.error(request, gettext("This address belongs to another account."))
    return redirect("account")
