"""Authentication of sockets, checked at each command that reads or writes, and each second in between."""

import asyncio
from collections import defaultdict
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
from conversations.live import Viewer, events, hub
from conversations.live.interfaces import Credential
from conversations.models import Conversation, Membership, PersonalToken, User
from providers.prepared_queries import Prepared

Proof = tuple[str, str, int]
"""A session's data, its person's password hash, and the number of times that all their sessions ended."""

Places = frozenset[tuple[UUID, str]]
"""The teams of a person, each with the role there."""

_proofs: WeakKeyDictionary[Viewer, Proof] = WeakKeyDictionary()
"""The proof with which each socket was last accepted."""
_places: WeakKeyDictionary[Viewer, Places] = WeakKeyDictionary()
"""The places in teams of which each viewer knows."""
_engine = import_module(settings.SESSION_ENGINE)


BEARER = b"bearer "


class AuthenticatedSocket(Viewer, Protocol):
    """A websocket, which nobody gets without a credential."""

    is_brief: bool

    @property
    def credential(self) -> Credential: ...


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


def credential_of(request: HttpRequest) -> Credential:
    """Return the credential of an HTTP request; a token counts before a session."""
    given = request.headers.get("Authorization", "")
    if given.lower().startswith(BEARER.decode()):
        return Credential(token=token_digest(given[len(BEARER) :].strip()))
    return Credential(session=request.session.session_key or "")


def authenticate(socket: AuthenticatedSocket) -> User | None:
    """Return the person of this socket; notes a token's use, and keeps a session's proof for `current_user`."""
    rows = _SESSION(socket.credential.session)  # read before the session: a proof may be too old, never too new
    person = person_of(socket.credential)
    if person is not None and not socket.is_brief:
        _places[socket] = _places_of({person.pk})[person.pk]
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
    """Close viewers whose session has ended, end subscriptions to what is no longer visible, and tell of new rights."""
    loop = hub.loop
    if loop is None or loop.is_closed():
        return
    viewers, looks = asyncio.run_coroutine_threadsafe(_viewers(), loop).result()
    admitted = _admitted(viewers)
    # First, so that whoever lost a place is told that the conversation is gone before being told of other rights.
    places = _places_of({viewer.user_id for viewer in admitted})
    for viewer in viewers:
        if viewer not in admitted:
            loop.call_soon_threadsafe(viewer.sign_out)
    asked = Conversation.objects.filter(pk__in={conversation for _, conversation in looks})
    allowed = asked.readers({viewer.user_id for viewer in admitted})
    for viewer, conversation in looks:
        if viewer in admitted and (conversation, viewer.user_id) not in allowed:
            loop.call_soon_threadsafe(hub.revoke, viewer, conversation)
    for viewer in admitted:
        now = places[viewer.user_id]
        if _places.get(viewer, now) != now:
            loop.call_soon_threadsafe(viewer.push, events.rights_event(viewer.user_id))
        _places[viewer] = now


def _places_of(people: set[UUID]) -> dict[UUID, Places]:
    """Return the places of these people in one query; a changed one may change what they do in any conversation."""
    found = defaultdict[UUID, set[tuple[UUID, str]]](set)
    for person, team, role in Membership.objects.filter(user__in=people).values_list("user", "team", "role"):
        found[person].add((team, role))
    return {person: frozenset(found[person]) for person in people}


def _admitted(viewers: list[Viewer]) -> set[Viewer]:
    """Return the viewers still allowed; unchanged sessions and accounts are not opened again."""
    credentials = [viewer.credential for viewer in viewers if viewer.credential]
    keys = {credential.session for credential in credentials} - {""}
    valid = Session.objects.filter(pk__in=keys, expire_date__gt=timezone.now())
    sessions: dict[str, str] = dict(valid.values_list("pk", "session_data"))
    digests = {credential.token for credential in credentials} - {""}
    tokens = set(PersonalToken.objects.open().filter(digest__in=digests).values_list("digest", flat=True))
    active = User.objects.filter(pk__in={viewer.user_id for viewer in viewers}, is_active=True)
    people = {person.pk: person for person in active.only("password", "session_epoch")}

    def is_admitted(viewer: Viewer) -> bool:
        credential, person = viewer.credential, people.get(viewer.user_id)
        if credential is None:
            return person is not None
        session = sessions.get(credential.session)
        return credential.token in tokens or _is_in_order(viewer, credential, session, person)

    return set(filter(is_admitted, viewers))


def _is_in_order(viewer: Viewer, credential: Credential, session: str | None, person: User | None) -> bool:
    if session is None or person is None:
        return False
    if _proofs.get(viewer) != _proof(session, person):
        if person_of(credential) is None:
            return False
        _proofs[viewer] = _proof(session, person)
    return True


async def _viewers() -> tuple[list[Viewer], list[tuple[Viewer, UUID]]]:
    """Return all viewers and subscriptions, read on the loop that changes them."""
    return hub.subscriptions.everyone(), hub.subscriptions.pairs()
