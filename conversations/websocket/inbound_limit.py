"""How much a person may send over their sockets: a burst, and then so much a second."""

import time
from uuid import UUID

BURST, PER_SECOND = 4 * 2**20, 2**18
"""Characters."""
FORGOTTEN_FROM = 100
"""Persons from which on it is worth looking who is quiet."""


class _TokenBucket:
    """What one person may send just now."""

    def __init__(self) -> None:
        self._left, self._at = float(BURST), time.monotonic()
        self.refused = 0

    @property
    def left(self) -> float:
        now = time.monotonic()
        self._left, self._at = min(BURST, self._left + (now - self._at) * PER_SECOND), now
        if self._left == BURST:
            self.refused = 0
        return self._left

    def takes(self, characters: int) -> bool:
        if characters > self.left:
            self.refused += characters
            return False
        self._left -= characters
        return True


class InboundLimit:
    """What everybody has room for in this process; a frame beyond it is not even read."""

    def __init__(self) -> None:
        self._rooms: dict[UUID, _TokenBucket] = {}
        self._most = FORGOTTEN_FROM

    def takes(self, person: UUID, characters: int) -> bool:
        """Whether so many more of this person fit in; then they count, whichever socket they come from."""
        if person not in self._rooms:
            if len(self._rooms) >= self._most:
                self._forget_the_quiet()
            self._rooms[person] = _TokenBucket()
        return self._rooms[person].takes(characters)

    def is_flooded(self, person: UUID) -> bool:
        """Whether two bursts have been refused already: to receive them costs as well."""
        return person in self._rooms and self._rooms[person].refused > 2 * BURST

    def _forget_the_quiet(self) -> None:
        """Who has room for all of a burst again is as new."""
        self._rooms = {person: room for person, room in self._rooms.items() if room.left < BURST}
        self._most = max(FORGOTTEN_FROM, 2 * len(self._rooms))


intake = InboundLimit()
