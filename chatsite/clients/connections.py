"""Counts of connections by owner: an address, or a person once a request has identified one."""

from collections import Counter
from typing import Any

MAX_CONNECTIONS = 100
"""Connections of one address or person, websockets among them."""
NOBODY = ""
"""Owner of a trusted proxy's connections between its requests, which come from many people in turn."""


class Connections:
    """Every connection with its owner, at most `most` together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._owners: dict[Any, str] = {}
        self._counts: Counter[str] = Counter()

    def has_room(self, owner: str) -> bool:
        """Return whether one more connection of `owner` may be accepted."""
        return len(self._owners) < self._most and not self._is_full(owner)

    def open(self, connection: Any, owner: str) -> None:
        """Add a connection."""
        self._owners[connection] = owner
        self._counts[owner] += 1

    def give(self, connection: Any, owner: str) -> bool:
        """Change a connection's owner and return True, or return False if the owner has too many."""
        before = self._owners.get(connection)
        if before is None or before == owner:
            return True
        if self._is_full(owner):
            return False
        self._discount(before)
        self._owners[connection] = owner
        self._counts[owner] += 1
        return True

    def close(self, connection: Any) -> None:
        """Remove a connection; a second call does nothing."""
        if (owner := self._owners.pop(connection, None)) is not None:
            self._discount(owner)

    def _is_full(self, owner: str) -> bool:
        return owner != NOBODY and self._counts[owner] >= MAX_CONNECTIONS

    def _discount(self, owner: str) -> None:
        self._counts[owner] -= 1
        if not self._counts[owner]:
            del self._counts[owner]
