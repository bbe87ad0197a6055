"""A conversation as every format is read into it, before it has rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MAX_MESSAGES = 20_000
"""Messages of one conversation."""
FAILED = {"status": "failed", "finish_reason": ""}
"""The fields of a reply that was an error there."""


class Problem(Exception):
    """Says why a file or a conversation cannot come, by a value of `Reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Attachment:
    """A file of a message; `read` returns its bytes, or None if the export does not have them."""

    name: str
    read: Callable[[], bytes | None]
    kind: str = "file"


@dataclass(slots=True)
class SummedUp:
    """The summary of all down to a message; its author is a model, the importer, or somebody else."""

    text: str
    model: str
    room: int
    is_by_model: bool
    is_by_importer: bool
    created_at: datetime | None


@dataclass(slots=True)
class Said:
    """A message. Its parts are ours (`Part.to_json`), and attachments in their places."""

    key: str
    parent: str | None
    is_reply: bool
    parts: list[dict[str, Any] | Attachment]
    created_at: datetime | None = None
    author: str = ""
    """The name of a person other than the importer."""
    model: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    """Other fields of the row, already checked."""
    summary: SummedUp | None = None

    @property
    def is_empty(self) -> bool:
        return not any(
            isinstance(part, Attachment) or part.get("text") or part["kind"] != "text" for part in self.parts
        )


@dataclass(slots=True)
class Thread:
    """A conversation; `key` is its id in the tool that it comes from, `shown` the message whose branch is shown."""

    key: str
    title: str
    messages: list[Said]
    shown: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    model: str = ""
    system_prompt: str = ""
    parameters: Any = None
    team: str = ""
    """The name of the team whose conversation it was."""
    arranged: dict[str, bool] = field(default_factory=dict)
    """The place in the importer's list: `pinned`, `archived` and `muted`, as `Arrangement` has them."""
    began_with: dict[str, Any] | None = None
    """The assistant of the first question, as `Assistant.note` has it."""
