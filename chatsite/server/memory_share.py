"""Memory that many owners share, with a limit for each."""

from collections import Counter


class MemoryShare:
    """The bytes held by each owner, at most `total` together. An owner's first piece may exceed the share."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._held: Counter[str] = Counter()
        self._all = 0

    def reserve(self, owner: str, length: int, share: int) -> bool:
        """Reserve `length` more bytes for `owner` and return True, if the share and the total allow it."""
        held = self._held[owner]
        if not length:
            return True
        if self._all + length > self.total or (held and held + length > share):
            return False
        self._all += length
        self._held[owner] += length
        return True

    def give_back(self, owner: str, length: int) -> None:
        """Release `length` bytes of `owner`."""
        self._all -= length
        self._held[owner] -= length
        if self._held[owner] <= 0:
            del self._held[owner]
