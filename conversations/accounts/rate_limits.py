"""Rate limits for actions that only a guesser repeats; counted in the cache that all processes share."""

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
MAX_BAD_LINKS = 20
"""Invalid links a minute from one address."""
MAX_PASS_PHRASES, MAX_PASS_PHRASES_OF_LINK = 10, 60
"""Tries a minute to guess a link's pass phrase: from one address, and from all together."""
MAX_SNAPSHOTS = 120
"""Pages of share links a minute for one address."""
MAX_DRAFTS = 240
"""Drafts a minute that one person may store."""
MAX_PROMPTS = 60
"""Prompts a minute that one person may store."""
MAX_RENDERINGS = 240
"""Texts a minute that one person may have rendered; an open thought asks at most once a second."""
MAX_RENDERING_SECONDS = 15
"""Processor time a minute for them: one process renders everybody's texts."""
MAX_SPEECH = 30
"""Calls a minute of models for speech for one person: recordings, and pieces that are read aloud."""
MAX_BAD_TOKENS = 30
"""Calls a minute with an invalid personal token from one address."""

MAX_RESETS, MAX_RESETS_OF_ADDRESS = 20, 5
"""Letters for a forgotten password a minute: requested by one client, and for one mail address."""
MAX_LETTERS = 3
"""Letters a minute that one person may send to addresses of their choice."""
MAX_PASSKEYS = 120
"""Challenges for a passkey and answers to them a minute for one address: each begins a session."""
MAX_SIGN_UPS = 100
"""Accounts an hour through one link for many people."""
MAX_OPEN_SIGN_UPS = 10
"""Accounts an hour that one address may make where anybody may."""
MAX_NAMES_TRIED = 60
"""Names an hour that one address may try there: each answer tells whether somebody has the name."""
MAX_INVITATIONS = 30
"""Invitations an hour that one person may mail."""

MAX_GUESTS_NAMED = 200
"""Names an hour to which one person may try to open conversations: each answer tells whether somebody has the name."""

MAX_ARCHIVES, MAX_IMPORTS = 20, 30
"""Zips of conversations, and files of conversations, an hour that one person may take along and bring in."""


def bad_link(request: HttpRequest) -> bool:
    """Count an invalid link; returns True over the limit."""
    return _is_too_often("link", request, MAX_BAD_LINKS)


def pass_phrase(request: HttpRequest, share: UUID) -> bool:
    """Count a try before it is checked, even the right one; returns True over the limit."""
    by_address = _is_too_often("pass-phrase", request, MAX_PASS_PHRASES)
    return _is_over(f"pass-phrase:{share}", MAX_PASS_PHRASES_OF_LINK) or by_address


def snapshot(request: HttpRequest) -> bool:
    """Count a page of a share link in this process, whose time it costs; returns True over the limit."""
    return _shown.is_over(limit_key(address_of(request)), MAX_SNAPSHOTS)


def draft(person: UUID) -> bool:
    """Count a draft that is stored, in this process; returns True over the limit."""
    return _shown.is_over(f"draft:{person}", MAX_DRAFTS)


def prompt(person: UUID) -> bool:
    """Count a prompt that is stored, in this process; returns True over the limit."""
    return _shown.is_over(f"prompt:{person}", MAX_PROMPTS)


def rendering(person: UUID) -> bool:
    """Count a text that is to be rendered on request, in this process; returns True over the limits."""
    is_slow = _shown.is_over(f"rendering-time:{person}", 1000 * MAX_RENDERING_SECONDS, 0)
    return _shown.is_over(f"rendering:{person}", MAX_RENDERINGS) or is_slow


def rendering_took(person: UUID, seconds: float) -> None:
    """Count the processor time of such a text: seconds."""
    _shown.is_over(f"rendering-time:{person}", 0, round(1000 * seconds))


def speech(person: UUID) -> bool:
    """Count a call of a model for speech; returns True over the limit."""
    return _is_over(f"speech:{person}", MAX_SPEECH)


def bad_token(request: HttpRequest) -> bool:
    """Count an invalid token; returns True over the limit."""
    return _is_too_often("token", request, MAX_BAD_TOKENS)


def passkey(request: HttpRequest) -> bool:
    """Count a challenge for a passkey or the answer to one; returns True over the limit."""
    return _is_too_often("passkey", request, MAX_PASSKEYS)


def reset_letter(request: HttpRequest, address: str) -> bool:
    """Count a letter requested on the page for forgotten passwords; returns True over the limit."""
    by_client = _is_too_often("reset", request, MAX_RESETS)
    return _is_over(f"reset:{token_digest(address.casefold())}", MAX_RESETS_OF_ADDRESS) or by_client


def letter(person: UUID) -> bool:
    """Count a letter that a person sent to an address of their choice; returns True over the limit."""
    return _is_over(f"letter:{person}", MAX_LETTERS)


def sign_up(invitation: UUID) -> bool:
    """Count an account that a link is about to create; returns True over the limit."""
    return _is_over(f"sign-up:{invitation}", MAX_SIGN_UPS, HOUR)


def name_tried(request: HttpRequest) -> bool:
    """Count a name that a stranger tries to sign up with; returns True over the limit."""
    return _is_over(f"name-tried:{network_of(request)}", MAX_NAMES_TRIED, HOUR)


def open_sign_up(request: HttpRequest) -> bool:
    """Count an account that a stranger is about to make; returns True over the limit."""
    return _is_over(f"open-sign-up:{network_of(request)}", MAX_OPEN_SIGN_UPS, HOUR)


def invitation_letter(person: UUID) -> bool:
    """Count an invitation mailed in a person's own words; returns True over the limit."""
    return _is_over(f"invitation:{person}", MAX_INVITATIONS, HOUR)


def archive(person: UUID) -> bool:
    """Count a zip of conversations; returns True over the limit."""
    return _is_over(f"archive:{person}", MAX_ARCHIVES, HOUR)


def guest_named(person: UUID) -> bool:
    """Count a name to which a person opens a conversation, or tries to; returns True over the limit."""
    return _is_over(f"guest-named:{person}", MAX_GUESTS_NAMED, HOUR)


def import_file(person: UUID) -> bool:
    """Count a file of conversations that is brought in; returns True over the limit."""
    return _is_over(f"import:{person}", MAX_IMPORTS, HOUR)


def address_of(request: HttpRequest) -> str:
    """Return the client's address as the server established it."""
    return str(get_adapter(request).get_client_ip(request))


def network_of(request: HttpRequest) -> str:
    """Return the network that rate limits count for the client's address."""
    return limit_key(address_of(request))


class _Minute:
    """Counts of the current minute, in memory: they guard no secret, and storing them would cost what they save."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: Counter[str] = Counter()
        self._now = 0

    def is_over(self, what: str, most: int, number: int = 1) -> bool:
        """Count this number; returns True if there are more than `most`."""
        with self._lock:
            if self._now != _minute():
                self._now = _minute()
                self._counted.clear()
            self._counted[what] += number
            return self._counted[what] > most


_shown = _Minute()


def _is_too_often(action: str, request: HttpRequest, most: int) -> bool:
    return _is_over(f"{action}:{network_of(request)}", most)


def _is_over(what: str, most: int, seconds: int = MINUTE) -> bool:
    key = f"tries:{what}:{_minute() * MINUTE // seconds}"
    cache.add(key, 0, 2 * seconds)
    try:
        return bool(cache.incr(key) > most)
    except ValueError:  # evicted since
        return False


def _minute() -> int:
    return int(time.time() // MINUTE)
