"""Values that viewers are given: events, and the deltas of a reply. Each kind of viewer encodes them for itself."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from conversations.content.parts import LivePart


@dataclass(frozen=True, slots=True)
class PrivateFields:
    """The fields of an event's message that only these people are shown."""

    people: tuple[UUID, ...]
    fields: dict[str, Any]


@dataclass(slots=True)
class Event:
    """An event for the subscribers of a conversation or, with `people`, for all viewers of these people."""

    conversation: UUID
    payload: dict[str, Any]
    html: str | None = None
    people: tuple[UUID, ...] | None = None
    private: PrivateFields | None = None
    websocket_frame: bytes | None = field(default=None, init=False, repr=False, compare=False)
    """The frame that the first websocket makes of it, for all of them."""
    _versions: "dict[tuple[bool, bool], Event]" = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def revision(self) -> int | None:
        """Return the revision of the conversation to which this event brings a viewer, if it does."""
        return self.payload.get("revision")

    @property
    def removes_conversation(self) -> bool:
        """Return whether the recipients lose the conversation with this event."""
        return self.payload["type"] == "conversation.gone"

    def for_reader(self, html: bool, reader: UUID | None = None) -> "Event":
        """Return the event with or without HTML and private fields, the same one for all readers of a sort."""
        is_whole = html or self.html is None
        is_private = self.private is not None and reader in self.private.people
        if is_whole and not is_private:
            return self
        if (version := self._versions.get((is_whole, is_private))) is None:
            version = Event(self.conversation, self._payload(is_private), self.html if is_whole else None, self.people)
            self._versions[is_whole, is_private] = version
        return version

    def _payload(self, is_private: bool) -> dict[str, Any]:
        if not is_private or self.private is None:
            return self.payload
        return {**self.payload, "message": {**self.payload["message"], **self.private.fields}}

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
