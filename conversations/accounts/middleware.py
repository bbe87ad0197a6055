"""Middleware of accounts: the audit's origin, the person's language and time zone, the redirect to the set-up."""

from collections.abc import Callable
from datetime import tzinfo
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from conversations.accounts import rate_limits
from conversations.accounts.first_run import is_set_up
from providers.audit import log


class AuditOriginMiddleware:
    """Gives the audit log the client address of the current request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with log.coming_from(partial(rate_limits.address_of, request)):
            return self.get_response(request)


class UserLanguageMiddleware:
    """Activates the language of the signed-in person, else of the cookie, else of Accept-Language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "") or translation.get_language_from_request(request)
        with translation.override(chosen):
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


ZONE_COOKIE = "zone"
_MAX_ZONE_LENGTH = 64


class TimeZoneMiddleware:
    """Activates the time zone that the browser's script has named in a cookie, else the site's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(_zone(request.COOKIES.get(ZONE_COOKIE, ""))):
            return self.get_response(request)


def _zone(name: str) -> tzinfo:
    """Return the zone of this name, or the site's for a name that this machine does not know."""
    if not 0 < len(name) <= _MAX_ZONE_LENGTH:
        return timezone.get_default_timezone()
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return timezone.get_default_timezone()


SETUP_PATH = "/setup/"
_OPEN_PATHS = (SETUP_PATH, settings.STATIC_URL, "/livez", "/readyz", "/language/", "/site.webmanifest", "/favicon.ico")


class SetupRedirectMiddleware:
    """Redirects all pages to the set-up as long as there is no administrator."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_open = request.user.is_authenticated or request.path_info.startswith(_OPEN_PATHS)
        if not is_open and not is_set_up():
            return HttpResponseRedirect(SETUP_PATH)
        return self.get_response(request)
