"""Which language a page speaks: the person's own choice, else the browser's."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

COOKIE = settings.LANGUAGE_COOKIE_NAME


class LanguageOfPerson:
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


def remember(response: HttpResponse, language: str) -> None:
    """Keep a visitor's choice for a year."""
    response.set_cookie(COOKIE, language, max_age=365 * 86400, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


def is_known(language: str) -> bool:
    return language in dict(settings.LANGUAGES)
