"""The address and person of a request, as the limits per person and address count them.

Nothing here grants access. A person found here counts for TRUSTED_SECONDS, even after signing out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.http import parse_cookie

from chatsite.clients import reverse_proxy
from chatsite.clients.connections import NOBODY
from conversations.client_addresses import limit_key
from conversations.hashed_tokens import token_digest

TRUSTED_SECONDS = 600.0
MAX_KNOWN = 10_000

_BEARER = b"bearer "
_PERSON = "person "


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof of a person: the key of a session or the digest of a token; a token takes precedence."""

    session: str = ""
    token: str = ""

    def __bool__(self) -> bool:
        return bool(self.session or self.token)


@dataclass(frozen=True, slots=True)
class Sender:
    """An address as limits count it, with the proof of a person, if there is one."""

    address: str
    proof: Proof

    @property
    def owner(self) -> str:
        """Return the name for limits: the person's, if already known, else the address."""
        return people.find(self.proof) or self.address


def sender_of(peer: str, forwarded: Iterable[bytes], authorization: bytes, cookies: bytes) -> Sender:
    """Return the sender of a request with these headers."""
    return Sender(limit_key(reverse_proxy.client_address(peer, forwarded)), _proof(authorization, cookies))


def opener_of(peer: str) -> str:
    """Return the owner of a new connection: its address, or NOBODY for a trusted proxy's until it has a request."""
    return NOBODY if reverse_proxy.is_trusted(peer) else limit_key(reverse_proxy.client_address(peer, ()))


def _proof(authorization: bytes, cookies: bytes) -> Proof:
    if authorization.lower().startswith(_BEARER):
        return Proof(token=token_digest(authorization[len(_BEARER) :].strip().decode("latin-1")))
    return Proof(session=parse_cookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME, ""))


def owner_of(person: UUID) -> str:
    """Return the name by which a person's requests and connections are counted."""
    return f"{_PERSON}{person}"


def is_person(owner: str) -> bool:
    """Return whether this name is a person's and not an address."""
    return owner.startswith(_PERSON)


class People:
    """The persons of recently verified proofs, the latest MAX_KNOWN of them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[Proof, tuple[str, float]] = {}

    def note(self, proof: Proof, person: UUID) -> str:
        """Store the person of a proof, and return the owner's name."""
        owner = owner_of(person)
        with self._lock:
            self._known.pop(proof, None)
            self._known[proof] = (owner, monotonic())
            if len(self._known) > MAX_KNOWN:
                del self._known[next(iter(self._known))]
        return owner

    def find(self, proof: Proof) -> str:
        """Return the owner's name, or "" if the proof is unknown or too old."""
        owner, since = self._known.get(proof, ("", 0.0))
        return owner if monotonic() - since < TRUSTED_SECONDS else ""


people = People()
