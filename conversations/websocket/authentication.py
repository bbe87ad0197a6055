"""Who stands behind a socket, asked anew at every command that reads or writes, and every second in between."""

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
"""A session's data, its person's password hash, and how often all their sessions were ended."""

_proofs: WeakKeyDictionary["AuthenticatedSocket", Proof] = WeakKeyDictionary()
"""With what each socket was last found in order."""
_engine = import_module(settings.SESSION_ENGINE)


BEARER = b"bearer "


@dataclass(frozen=True, slots=True)
class Credential:
    """With what a socket came: a browser's session, or the digest of a program's personal token."""

    session: str = ""
    token: str = ""


class AuthenticatedSocket(Protocol):
    """A socket that can be shown the door."""

    user_id: UUID
    credential: Credential

    def expel(self) -> None: ...

    def evict(self, conversation: UUID) -> None: ...


def token_in(scope: dict[str, Any]) -> bytes | None:
    """The bearer token of a handshake; no browser can be made to send one to another site's socket."""
    given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    return given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else None


def credential_in(scope: dict[str, Any]) -> Credential:
    """A token counts before a session."""
    if (token := token_in(scope)) is not None:
        return Credential(token=token_digest(token.decode("latin-1")))
    session = scope.get("session")
    return Credential(session=(session.session_key if session else None) or "")


def authenticate(socket: AuthenticatedSocket) -> User | None:
    """Who comes in by this socket. A token remembers its use; a session in order is not opened again for a command."""
    rows = _SESSION(socket.credential.session)  # before it is opened: a proof may be too old, never too new
    person = person_of(socket.credential)
    if person is not None and socket.credential.token:
        PersonalToken.objects.get(digest=socket.credential.token).note_use()
    elif person is not None and rows:
        _proofs[socket] = _proof(rows[0].session_data, person)
    return person


def person_of(credential: Credential) -> User | None:
    """The person whose session or token this is, None once that has ended or the person may no longer come in."""
    if credential.token:
        return User.objects.filter(tokens__in=PersonalToken.objects.open().filter(digest=credential.token)).first()
    if not credential.session:
        return None
    request = HttpRequest()
    request.session = _engine.SessionStore(credential.session)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None


def current_user(socket: AuthenticatedSocket) -> User | None:
    """As person_of, quicker: where session and password are what they were when all was in order, it still is."""
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
    """Show out every socket whose session has ended, and every look at what may no longer be seen."""
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
    """Those whose person may still come in; sessions and accounts that have not changed are not opened again."""
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
    """Who is here and looks at what, read on the loop that changes it."""
    return hub.viewings.everyone(), hub.viewings.pairs()  # type: ignore[return-value]
