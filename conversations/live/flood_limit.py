"""How often one reply may send a frame, so that a vendor who floods it occupies neither its readers nor the loop."""

import time
from collections.abc import Sequence

from conversations.content.parts import LivePart
from providers.types import Delta

WINDOW = 0.1
FLOOD_DELTAS, FLOOD_CHARACTERS = 12, 2_000
"""More than these in one WINDOW (seconds) are a flood; people read 20 characters a second, quick models write 2,000."""
CALM = 1.0
"""Seconds after which what was a flood is none."""
BEAT = 0.06
"""Seconds between two frames of a flood: with the few before it was one, at most 20 a second."""


class FloodLimit:
    """The pace of one reply: its words go out as they come, those of a flood on a beat."""

    def __init__(self) -> None:
        self.is_kept = False
        """A flush has been put off, and will come."""
        self._due = self._flood_until = self._window = 0.0
        self._deltas = self._characters = 0

    def note(self, taken: Sequence[Delta | LivePart]) -> None:
        """These go out now."""
        now = time.monotonic()
        if now >= self._window + WINDOW:
            self._window, self._deltas, self._characters = now, 0, 0
        self._deltas += len(taken)
        self._characters += sum(len(delta.text) + len(delta.thought) for delta in taken if isinstance(delta, Delta))
        if self._deltas > FLOOD_DELTAS or self._characters > FLOOD_CHARACTERS:
            self._flood_until = now + CALM
        self._due = now + BEAT if now < self._flood_until else 0.0

    def wait(self) -> float:
        """Seconds until the next frame may go out."""
        return self._due - time.monotonic()
