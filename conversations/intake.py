"""How much a socket may send: a burst, and then so much a second."""

import time

BURST, PER_SECOND = 4 * 2**20, 2**18
"""Characters."""


class Intake:
    """What one socket has room for just now; a frame beyond it is not even read."""

    def __init__(self) -> None:
        self._room, self._at = float(BURST), time.monotonic()
        self._refused = 0

    @property
    def is_flooded(self) -> bool:
        """Whether two bursts have been refused already: to receive them costs as well."""
        return self._refused > 2 * BURST

    def takes(self, characters: int) -> bool:
        """Whether so many more fit in; then they count."""
        now = time.monotonic()
        self._room, self._at = min(BURST, self._room + (now - self._at) * PER_SECOND), now
        if characters > self._room:
            self._refused += characters
            return False
        self._room -= characters
        return True
