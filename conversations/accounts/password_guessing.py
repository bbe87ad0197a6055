"""Pauses for those who guess passwords: they grow with the bad tries at one name from one place.

A name tried from everywhere pauses too, but never for a browser that its person has used before, or that has followed
a link to a new password, nor where a second factor stands behind the password: nobody locks a person out.
"""

import time
from dataclasses import dataclass
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from conversations.accounts import rate_limits
from conversations.confusable_names import skeleton
from conversations.hashed_tokens import new_token, token_digest
from conversations.models import User

FREE, FREE_OF_NAME = 5, 30
"""Bad tries at a name before the first pause: from one place, and from everywhere together."""
FIRST, LONGEST, LONGEST_OF_NAME = 60, 3600, 900
"""Seconds of the first pause, and the longest ones; each is twice the one before."""
OF_AN_ADDRESS = 60
"""Bad tries a minute from one address, at whatever names."""
KEPT = 24 * 3600
"""Seconds without a try after which nothing of it is remembered."""
COOKIE, COOKIE_KEPT = "known-browser", 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Tries:
    """The bad tries at one name: from one place, and from everywhere unless `of_name` is empty."""

    address: str
    of_place: str
    of_name: str

    def admit(self) -> bool:
        """Count one more try before it is looked at; False where it has to wait, and then it is not counted."""
        address = f"{self.address}:{int(time.time() // 60)}"
        if _count(address) > OF_AN_ADDRESS or not _admits(self.of_place, FREE, LONGEST):
            return False
        return not self.of_name or _admits(self.of_name, FREE_OF_NAME, LONGEST_OF_NAME)

    def pause(self) -> int:
        """Return the seconds until a try is looked at again."""
        now = time.time()
        ends = (cache.get(f"pause:{key}", 0) for key in (self.of_place, self.of_name))
        return int(max(60 - now % 60, *(end - now for end in ends)))

    def forget(self) -> None:
        """Start anew after a right one."""
        _count(f"{self.address}:{int(time.time() // 60)}", -1)
        for key in (self.of_place, self.of_name):
            cache.delete_many([f"tries:{key}", f"pause:{key}"])


def tries_of(request: HttpRequest, name: str, person: User | None) -> Tries:
    """Return what counts: a known browser is a place of its own, anybody else's is their address."""
    named = f"name:{token_digest(skeleton(name))}"
    browser = _known_browser(request, person.pk) if person else ""
    is_guarded = person is not None and Authenticator.objects.filter(user=person).exists()
    place = browser or rate_limits.network_of(request)
    return Tries(
        f"sign-in:{rate_limits.network_of(request)}",
        f"{named}:{token_digest(place)}",
        "" if browser or is_guarded else named,
    )


def know_browser(response: HttpResponse, person: User) -> None:
    """Remember in a cookie that this person has come in with this browser."""
    response.set_signed_cookie(
        COOKIE,
        f"{person.pk} {new_token()}",
        salt=COOKIE,
        max_age=COOKIE_KEPT,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _known_browser(request: HttpRequest, person: UUID) -> str:
    """The secret of a browser in which this person has been, or nothing."""
    try:
        cookie = request.get_signed_cookie(COOKIE, salt=COOKIE, max_age=COOKIE_KEPT) or ""
    except (KeyError, signing.BadSignature):
        return ""
    whose, _, secret = cookie.partition(" ")
    return secret if whose == str(person) else ""


def _admits(key: str, free: int, longest: int) -> bool:
    tried = _count(key)
    if tried < free:
        return True
    pause = min(FIRST << min(tried - free, 10), longest)
    if cache.add(f"pause:{key}", time.time() + pause, pause):  # of those who come at once, one gets in
        return True
    _count(key, -1)
    return False


def _count(key: str, by: int = 1) -> int:
    """The tries so far, this one included."""
    cache.add(f"tries:{key}", 0, KEPT)
    try:
        counted = cache.incr(f"tries:{key}", by)
    except ValueError:  # it has been swept out since
        return 1
    cache.touch(f"tries:{key}", KEPT)
    return int(counted)
