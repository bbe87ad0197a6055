"""How often somebody may try what only a guesser tries often; counted where all processes count, in the cache."""

import threading
import time
from collections import Counter
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

from conversations.client_addresses import limit_key
from conversations.hashed_tokens import token_digest

MINUTE, HOUR = 60, 3600
BAD_LINKS = 20
"""Links a minute from one address that lead nowhere."""
PASS_PHRASES, PASS_PHRASES_OF_A_LINK = 10, 60
"""Tries a minute to guess the pass phrase of a link: from one address, and by everybody together."""
SNAPSHOTS = 120
"""Pages behind share links that one address is shown in a minute."""
BAD_TOKENS = 30
"""Calls a minute from one address with a personal token that is none."""

RESETS, RESETS_OF_AN_ADDRESS = 20, 5
"""Letters for a forgotten password a minute: asked for by one client, and for one mail address."""
LETTERS = 3
"""Letters a minute that one person has sent to addresses of their choice."""
SIGN_UPS = 100
"""Accounts an hour that one link for many makes."""
INVITATIONS = 30
"""Invitations an hour that one person has mailed."""


def bad_link(request: HttpRequest) -> bool:
    """Count a link that leads nowhere; True where there have been too many."""
    return _is_too_often("link", request, BAD_LINKS)


def pass_phrase(request: HttpRequest, share: UUID) -> bool:
    """Count a try before it is looked at, the right one too; True where there have been too many."""
    by_address = _is_too_often("pass-phrase", request, PASS_PHRASES)
    return _is_over(f"pass-phrase:{share}", PASS_PHRASES_OF_A_LINK) or by_address


def snapshot(request: HttpRequest) -> bool:
    """Count a page behind a share link, in this process, whose time it takes; True where there have been too many."""
    return _shown.is_over(limit_key(address_of(request)), SNAPSHOTS)


def bad_token(request: HttpRequest) -> bool:
    """Count a token that is none; True where there have been too many."""
    return _is_too_often("token", request, BAD_TOKENS)


def reset_letter(request: HttpRequest, address: str) -> bool:
    """Count a letter asked for at the page for forgotten passwords; True where there have been too many."""
    by_client = _is_too_often("reset", request, RESETS)
    return _is_over(f"reset:{token_digest(address.casefold())}", RESETS_OF_AN_ADDRESS) or by_client


def letter(person: UUID) -> bool:
    """Count a letter that somebody has sent to an address of their choice; True where there have been too many."""
    return _is_over(f"letter:{person}", LETTERS)


def sign_up(invitation: UUID) -> bool:
    """Count an account that a link is about to make; True where there have been too many."""
    return _is_over(f"sign-up:{invitation}", SIGN_UPS, HOUR)


def invitation_letter(person: UUID) -> bool:
    """Count an invitation that somebody has mailed, in words of their own; True where there have been too many."""
    return _is_over(f"invitation:{person}", INVITATIONS, HOUR)


def address_of(request: HttpRequest) -> str:
    """Return the client's address, as the server has established it."""
    return str(get_adapter(request).get_client_ip(request))


def network_of(request: HttpRequest) -> str:
    """Return what limits count the client's address as."""
    return limit_key(address_of(request))


class _Minute:
    """Counts of the minute that runs, in memory: they guard no secret, and to store them would cost what they limit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: Counter[str] = Counter()
        self._now = 0

    def is_over(self, what: str, most: int) -> bool:
        """Count; True where that is more than `most`."""
        with self._lock:
            if self._now != _minute():
                self._now = _minute()
                self._counted.clear()
            self._counted[what] += 1
            return self._counted[what] > most


_shown = _Minute()


def _is_too_often(action: str, request: HttpRequest, most: int) -> bool:
    return _is_over(f"{action}:{network_of(request)}", most)


def _is_over(what: str, most: int, seconds: int = MINUTE) -> bool:
    key = f"tries:{what}:{_minute() * MINUTE // seconds}"
    cache.add(key, 0, 2 * seconds)
    try:
        return bool(cache.incr(key) > most)
    except ValueError:  # it has been swept out since
        return False


def _minute() -> int:
    return int(time.time() // MINUTE)
