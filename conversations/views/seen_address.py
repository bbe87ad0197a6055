"""The address that the site sees for a request of `doctor`, as rate limits and the audit log use it."""

from django.core import signing
from django.http import HttpRequest

HEADER = "X-Chatsite-Doctor"
_SALT, _SECONDS = "chatsite.doctor", 60


def credential() -> str:
    """Return a proof, valid for a minute, that the caller has the site's secret key."""
    return signing.dumps("", salt=_SALT)


def by_doctor(request: HttpRequest) -> dict[str, str]:
    """Return the address of a request by `doctor`; nothing for other requests."""
    try:
        signing.loads(request.headers.get(HEADER, ""), salt=_SALT, max_age=_SECONDS)
    except signing.BadSignature:
        return {}
    return {"address": str(request.META.get("REMOTE_ADDR", ""))}
