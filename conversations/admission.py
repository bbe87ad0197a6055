"""Who stands behind a socket, asked anew at every command and every second in between."""

import asyncio
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
    admitted = _admitted(sockets)
    for socket in sockets:
        if socket not in admitted:
            loop.call_soon_threadsafe(socket.expel)
    asked = Conversation.objects.filter(pk__in={conversation for _, conversation in looks})
    allowed = asked.readers({socket.user_id for socket in admitted})
    for socket, conversation in looks:
        if socket in admitted and (conversation, socket.user_id) not in allowed:
            loop.call_soon_threadsafe(socket.evict, conversation)


def _admitted(sockets: list[Admitted]) -> set[Admitted]:
    """Those whose person may still come in; sessions and accounts that have not changed are not opened again."""
    keys = {socket.session_key for socket in sockets}
    valid = Session.objects.filter(pk__in=keys, expire_date__gt=timezone.now())
    sessions: dict[str, str] = dict(valid.values_list("pk", "session_data"))
    active = User.objects.filter(pk__in={socket.user_id for socket in sockets}, is_active=True)
    passwords: dict[UUID, str] = dict(active.values_list("pk", "password"))
    return {
        socket
        for socket in sockets
        if _is_in_order(socket, sessions.get(socket.session_key), passwords.get(socket.user_id))
    }


def _is_in_order(socket: Admitted, session: str | None, password: str | None) -> bool:
    if session is None or password is None:
        return False
    proof = (session, password)
    if _proofs.get(socket) != proof:
        if person_of(socket.session_key) is None:
            return False
        _proofs[socket] = proof
    return True


async def _census() -> tuple[list[Admitted], list[tuple[Admitted, UUID]]]:
    """Who is here and looks at what, read on the loop that changes it."""
    return hub.viewings.everyone(), hub.viewings.pairs()  # type: ignore[return-value]
