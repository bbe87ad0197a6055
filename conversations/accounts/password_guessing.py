"""Growing pauses after bad password tries at one name from one place.

A name tried from many places pauses too, but nobody can lock a person out. Two kinds of browser escape this pause. One
was used by its person before, the other followed a link to a new password. An account with a second factor escapes it
too.
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

FREE_TRIES, FREE_TRIES_OF_NAME = 5, 30
"""Bad tries at a name before the first pause: from one place, and from all places together."""
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS, MAX_PAUSE_OF_NAME_SECONDS = 60, 3600, 900
"""Seconds of the first pause, and of the longest ones; each pause is twice the one before."""
MAX_TRIES_OF_ADDRESS = 60
"""Bad tries a minute from one address, at any names."""
KEPT_SECONDS = 24 * 3600
"""Seconds without a try after which the count is forgotten."""
COOKIE, COOKIE_KEPT = "known-browser", 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Tries:
    """The bad tries at one name: from one place, and from all places unless `of_name` is empty."""

    address: str
    of_place: str
    of_name: str

    def admit(self) -> bool:
        """Count a try before it is checked; returns False, without counting, if it must wait."""
        address = f"{self.address}:{int(time.time() // 60)}"
        if _count(address) > MAX_TRIES_OF_ADDRESS or not _admits(self.of_place, FREE_TRIES, MAX_PAUSE_SECONDS):
            return False
        return not self.of_name or _admits(self.of_name, FREE_TRIES_OF_NAME, MAX_PAUSE_OF_NAME_SECONDS)

    def pause(self) -> int:
        """Return the time until the next try is checked: seconds."""
        now = time.time()
        ends = (cache.get(f"pause:{key}", 0) for key in (self.of_place, self.of_name))
        return int(max(60 - now % 60, *(end - now for end in ends)))

    def forget(self) -> None:
        """Reset the counts after a right password."""
        _count(f"{self.address}:{int(time.time() // 60)}", -1)
        for key in (self.of_place, self.of_name):
            cache.delete_many([f"tries:{key}", f"pause:{key}"])


def tries_of(request: HttpRequest, name: str, person: User | None) -> Tries:
    """Return the counters of a try: a known browser is a place of its own, any other is its network."""
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
    """Remember in a cookie that this person has signed in with this browser."""
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
    """Return the secret of a browser that this person has used, or an empty text."""
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
    pause = min(FIRST_PAUSE_SECONDS << min(tried - free, 10), longest)
    if cache.add(f"pause:{key}", time.time() + pause, pause):  # admits one of several concurrent tries
        return True
    _count(key, -1)
    return False


def _count(key: str, by: int = 1) -> int:
    """Add `by` to the counted tries and return their number."""
    cache.add(f"tries:{key}", 0, KEPT_SECONDS)
    try:
        counted = cache.incr(f"tries:{key}", by)
    except ValueError:  # evicted since
        return 1
    cache.touch(f"tries:{key}", KEPT_SECONDS)
    return int(counted)
