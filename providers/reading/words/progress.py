"""The progress of a reply: words, thoughts, parts that people see, calls."""

from __future__ import annotations

from time import monotonic

from providers.errors import BadReply
from providers.types import Delta, Part
from providers.wires.parsed import CallPiece, Finding, Found, Held, ReasoningPiece, WholeMessage

# Events without words are usual: some vendors send one for each hidden token of a thought. Even the shortest,
# `{"choices":[{"delta":{}}]}`, is longer than 24 bytes, so only events of no known wire can exceed the limit.
MAX_EMPTY_EVENTS = 4096
_EMPTY_EVENT_BYTES = 24
# Kinds of parts that are no answer: those that only the vendor reads, and those that accompany an answer.
_SILENT = frozenset({"unknown", "thought", "citation"})


class Progress:
    """The progress of one reply.

    `first_token_at` is a monotonic time: seconds. `meaningful` counts what carried the reply on: keep-alives, empty and
    blank deltas do not count. `has_grown` tells of growth since the last finish, `is_answered` of any answer.
    """

    def __init__(self) -> None:
        self.first_token_at: float | None = None
        self.meaningful = 0
        self.has_grown = False
        self.is_answered = False
        self._empty = 0

    def note(self, delta: Delta) -> None:
        """Note words, a thought or a part."""
        part = delta.part
        self.has_grown = True
        says_something = bool(delta.text.strip() or (part and part.kind not in _SILENT and _is_seen(part)))
        self.is_answered = self.is_answered or says_something
        if says_something or delta.thought.strip():
            self.first_token_at = self.first_token_at or monotonic()
        if says_something or part or delta.thought.strip():
            self.meaningful += 1

    def note_nothing(self, size: int) -> None:
        """Count an event without content. Raises BadReply when there are too many among `size` bytes.

        Reading an empty event costs as much as reading a word: a flood of tiny ones is not a reply.
        """
        self._empty += 1
        if self._empty > MAX_EMPTY_EVENTS + size // _EMPTY_EVENT_BYTES:
            raise BadReply(because="The vendor sent thousands of events that say nothing.")

    def note_call(self) -> None:
        """Note a piece of a call, which is an answer."""
        self.has_grown = self.is_answered = True
        self.first_token_at = self.first_token_at or monotonic()


def carries_on(found: Found) -> bool:
    """Return whether `found` is content of the reply itself, even if it is blank."""
    if isinstance(found, WholeMessage):
        return any(map(carries_on, found.findings))
    if not isinstance(found, Delta) or not found.part:
        return isinstance(found, Delta | CallPiece | Held)
    return found.part.kind not in ("unknown", "citation", "text", "thought") or found.part.text != ""


def is_piece(found: Finding) -> bool:
    """Return whether `found` is put together at the reply's end."""
    return isinstance(found, CallPiece | ReasoningPiece) or is_refusal(found)


def is_refusal(found: Finding) -> bool:
    """Return whether `found` is a refusal in words."""
    return isinstance(found, Delta) and found.part is not None and found.part.kind == "refusal"


def _is_seen(part: Part) -> bool:
    """Return whether a reader sees something of the part: a lone signature is only for the vendor."""
    return part.kind != "text" or bool(part.text.strip())
