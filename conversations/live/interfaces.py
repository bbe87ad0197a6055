"""The interfaces through which the hub uses viewers and the site's other processes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from conversations.content.parts import NumberedParts
from conversations.live.reply import LiveReply
from conversations.live.viewer_events import Event, ViewerEvent
from conversations.models import Message


@dataclass(frozen=True, slots=True)
class Credential:
    """The credential of a viewer: a browser's session, or the digest of a program's personal token."""

    session: str = ""
    token: str = ""


class Viewer(Protocol):
    """A person's view of conversations, as the hub sees it: a websocket, or anything else that takes events.

    All but `credential` is called on the loop, and must not block. Without a credential a viewer stays as long as its
    person's account is active. `sign_out` ends one whose person is signed out, `close_oldest` one too many of a person.
    One with `is_behind` says so while it is read slowly, and gets fewer and larger frames of a reply.
    """

    user_id: UUID
    person_name: str

    @property
    def credential(self) -> Credential | None: ...

    def push(self, event: ViewerEvent) -> None: ...

    def sign_out(self) -> None: ...

    def close_oldest(self) -> None: ...


def is_behind(viewer: Viewer) -> bool:
    """Return whether this viewer has much to read before a new frame would reach its person."""
    return bool(getattr(viewer, "is_behind", False))


class Peers(Protocol):
    """The other processes of the site."""

    def follow(self) -> None: ...

    async def following(self, conversation: UUID) -> None: ...

    async def mirrored(self, messages: list[Message]) -> list[LiveReply]: ...

    def publish_parts(self, reply: LiveReply, pieces: NumberedParts) -> None: ...

    def announce(self, news: Event) -> None: ...

    def ask_who_is_here(self, conversation: UUID) -> None: ...

    def ask_to_stop(self, replies: Iterable[UUID]) -> None: ...

    def tell_of_the_end(self, reply: UUID) -> None: ...

    def pass_commands(self, signed: str) -> None: ...

    def replies(self) -> list[UUID]: ...

    def may_end(self, reply: LiveReply) -> bool: ...

    def start(self) -> None: ...

    async def close(self) -> None: ...


class Alone:
    """The peers of a site with a single process."""

    def follow(self) -> None:
        """Do nothing, because all events happen in this process."""

    async def following(self, conversation: UUID) -> None:
        """Return at once, because no event happens in another process."""

    async def mirrored(self, messages: list[Message]) -> list[LiveReply]:
        return []

    def publish_parts(self, reply: LiveReply, pieces: NumberedParts) -> None:
        """Do nothing."""

    def announce(self, news: Event) -> None:
        """Do nothing."""

    def ask_who_is_here(self, conversation: UUID) -> None:
        """Do nothing."""

    def ask_to_stop(self, replies: Iterable[UUID]) -> None:
        """Do nothing."""

    def tell_of_the_end(self, reply: UUID) -> None:
        """Do nothing."""

    def pass_commands(self, signed: str) -> None:
        """Do nothing."""

    def replies(self) -> list[UUID]:
        return []

    def may_end(self, reply: LiveReply) -> bool:
        return False

    def start(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""


class Fanout(Protocol):
    """The part of the hub that presence uses."""

    peers: Peers

    def send(self, viewers: list[Viewer], event: ViewerEvent) -> None: ...

    def publish(self, *news: Event) -> None: ...

    def announce(self, news: Event) -> None: ...

    def people(self, conversation: UUID) -> dict[UUID, str]: ...

    def watched(self) -> set[UUID]: ...
