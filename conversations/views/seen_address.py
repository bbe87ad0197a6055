"""The site's view of a request of `doctor`'s: from which address it comes, as limits and the audit log note it."""

from django.core import signing
from django.http import HttpRequest

HEADER = "X-Chatsite-Doctor"
_SALT, _SECONDS = "chatsite.doctor", 60


def credential() -> str:
    """Return what shows for a minute that the asker has the site's secret key."""
    return signing.dumps("", salt=_SALT)


def by_doctor(request: HttpRequest) -> dict[str, str]:
    """Return the address that a request comes from; nothing to anybody but `doctor`."""
    try:
        signing.loads(request.headers.get(HEADER, ""), salt=_SALT, max_age=_SECONDS)
    except signing.BadSignature:
        return {}
    return {"address": str(request.META.get("REMOTE_ADDR", ""))}
