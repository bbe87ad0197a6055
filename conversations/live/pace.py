"""How often one reply may send a frame, so that a vendor who floods it occupies neither its readers nor the loop."""

import time
from collections.abc import Sequence

from conversations.parts import Piece
from providers.types import Delta

FLOOD_DELTAS = 200
FLOOD_CHARACTERS = 20_000
"""More than these in one second are a flood; people read 20 characters a second, quick models write 2,000."""
BEAT = 0.06
"""Seconds between two frames of a flood: with the few before it was one, at most 20 a second."""


class Pace:
    """The pace of one reply: its words go out as they come, those of a flood on a beat."""

    def __init__(self) -> None:
        self.is_kept = False
        """A flush has been put off, and will come."""
        self._due = 0.0
        self._second = 0.0
        self._deltas = self._characters = 0

    def note(self, taken: Sequence[Delta | Piece]) -> None:
        """These go out now."""
        now = time.monotonic()
        if now >= self._second + 1:
            self._second, self._deltas, self._characters = now, 0, 0
        self._deltas += len(taken)
        self._characters += sum(len(delta.text) + len(delta.thought) for delta in taken if isinstance(delta, Delta))
        is_flood = self._deltas > FLOOD_DELTAS or self._characters > FLOOD_CHARACTERS
        self._due = now + BEAT if is_flood else 0.0

    def wait(self) -> float:
        """Seconds until the next frame may go out."""
        return self._due - time.monotonic()
