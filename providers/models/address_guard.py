"""The guard of an endpoint's address, which decides the destination of its keys and of all questions."""

from typing import Any

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

ADDRESS = ("wire", "base_url", "api_version", "key_placement", "headers")
"""The fields of an endpoint that make its address."""


def may_readdress(request: HttpRequest) -> bool:
    """Return whether this is a superuser who gave the password again a moment ago."""
    return bool(request.user.is_superuser) and did_recently_reauthenticate(request)


def by_names(fieldsets: Any) -> list[Any]:
    """Return the fieldsets of an endpoint's form with the field `headers` replaced by `header_names`."""
    shown = {"headers": "header_names"}
    return [
        (title, {**told, "fields": [shown.get(name, name) for name in told["fields"]]}) for title, told in fieldsets
    ]


def address_of_proof(back: str) -> str:
    """Return the address of the page that asks for the password and leads back to `back`."""
    return f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}"


def ask_again(request: HttpRequest) -> HttpResponse:
    """Redirect a superuser to the password page. Raises PermissionDenied for all others."""
    if not request.user.is_superuser:
        raise PermissionDenied
    return ask_for_proof(request, _("Nothing was changed: an address is changed with your password given again."))


def ask_for_proof(request: HttpRequest, said: str) -> HttpResponse:
    """Redirect to the password page, which leads back here. After a POST, `said` is shown.

    The posted data is not kept: keys may be in it, and a session is stored unsealed.
    """
    if request.method == "POST":
        messages.warning(request, said)
    return redirect(address_of_proof(request.path))
