"""A thought that a vendor sends twice, in a field and between tags in the text, is shown once."""

from __future__ import annotations

from typing import Literal

from providers.reading.words.repetition import rest_beyond

Voice = Literal["field", "tags"]
MAX_HELD = 1024 * 1024
"""Characters of a second thought that are held back."""


class RepeatedThought:
    """The thoughts of one reply, which may come by two ways: that of the first is shown at once.

    The other one waits until it is complete. If it is the same thought, only what it says beyond that is shown. If it
    is another one, all of it is.
    """

    def __init__(self) -> None:
        self._first: Voice | None = None
        self._shown: list[str] = []
        self._held: list[str] = []
        self._size = 0

    @property
    def is_waiting(self) -> bool:
        """Return whether a second thought is held back."""
        return bool(self._held)

    def feed(self, voice: Voice, text: str) -> str:
        """Return as much of a piece of thought as can be shown now."""
        self._first = self._first or voice
        if voice == self._first:
            self._shown.append(text)
            return text
        self._held.append(text)
        self._size += len(text)
        return self.flush() if self._size > MAX_HELD else ""

    def flush(self) -> str:
        """Return what the second thought says beyond the first one, when it is complete."""
        if not self._held:
            return ""
        said, second = "".join(self._shown), "".join(self._held)
        self._held, self._size = [], 0
        rest = "" if second.strip() in said else rest_beyond(said, second)
        new = second if rest is None else rest
        self._shown.append(new)
        return new
