"""Who stands behind a socket, asked anew at every command and every second in between."""

import asyncio
from collections import defaultdict
from importlib import import_module
from typing import Protocol
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from conversations.live import hub
from conversations.models import Conversation, User

_proofs: WeakKeyDictionary["Admitted", tuple[str, str]] = WeakKeyDictionary()
"""The session and the password hash with which each socket was last found in order."""
_engine = import_module(settings.SESSION_ENGINE)


class Admitted(Protocol):
    """A socket that can be shown the door."""

    user_id: UUID
    session_key: str

    def expel(self) -> None: ...

    def evict(self, conversation: UUID) -> None: ...


def person_of(session_key: str) -> User | None:
    """The person signed in with this session, None once it has ended or the person may no longer come in."""
    request = HttpRequest()
    request.session = _engine.SessionStore(session_key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None


def recheck() -> None:
    """Show out every socket whose session has ended, and every look at what may no longer be seen."""
    loop = hub.loop
    if loop is None or loop.is_closed():
        return
    sockets, looks = asyncio.run_coroutine_threadsafe(_census(), loop).result()
    people = _people(sockets)
    for socket in sockets:
        if people[socket] is None:
            loop.call_soon_threadsafe(socket.expel)
    for person, theirs in _by_person(people, looks).items():
        asked = {conversation for _, conversation in theirs}
        allowed = set(Conversation.objects.visible_to(person).filter(pk__in=asked).values_list("pk", flat=True))
        for socket, conversation in theirs:
            if conversation not in allowed:
                loop.call_soon_threadsafe(socket.evict, conversation)


def _people(sockets: list[Admitted]) -> dict[Admitted, User | None]:
    """Who stands behind each socket; sessions and accounts that have not changed are not opened again."""
    keys = {socket.session_key for socket in sockets}
    valid = Session.objects.filter(pk__in=keys, expire_date__gt=timezone.now())
    sessions: dict[str, str] = dict(valid.values_list("pk", "session_data"))
    accounts = User.objects.in_bulk({socket.user_id for socket in sockets})
    return {
        socket: _person(socket, sessions.get(socket.session_key), accounts.get(socket.user_id)) for socket in sockets
    }


def _person(socket: Admitted, session: str | None, account: User | None) -> User | None:
    if session is None or account is None or not account.is_active:
        return None
    proof = (session, account.password)
    if _proofs.get(socket) != proof:
        if person_of(socket.session_key) is None:
            return None
        _proofs[socket] = proof
    return account


def _by_person(
    people: dict[Admitted, User | None], looks: list[tuple[Admitted, UUID]]
) -> dict[User, list[tuple[Admitted, UUID]]]:
    sorted_out: defaultdict[User, list[tuple[Admitted, UUID]]] = defaultdict(list)
    for socket, conversation in looks:
        person = people.get(socket)
        if person is not None:
            sorted_out[person].append((socket, conversation))
    return sorted_out


async def _census() -> tuple[list[Admitted], list[tuple[Admitted, UUID]]]:
    """Who is here and looks at what, read on the loop that changes it."""
    return hub.viewings.everyone(), hub.viewings.pairs()  # type: ignore[return-value]
