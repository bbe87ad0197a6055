"""A limit on the frames of one reply, so that a vendor's flood occupies neither its readers nor the loop."""

import time
from collections.abc import Sequence

from conversations.content.parts import LivePart
from providers.types import Delta

WINDOW_SECONDS = 0.1
MAX_DELTAS, MAX_CHARACTERS = 12, 2_000
"""More in one WINDOW (seconds) is a flood; people read 20 characters a second, fast models write 2,000."""
CALM_SECONDS = 1.0
"""Seconds after which a flood is over."""
BEAT_SECONDS = 0.06
"""Seconds between two frames of a flood: with the few sent before it was one, at most 20 a second."""


class FloodLimit:
    """The pace of one reply: deltas go out as they come, those of a flood on a beat."""

    def __init__(self) -> None:
        self.is_kept = False
        """True while a delayed flush is scheduled."""
        self._due = self._flood_until = self._window = 0.0
        self._deltas = self._characters = 0

    def count(self, taken: Sequence[Delta | LivePart]) -> None:
        """Count deltas that go out now."""
        now = time.monotonic()
        if now >= self._window + WINDOW_SECONDS:
            self._window, self._deltas, self._characters = now, 0, 0
        self._deltas += len(taken)
        self._characters += sum(len(delta.text) + len(delta.thought) for delta in taken if isinstance(delta, Delta))
        if self._deltas > MAX_DELTAS or self._characters > MAX_CHARACTERS:
            self._flood_until = now + CALM_SECONDS
        self._due = now + BEAT_SECONDS if now < self._flood_until else 0.0

    def wait(self) -> float:
        """Return the time until the next frame may go out: seconds."""
        return self._due - time.monotonic()
