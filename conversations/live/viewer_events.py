"""Values that viewers are given: events, and the deltas of a reply. Each kind of viewer encodes them for itself."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from conversations.content.parts import LivePart


@dataclass(slots=True)
class Event:
    """An event for the subscribers of a conversation or, with `people`, for all viewers of these people."""

    conversation: UUID
    payload: dict[str, Any]
    html: str | None = None
    people: tuple[UUID, ...] | None = None
    websocket_frame: bytes | None = field(default=None, init=False, repr=False, compare=False)
    """The frame that the first websocket makes of it, for all of them."""
    _plain: "Event | None" = field(default=None, init=False, repr=False, compare=False)

    @property
    def revision(self) -> int | None:
        """Return the revision of the conversation to which this event brings a viewer, if it does."""
        return self.payload.get("revision")

    @property
    def removes_conversation(self) -> bool:
        """Return whether the recipients lose the conversation with this event."""
        return self.payload["type"] == "conversation.gone"

    def for_reader(self, html: bool) -> "Event":
        """Return the event for viewers with or without HTML, the same one for all of a sort."""
        if html or self.html is None:
            return self
        if self._plain is None:
            self._plain = Event(self.conversation, self.payload, people=self.people)
        return self._plain

    def is_newer_than(self, revision: int, _seqs: dict[str, int]) -> bool:
        """Return whether a viewer at this revision does not have it yet."""
        return self.revision is None or self.revision > revision


@dataclass(slots=True)
class DeltaEvent:
    """The growth of a reply by one piece; `html` is (newly closed blocks, the open one) up to it."""

    conversation: UUID
    message: UUID
    seq: int
    piece: LivePart
    html: tuple[tuple[str, ...], str] | None = None
    websocket_frame: bytes | None = field(default=None, init=False, repr=False, compare=False)
    """The frame that the first websocket makes of it, for all of them."""

    @property
    def revision(self) -> None:
        """Return None: a delta changes no revision."""
        return None

    def is_newer_than(self, _revision: int, seqs: dict[str, int]) -> bool:
        """Return whether a viewer who has these replies up to these seqs does not have it yet."""
        return self.seq > seqs.get(str(self.message), 0)


ViewerEvent = Event | DeltaEvent
