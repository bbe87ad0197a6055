"""The waits that a reply's steps yield: for data, for a thread that may block, or for a turn.

A reply is a generator, and its driver decides how it waits. The socket reader waits for hundreds of them in one thread.
`waited_for` waits for one of them in its caller's thread.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from urllib3.util import wait_for_read

T = TypeVar("T")


class Wait:
    """A wait between two steps."""


class Data(Wait):
    """The wait for more from one connection. `unwatch` is set by a driver that watches the connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.unwatch: Callable[[], object] | None = None

    def leave(self) -> None:
        """End the watching of the connection: before it is closed, and before another call uses it."""
        unwatch, self.unwatch = self.unwatch, None
        if unwatch is not None:
            unwatch()


BLOCKING, TURN = Wait(), Wait()
"""The next step may block, so it needs another thread; or it may be long, so that others go first."""


def waited_for(steps: Iterable[T | Wait]) -> Iterator[T]:
    """Yield what the steps bring, and wait in this thread where they wait."""
    for step in steps:
        if isinstance(step, Data):
            wait_for_read(step.connection)
        elif not isinstance(step, Wait):
            yield step
