"""The beat on which frames go out; the pause grows with the replies under way and a late loop."""

import time

FEW = 20
"""Replies under way up to which each word goes out at once."""
SECONDS_EACH, LATE_SECONDS = 0.00013, 0.05
"""Seconds of pause for each reply under way, and at least when the loop is late."""
LAG_SECONDS = 0.02
"""Lateness of the loop from which the longer pause applies: seconds."""


class Beat:
    """The moments of the last frames and of the next; the loop writes them, any thread reads them."""

    def __init__(self) -> None:
        self._at = self._lag = 0.0

    def mark_sent(self, due: float) -> None:
        """Note that frames go out now, which were due at this moment: monotonic seconds."""
        self._at = time.monotonic()
        self._lag = self._at - due

    def wait(self, replies: int) -> float:
        """Return the seconds until frames may go out again."""
        return self._at + self.pause(replies) - time.monotonic()

    def pause(self, replies: int) -> float:
        """Return the pause between two frames of one reply, none under low load: seconds."""
        if self._lag > LAG_SECONDS:
            return max(LATE_SECONDS, replies * SECONDS_EACH)
        return replies * SECONDS_EACH if replies > FEW else 0.0
