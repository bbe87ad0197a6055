"""A person's own vendor keys, at endpoints that accept them; they answer nobody else's questions."""

from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound
from conversations.forms.endpoints import OwnKeyForm
from conversations.usage.model_access import open_endpoints
from providers.models import Trouble
from providers.models.address_guard import ask_for_proof


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def own_keys(request: HttpRequest) -> HttpResponse:
    """Show the person's keys, and add one; needs a recent password."""
    if request.method == "POST" and not did_recently_reauthenticate(request):
        return ask_for_proof(request, gettext("The key was not kept: give your password, then enter it again."))
    form = OwnKeyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.add_own_key(person_of(request), *form.values())
            messages.success(request, gettext("Saved."))
            return redirect("own-keys")
        except ValidationError as error:
            form.add_error("key", error)
    keys = list(person_of(request).keys.select_related("endpoint").order_by("-created_at"))
    troubles = Trouble.objects.in_bulk([key.pk for key in keys])
    rows = [(key, troubles.get(key.pk)) for key in keys]
    context = {"form": form, "keys": rows, "is_open": open_endpoints().exists()}
    return render(request, "settings/keys.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def change_own_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Set whether the site's keys answer when this one cannot."""
    try:
        actions.change_own_key(person_of(request), key_id, request.POST.get("falls_back") == "yes")
    except NotFound:
        raise Http404 from None
    messages.success(request, gettext("Saved."))
    return redirect("own-keys")


@login_required
@require_POST
def remove_own_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Delete a key; replies under way with it continue with another one, or end."""
    try:
        actions.remove_own_key(person_of(request), key_id)
    except NotFound:
        raise Http404 from None
    messages.success(request, gettext("The key is removed."))
    return redirect("own-keys")
