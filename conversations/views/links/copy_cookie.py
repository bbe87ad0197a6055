"""Which share link a browser followed to a copy: kept in a signed cookie, for whoever follows one may be a stranger."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from conversations.models import Share

_COOKIE = _SALT = "share"
_SECONDS = 3600
"""For a sign-in on the way."""


def remember(response: HttpResponseBase, share: Share) -> None:
    """Give the browser a cookie with the link's digest; a session would be a row for each stranger."""
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
    """Return the digest of the link that was followed lately, empty where there is none."""
    return str(request.get_signed_cookie(_COOKIE, default="", salt=_SALT, max_age=_SECONDS))
