"""Memory that many share, of which nobody takes more than a share."""

from collections import Counter


class MemoryShare:
    """Bytes held by each owner, `total` of all together at most; the first of an owner needs no share."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._held: Counter[str] = Counter()
        self._all = 0

    def take(self, owner: str, length: int, share: int) -> bool:
        """Count LENGTH more bytes of OWNER, if they then hold no more than SHARE and all no more than the total."""
        held = self._held[owner]
        if not length:
            return True
        if self._all + length > self.total or (held and held + length > share):
            return False
        self._all += length
        self._held[owner] += length
        return True

    def give_back(self, owner: str, length: int) -> None:
        """Count LENGTH bytes of OWNER no more."""
        self._all -= length
        self._held[owner] -= length
        if self._held[owner] <= 0:
            del self._held[owner]
