"""The language of a page: the person's choice, else the browser's."""

from django.conf import settings
from django.http import HttpResponse

COOKIE = settings.LANGUAGE_COOKIE_NAME


def remember(response: HttpResponse, language: str) -> None:
    """Store a visitor's choice in a cookie for a year."""
    response.set_cookie(COOKIE, language, max_age=365 * 86400, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


def is_known(language: str) -> bool:
    return language in dict(settings.LANGUAGES)
