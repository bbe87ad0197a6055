"""Rate limit for a person's inbound characters over all sockets: a burst, then so many a second."""

import time
from uuid import UUID

MAX_BURST, MAX_PER_SECOND = 4 * 2**20, 2**18
"""Characters."""
FORGOTTEN_FROM = 100
"""People from which the search for idle ones is worth its cost."""


class _TokenBucket:
    """The characters that one person may send now."""

    def __init__(self) -> None:
        self._left, self._at = float(MAX_BURST), time.monotonic()
        self.refused = 0

    @property
    def left(self) -> float:
        now = time.monotonic()
        self._left, self._at = min(MAX_BURST, self._left + (now - self._at) * MAX_PER_SECOND), now
        if self._left == MAX_BURST:
            self.refused = 0
        return self._left

    def allows(self, characters: int) -> bool:
        if characters > self.left:
            self.refused += characters
            return False
        self._left -= characters
        return True


class InboundLimit:
    """Limits inbound characters per person in this process; frames over the limit are dropped unread."""

    def __init__(self) -> None:
        self._buckets: dict[UUID, _TokenBucket] = {}
        self._most = FORGOTTEN_FROM

    def allows(self, person: UUID, characters: int) -> bool:
        """Return whether so many characters are within this person's limit, and count them if they are."""
        if person not in self._buckets:
            if len(self._buckets) >= self._most:
                self._forget_the_quiet()
            self._buckets[person] = _TokenBucket()
        return self._buckets[person].allows(characters)

    def is_flooded(self, person: UUID) -> bool:
        """Return whether two bursts were refused already, because receiving them costs as well."""
        return person in self._buckets and self._buckets[person].refused > 2 * MAX_BURST

    def _forget_the_quiet(self) -> None:
        """Forget people whose bucket is full again."""
        self._buckets = {person: bucket for person, bucket in self._buckets.items() if bucket.left < MAX_BURST}
        self._most = max(FORGOTTEN_FROM, 2 * len(self._buckets))


inbound_limit = InboundLimit()
