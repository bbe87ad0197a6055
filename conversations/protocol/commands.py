"""The commands from client to server, as frozen dataclasses of checked values."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

MAX_FILES, MAX_MODELS = 10, 8
"""Most files and models of one message."""


@dataclass(frozen=True, slots=True)
class Open:
    conversation: UUID
    html: bool = False
    since: int | None = None
    brief: bool = False
    """True if a delta may name its reply by the end of its id alone."""


@dataclass(frozen=True, slots=True)
class Close:
    conversation: UUID


@dataclass(frozen=True, slots=True)
class Read:
    conversation: UUID
    revision: int
    leaves_unseen: bool = False
    """True if messages of other branches were not shown."""


@dataclass(frozen=True, slots=True)
class Send:
    conversation: UUID | None
    text: str
    parent: UUID | None = None
    says_parent: bool = False
    """If false, the message follows the conversation's newest leaf."""
    files: tuple[UUID, ...] = ()
    models: tuple[UUID, ...] = ()
    nobody: bool = False
    """True if no model shall answer: an empty list of models was sent."""
    at_end: bool = False
    """True if the parent was the end of the thread for its writer: the message follows what people said meanwhile."""
    team: UUID | None = None
    project: UUID | None = None
    """The project of a new conversation, which then is that project's team's."""
    parameters: dict[str, Any] = field(default_factory=dict)
    prompt: tuple[UUID, int] | None = None
    """The kept prompt from which the text came, and its version."""
    assistant: UUID | None = None
    says_assistant: bool = False
    """If false, the conversation keeps its assistant; if true without one, it is taken off."""


@dataclass(frozen=True, slots=True)
class Edit:
    message: UUID
    text: str
    models: tuple[UUID, ...] = ()
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    message: UUID
    models: tuple[UUID, ...] = ()
    folds: bool = False
    """True if what is above is folded first, whatever the model's context window."""


@dataclass(frozen=True, slots=True)
class Continue:
    message: UUID


@dataclass(frozen=True, slots=True)
class Stop:
    message: UUID


@dataclass(frozen=True, slots=True)
class Verify:
    message: UUID
    note: str = ""
    until: date | None = None
    """The day on which it wants looking at again."""


@dataclass(frozen=True, slots=True)
class Unverify:
    message: UUID


@dataclass(frozen=True, slots=True)
class AddRemark:
    message: UUID
    text: str
    start: int | None = None
    end: int | None = None
    """The place of the words in the message's text, in characters; None without one."""
    quote: str = ""
    assignee: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReplyToRemark:
    remark: UUID
    text: str


@dataclass(frozen=True, slots=True)
class AssignRemark:
    remark: UUID
    person: UUID | None


@dataclass(frozen=True, slots=True)
class ResolveRemark:
    remark: UUID
    is_resolved: bool


@dataclass(frozen=True, slots=True)
class DeleteRemark:
    remark: UUID


@dataclass(frozen=True, slots=True)
class Fork:
    message: UUID


@dataclass(frozen=True, slots=True)
class Choose:
    message: UUID


@dataclass(frozen=True, slots=True)
class Look:
    message: UUID
    """The last one of the branch that is shown."""


@dataclass(frozen=True, slots=True)
class Typing:
    conversation: UUID


@dataclass(frozen=True, slots=True)
class ReadNotifications:
    notification: UUID | None = None
    """The one that was read; None for all."""


@dataclass(frozen=True, slots=True)
class Ping:
    open: dict[UUID, int] = field(default_factory=dict)


Body = (
    Open
    | Close
    | Read
    | Send
    | Edit
    | Retry
    | Continue
    | Stop
    | Verify
    | Unverify
    | AddRemark
    | ReplyToRemark
    | AssignRemark
    | ResolveRemark
    | DeleteRemark
    | Fork
    | Choose
    | Look
    | Typing
    | ReadNotifications
    | Ping
)


@dataclass(frozen=True, slots=True)
class Command:
    """A well-formed frame: the id that its sender chose, the body, and a digest of the whole frame."""

    id: str
    body: Body
    digest: str
