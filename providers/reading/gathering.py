"""The parts of a reply besides its words that are known only at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from providers.reading.citations import Citations
from providers.reading.reasoning import Reasoning
from providers.reading.tool_calls import Calls
from providers.types import Delta, Finish, FinishReason, Part
from providers.wires.parsed import CallPiece, Cited, ReasoningPiece


class EndOfReplyParts:
    """The calls, sources and refusal of one reply, collected while it streams."""

    def __init__(self, wire: str) -> None:
        self._refusal: list[str] = []
        self._open_calls = 0
        self._calls = Calls(wire)
        self._reasoning = Reasoning()
        self._citations = Citations()

    def add(self, piece: CallPiece | ReasoningPiece | Cited) -> None:
        """Add one piece of a call, of the reasoning record or of the citations."""
        if isinstance(piece, CallPiece):
            self._calls.add(piece)
        elif isinstance(piece, ReasoningPiece):
            self._reasoning.add(piece.fields)
        else:
            self._citations.add(piece)

    def refuse(self, text: str) -> None:
        """Add words in which the model refuses."""
        self._refusal.append(text)

    @property
    def is_refused(self) -> bool:
        """Return whether the model has refused in words."""
        return any(self._refusal)

    def count_call(self, part: Part | None) -> None:
        """Count the open calls. A call that the same reply answers was executed by the vendor."""
        if part and part.kind in ("call", "call_result"):
            self._open_calls = self._open_calls + 1 if part.kind == "call" else max(0, self._open_calls - 1)

    def true_reason(self, finish: Finish, *, answered: bool) -> FinishReason:
        """Return the true reason: vendors report "stop" for refusals and for calls of functions too.

        Some report a call where there is none, or none that was left open.
        """
        if self.is_refused and not answered:
            return "blocked"
        if finish.reason in ("stop", "tool_call"):
            return "tool_call" if self._open_calls > 0 else "stop"
        return finish.reason

    def calls(self) -> Iterator[Delta]:
        """Yield the function calls that came in pieces, each as a part."""
        yield from (Delta(part=part) for part in self._calls.parts(self._reasoning.record()))

    def citations(self, text: str, shown: Callable[[str], str]) -> Iterator[Delta]:
        """Yield the citation part of a reply with this `text`, if it has sources.

        `shown` cleans words that may be cut: it repairs characters and masks the key.
        """
        part = self._citations.as_part(text, shown)
        if part:
            yield Delta(part=part)

    def refused(self, finish: Finish | None, *, answered: bool) -> Iterator[Delta]:
        """Yield the refusal as one part.

        A reply that was blocked before its first word gets one too, even without words.
        """
        is_blocked = finish is not None and finish.reason == "blocked"
        if self.is_refused or (is_blocked and not answered):
            reason = finish.vendor_reason if finish and is_blocked else ""
            yield Delta(part=Part("refusal", "".join(self._refusal), {"reason": reason} if reason else {}))
