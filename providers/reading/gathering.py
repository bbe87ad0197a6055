"""What a reply holds besides its words, known only when it has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from providers.reading.citations import Citations
from providers.reading.reasoning import Reasoning
from providers.reading.tool_calls import Calls
from providers.types import Delta, Finish, Part
from providers.wires.parsed import CallPiece, Cited, ReasoningPiece


class EndOfReplyParts:
    """Gathers calls, sources and a refusal of one reply, and makes its last parts of them."""

    def __init__(self) -> None:
        self._refusal: list[str] = []
        self._calls = Calls()
        self._reasoning = Reasoning()
        self._citations = Citations()

    def add(self, piece: CallPiece | ReasoningPiece | Cited) -> None:
        """Notes what one event says."""
        if isinstance(piece, CallPiece):
            self._calls.add(piece)
        elif isinstance(piece, ReasoningPiece):
            self._reasoning.add(piece.fields)
        else:
            self._citations.add(piece)

    def refuse(self, text: str) -> None:
        """Notes words in which the model refuses."""
        self._refusal.append(text)

    @property
    def is_refused(self) -> bool:
        """Whether the model has refused in words."""
        return any(self._refusal)

    def calls(self) -> Iterator[Delta]:
        """The function calls that came in pieces."""
        yield from (Delta(part=part) for part in self._calls.parts(self._reasoning.record()))

    def citations(self, text: str, shown: Callable[[str], str]) -> Iterator[Delta]:
        """The sources of a reply that says `text`; `shown` makes of words that were cut what people may see."""
        part = self._citations.part(text, shown)
        if part:
            yield Delta(part=part)

    def refused(self, finish: Finish | None, *, answered: bool) -> Iterator[Delta]:
        """The refusal, whole; a reply that was blocked before its first word has one, be it without words."""
        is_blocked = finish is not None and finish.reason == "blocked"
        if self.is_refused or (is_blocked and not answered):
            reason = finish.vendor_reason if finish and is_blocked else ""
            yield Delta(part=Part("refusal", "".join(self._refusal), {"reason": reason} if reason else {}))
