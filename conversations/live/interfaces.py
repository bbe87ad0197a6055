"""What the hub needs of others: viewers to send to, and the other processes of the site."""

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from conversations.content.parts import NumberedParts
from conversations.live.frames import Event
from conversations.live.reply import LiveReply
from conversations.models import Message


class Viewer(Protocol):
    """One socket, as the hub sees it."""

    user_id: UUID
    person_name: str

    def push(self, frame: bytes) -> None: ...

    def make_room(self) -> None: ...


class Peers(Protocol):
    """The other processes of the site."""

    def follow(self) -> None: ...

    async def following(self, conversation: UUID) -> None: ...

    async def mirrored(self, messages: list[Message]) -> list[LiveReply]: ...

    def relay(self, reply: LiveReply, pieces: NumberedParts) -> None: ...

    def announce(self, news: Event) -> None: ...

    def ask_who_is_here(self, conversation: UUID) -> None: ...

    def ask_to_stop(self, replies: Iterable[UUID]) -> None: ...

    def tell_of_the_end(self, reply: UUID) -> None: ...

    def replies(self) -> list[UUID]: ...

    def may_end(self, reply: LiveReply) -> bool: ...

    def start(self) -> None: ...

    async def close(self) -> None: ...


class Alone:
    """No other processes."""

    def follow(self) -> None:
        """Do nothing: what happens, happens here."""

    async def following(self, conversation: UUID) -> None:
        """Return at once: nothing can escape us."""

    async def mirrored(self, messages: list[Message]) -> list[LiveReply]:
        return []

    def relay(self, reply: LiveReply, pieces: NumberedParts) -> None:
        """Tell nobody."""

    def announce(self, news: Event) -> None:
        """Tell nobody."""

    def ask_who_is_here(self, conversation: UUID) -> None:
        """Ask nobody."""

    def ask_to_stop(self, replies: Iterable[UUID]) -> None:
        """Ask nobody."""

    def tell_of_the_end(self, reply: UUID) -> None:
        """Tell nobody."""

    def replies(self) -> list[UUID]:
        return []

    def may_end(self, reply: LiveReply) -> bool:
        return False

    def start(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""


class Fanout(Protocol):
    """What presence needs of the hub."""

    peers: Peers

    def send(self, viewers: list[Viewer], frame: bytes) -> None: ...

    def publish(self, *news: Event) -> None: ...

    def announce(self, news: Event) -> None: ...

    def people(self, conversation: UUID) -> dict[UUID, str]: ...

    def watched(self) -> set[UUID]: ...
