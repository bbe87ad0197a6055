"""Values that viewers are given: events, and the deltas of a reply. Each kind of viewer encodes them for itself."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from conversations import markdown
from conversations.content.parts import LivePart

MAX_REPEATED = 2_000
"""Characters of an ended reply that a page is told again although it has them."""


@dataclass(frozen=True, slots=True)
class PrivateFields:
    """The fields of an event's message that only these people are shown."""

    people: tuple[UUID, ...]
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """The state of a reply at a page: its last seq, its text's length, and its HTML, if any.

    `is_raw` is true if words without HTML came after it.
    """

    seq: int
    characters: int
    version: markdown.Version | None
    is_raw: bool = False


@dataclass(slots=True)
class Event:
    """An event for the subscribers of a conversation or, with `people`, for all viewers of these people."""

    conversation: UUID
    payload: dict[str, Any]
    html: str | None = None
    people: tuple[UUID, ...] | None = None
    private: PrivateFields | None = None
    patch: markdown.Patch | None = None
    """The patch that makes the body of an ended reply from the state at a page."""
    websocket_frame: bytes | None = field(default=None, init=False, repr=False, compare=False)
    """The frame that the first websocket makes of it, for all of them."""
    _versions: "dict[tuple[bool, bool, Shown | None], Event]" = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def revision(self) -> int | None:
        """Return the revision of the conversation to which this event brings a viewer, if it does."""
        return self.payload.get("revision")

    @property
    def ended(self) -> UUID | None:
        """Return the reply that has ended with this event, if one has."""
        is_end = self.payload["type"] == "message.finished"
        return UUID(str(self.payload["message"]["id"])) if is_end else None

    @property
    def removes_conversation(self) -> bool:
        """Return whether the recipients lose the conversation with this event."""
        return self.payload["type"] == "conversation.gone"

    def for_reader(self, html: bool, reader: UUID | None = None, shown: Shown | None = None) -> "Event":
        """Return the event with or without HTML and private fields, the same one for all readers of a sort.

        A page that has all of an ended reply gets a patch of its HTML, and no long text again.
        """
        is_whole = html or self.html is None
        is_private = self.private is not None and reader in self.private.people
        if is_whole and not is_private and shown is None:
            return self
        if (version := self._versions.get((is_whole, is_private, shown))) is None:
            version = Event(self.conversation, self._payload(is_private), self.html if is_whole else None, self.people)
            if shown is not None:
                version._patch(shown)
            self._versions[is_whole, is_private, shown] = version
        return version

    def _patch(self, shown: Shown) -> None:
        message = self.payload["message"]
        text = message["text"]
        if self.html is None or shown.version is None or shown.characters != len(text):
            return
        self.patch = markdown.ended_patch(shown.version, self.html, text)
        if self.patch is not None and len(text) > MAX_REPEATED:
            self.html = None
            told = {name: value for name, value in message.items() if name not in ("text", "parts")}
            self.payload = {**self.payload, "message": told}

    def _payload(self, is_private: bool) -> dict[str, Any]:
        if not is_private or self.private is None:
            return self.payload
        return {**self.payload, "message": {**self.payload["message"], **self.private.fields}}

    def is_newer_than(self, revision: int, _seqs: dict[str, int]) -> bool:
        """Return whether a viewer at this revision does not have it yet."""
        return self.revision is None or self.revision > revision


@dataclass(slots=True)
class DeltaEvent:
    """The growth of a reply by the pieces from `first` to `seq`; `html` patches that of a page."""

    conversation: UUID
    message: UUID
    seq: int
    piece: LivePart
    html: markdown.Patch | None = None
    first: int = 0
    is_brief: bool = False
    """True if the end of the reply's id names it, which is shorter than most of what a frame brings."""
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
