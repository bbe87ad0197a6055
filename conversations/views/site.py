"""Responses besides pages: the language, liveness and readiness."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from conversations import actions
from conversations.accounts import language
from conversations.accounts.signed_in import person_of
from conversations.readiness import readiness
from conversations.views import seen_address


@require_POST
def change_language(request: HttpRequest) -> HttpResponse:
    """Store the chosen language in the account or in the browser."""
    chosen = request.POST.get("language", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    if language.is_known(chosen):
        if request.user.is_authenticated:
            actions.change_language(person_of(request), chosen)
        language.remember(response, chosen)
    return response


@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """Respond that this process runs."""
    return JsonResponse({"status": "ok", **seen_address.by_doctor(request)})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Respond whether this process can serve: a row can be written, and the schema is of its version."""
    told = {"version": settings.CHATSITE_VERSION}
    if found := readiness.findings():
        return JsonResponse({"status": "unavailable", "code": found[0].code, **told}, status=503)
    return JsonResponse({"status": "ok", **told})
