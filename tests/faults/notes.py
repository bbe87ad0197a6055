"""The records of a window: every frame, every question that it sent, every message that it shows."""

import threading
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 30.0
UNDER_WAY = ("waiting", "streaming")


@dataclass(frozen=True, slots=True)
class Note:
    """One frame; `answers` is the command of an ack or error."""

    at: float
    connection: int
    is_ours: bool
    frame: dict[str, Any]
    answers: dict[str, Any] | None = None


@dataclass
class Sending:
    """A question in the outbox, until it has been answered."""

    person: str
    command: dict[str, Any]
    answer: dict[str, Any] | None = None
    answered: threading.Event = field(default_factory=threading.Event)

    @property
    def is_acked(self) -> bool:
        return self.answer is not None and self.answer["type"] == "ack"

    def ack(self) -> dict[str, Any]:
        """Wait for the ack and return it."""
        assert self.answered.wait(PATIENCE), f"no answer to {self.command}"
        assert self.answer is not None
        assert self.answer["type"] == "ack", self.answer
        return self.answer


@dataclass
class Shown:
    """A message as this window shows it."""

    status: str
    text: str
    seq: int = 0
