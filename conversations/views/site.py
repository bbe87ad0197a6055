"""Responses besides pages: language and appearance, liveness and readiness."""

import logging

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from conversations import actions
from conversations.accounts import preferences
from conversations.accounts.signed_in import person_of
from conversations.connections import event_stream
from conversations.models import Installation
from conversations.readiness import readiness
from conversations.views import seen_address
from conversations.views.chat import SHARED

_logger = logging.getLogger(__name__)


@require_POST
def change_language(request: HttpRequest) -> HttpResponse:
    """Store the chosen language in the account or in the browser."""
    chosen = request.POST.get("language", "")
    response = _back(request)
    if preferences.is_language(chosen):
        if request.user.is_authenticated:
            actions.change_language(person_of(request), chosen)
        preferences.remember_language(response, chosen)
    return response


@require_POST
def change_appearance(request: HttpRequest) -> HttpResponse:
    """Store the chosen theme or size of text in the account and in the browser."""
    look = preferences.look_of(request).changed(request.POST.get("theme", ""), request.POST.get("text_size", ""))
    response = _back(request)
    if request.user.is_authenticated:
        actions.change_look(person_of(request), look)
    preferences.remember_look(response, look)
    return response


def _back(request: HttpRequest) -> HttpResponse:
    """Return a redirect to the page from which a form was sent."""
    target = request.POST.get("next", "/")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return HttpResponseRedirect(target if is_ours else "/")


@require_safe
def no_websocket(request: HttpRequest) -> HttpResponse:
    """Respond to a handshake whose Upgrade header a proxy has removed."""
    if request.user.is_authenticated:
        _logger.warning("A websocket was asked for without Upgrade: a proxy must pass on Upgrade and Connection.")
    return HttpResponse(status=426, headers={"Upgrade": "websocket"})


@require_safe
def alive(request: HttpRequest) -> HttpResponseBase:
    """Respond that this process runs; `doctor` may ask for a stream instead, to see what holds it back."""
    told = seen_address.by_doctor(request)
    if told and "stream" in request.GET:
        return event_stream.probe()
    return JsonResponse({"status": "ok", **told})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Respond whether this process can serve: a row can be written, and the schema is of its version."""
    told = {"version": settings.CHATSITE_VERSION}
    if found := readiness.findings():
        return JsonResponse({"status": "unavailable", "code": found[0].code, **told}, status=503)
    return JsonResponse({"status": "ok", **told})


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Respond with what a phone needs to put the chat among its applications."""
    name, paper = str(Installation.of_site()), preferences.PAGE_COLORS["light"]
    told = {
        "name": name,
        "short_name": name,
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": paper,
        "theme_color": paper,
        "icons": [
            {"src": static("icons/mark.svg"), "type": "image/svg+xml", "sizes": "any"},
            {"src": static("icons/icon-192.png"), "type": "image/png", "sizes": "192x192"},
            {"src": static("icons/icon-512.png"), "type": "image/png", "sizes": "512x512"},
            {"src": static("icons/maskable-512.png"), "type": "image/png", "sizes": "512x512", "purpose": "maskable"},
        ],
        "share_target": {"action": "/", "method": "GET", "params": {name: name for name in SHARED}},
    }
    return JsonResponse(told, content_type="application/manifest+json")


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Respond with what a browser runs while no page is open; its address stays, whatever the file holds."""
    with staticfiles_storage.open("js/service-worker.js") as file:
        return HttpResponse(file.read(), content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect browsers that ask for the icon without having read a page."""
    return HttpResponseRedirect(static("icons/favicon.ico"))
