"""The beat on which frames go out; the pause grows with the replies under way and a late loop."""

import time

BUSY, CROWDED = 50, 200
"""Replies under way above which frames go out on the fast beat, and on the slow one."""
QUICK_SECONDS, SLOW_SECONDS = 0.012, 0.05
LAG_SECONDS = 0.02
"""Lateness of the loop from which the slow beat applies: seconds."""


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
        if replies > CROWDED or self._lag > LAG_SECONDS:
            return SLOW_SECONDS
        return QUICK_SECONDS if replies > BUSY else 0.0
