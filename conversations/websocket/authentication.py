"""Authentication of sockets, checked at each command that reads or writes, and each second in between."""

import asyncio
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from conversations.hashed_tokens import token_digest
from conversations.live import hub
from conversations.models import Conversation, PersonalToken, User
from providers.prepared_queries import Prepared

Proof = tuple[str, str, int]
"""A session's data, its person's password hash, and the number of times that all their sessions ended."""

_proofs: WeakKeyDictionary["AuthenticatedSocket", Proof] = WeakKeyDictionary()
"""The proof with which each socket was last accepted."""
_engine = import_module(settings.SESSION_ENGINE)


BEARER = b"bearer "


@dataclass(frozen=True, slots=True)
class Credential:
    """The credential of a socket: a browser's session, or the digest of a program's personal token."""

    session: str = ""
    token: str = ""


class AuthenticatedSocket(Protocol):
    """A socket that can be closed, or unsubscribed from a conversation."""

    user_id: UUID
    credential: Credential

    def expel(self) -> None: ...

    def evict(self, conversation: UUID) -> None: ...


def token_in(scope: dict[str, Any]) -> bytes | None:
    """Return a handshake's bearer token; no browser can be made to send one to another site's socket."""
    given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    return given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else None


def credential_in(scope: dict[str, Any]) -> Credential:
    """Return the credential of a handshake; a token counts before a session."""
    if (token := token_in(scope)) is not None:
        return Credential(token=token_digest(token.decode("latin-1")))
    session = scope.get("session")
    return Credential(session=(session.session_key if session else None) or "")


def authenticate(socket: AuthenticatedSocket) -> User | None:
    """Return the person of this socket; notes a token's use, and keeps a session's proof for `current_user`."""
    rows = _SESSION(socket.credential.session)  # read before the session: a proof may be too old, never too new
    person = person_of(socket.credential)
    if person is not None and socket.credential.token:
        PersonalToken.objects.get(digest=socket.credential.token).note_use()
    elif person is not None and rows:
        _proofs[socket] = _proof(rows[0].session_data, person)
    return person


def person_of(credential: Credential) -> User | None:
    """Return the person of a session or token, or None once it has ended or the account is not active."""
    if credential.token:
        return User.objects.filter(tokens__in=PersonalToken.objects.open().filter(digest=credential.token)).first()
    if not credential.session:
        return None
    request = HttpRequest()
    request.session = _engine.SessionStore(credential.session)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None


def current_user(socket: AuthenticatedSocket) -> User | None:
    """Return the same as person_of, faster: an unchanged session and password are still valid."""
    rows = _SESSION(socket.credential.session) if socket in _proofs else []
    people = _PERSON(socket.user_id) if rows and rows[0].expire_date > timezone.now() else []
    if people and people[0].is_active and _proofs[socket] == _proof(rows[0].session_data, people[0]):
        return people[0]
    return person_of(socket.credential)


def _proof(session: str, person: User) -> Proof:
    return session, person.password, person.session_epoch


_SESSION = Prepared(lambda key: Session.objects.filter(pk=key))
_PERSON = Prepared(lambda key: User.objects.filter(pk=key))


def revalidate() -> None:
    """Close sockets whose session has ended, and end subscriptions to conversations no longer visible."""
    loop = hub.loop
    if loop is None or loop.is_closed():
        return
    sockets, looks = asyncio.run_coroutine_threadsafe(_open_sockets(), loop).result()
    admitted = _admitted(sockets)
    for socket in sockets:
        if socket not in admitted:
            loop.call_soon_threadsafe(socket.expel)
    asked = Conversation.objects.filter(pk__in={conversation for _, conversation in looks})
    allowed = asked.readers({socket.user_id for socket in admitted})
    for socket, conversation in looks:
        if socket in admitted and (conversation, socket.user_id) not in allowed:
            loop.call_soon_threadsafe(socket.evict, conversation)


def _admitted(sockets: list[AuthenticatedSocket]) -> set[AuthenticatedSocket]:
    """Return the sockets still allowed; unchanged sessions and accounts are not opened again."""
    keys = {socket.credential.session for socket in sockets} - {""}
    valid = Session.objects.filter(pk__in=keys, expire_date__gt=timezone.now())
    sessions: dict[str, str] = dict(valid.values_list("pk", "session_data"))
    digests = {socket.credential.token for socket in sockets} - {""}
    tokens = set(PersonalToken.objects.open().filter(digest__in=digests).values_list("digest", flat=True))
    active = User.objects.filter(pk__in={socket.user_id for socket in sockets}, is_active=True)
    people = {person.pk: person for person in active.only("password", "session_epoch")}
    return {
        socket
        for socket in sockets
        if socket.credential.token in tokens
        or _is_in_order(socket, sessions.get(socket.credential.session), people.get(socket.user_id))
    }


def _is_in_order(socket: AuthenticatedSocket, session: str | None, person: User | None) -> bool:
    if session is None or person is None:
        return False
    if _proofs.get(socket) != _proof(session, person):
        if person_of(socket.credential) is None:
            return False
        _proofs[socket] = _proof(session, person)
    return True


async def _open_sockets() -> tuple[list[AuthenticatedSocket], list[tuple[AuthenticatedSocket, UUID]]]:
    """Return all sockets and subscriptions, read on the loop that changes them."""
    return hub.viewings.everyone(), hub.viewings.pairs()  # type: ignore[return-value]
