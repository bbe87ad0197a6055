"""Who stands behind a socket, asked anew at every command and every second in between."""

import asyncio
from importlib import import_module
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from conversations.live import hub
from conversations.models import Conversation, User

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
    sockets, pairs = asyncio.run_coroutine_threadsafe(_census(), loop).result()
    people = {socket: person_of(socket.session_key) for socket in sockets}
    for socket, person in people.items():
        if person is None:
            loop.call_soon_threadsafe(socket.expel)
    seen: dict[UUID, set[UUID]] = {}
    for socket, conversation in pairs:
        person = people.get(socket)
        if person is None:
            continue
        if person.id not in seen:
            mine = [key for other, key in pairs if other.user_id == person.id]
            visible = Conversation.objects.visible_to(person).filter(pk__in=mine)
            seen[person.id] = set(visible.values_list("pk", flat=True))
        if conversation not in seen[person.id]:
            loop.call_soon_threadsafe(socket.evict, conversation)


async def _census() -> tuple[list[Admitted], list[tuple[Admitted, UUID]]]:
    """Who is here and looks at what, read on the loop that changes it."""
    return hub.viewings.everyone(), hub.viewings.pairs()  # type: ignore[return-value]
