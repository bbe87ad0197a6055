"""The share link that a browser followed to a copy, in a signed cookie: the visitor may be a stranger."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from conversations.models import Share

_COOKIE = _SALT = "share"
_SECONDS = 3600
"""Seconds that the cookie lasts, for a sign-in in between."""


def remember(response: HttpResponseBase, share: Share) -> None:
    """Set a cookie with the link's digest; a session would be a row for each stranger."""
    response.set_signed_cookie(
        _COOKIE,
        share.digest,
        salt=_SALT,
        max_age=_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def remembered(request: HttpRequest) -> str:
    """Return the digest of the last followed link, or an empty text."""
    return str(request.get_signed_cookie(_COOKIE, default="", salt=_SALT, max_age=_SECONDS))
