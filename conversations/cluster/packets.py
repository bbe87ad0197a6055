"""Packets of messages between processes, small enough to keep Redis fast."""

from collections.abc import Iterator
from itertools import count

from conversations.ids import BOOT_ID

MAX_BYTES = 32 * 1024
"""Bytes of one packet: a large message on a shared connection delays all small ones."""

_HEADER_BYTES = 100
_OWN = BOOT_ID.encode()


class Packets:
    """Splits our messages and joins those of other processes; our own come back to us and are ignored."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._begun: dict[tuple[bytes, bytes], list[bytes]] = {}

    def of(self, message: bytes) -> Iterator[bytes]:
        """Yield packets, each a header `sender number rest` and a slice; `rest` counts the packets that follow."""
        size = MAX_BYTES - _HEADER_BYTES
        slices = [message[start : start + size] for start in range(0, len(message), size)]
        number = next(self._numbers)
        for rest, part in zip(reversed(range(len(slices))), slices, strict=True):
            yield b"%s %d %d\n%s" % (_OWN, number, rest, part)

    def whole(self, packet: bytes) -> bytes | None:
        """Return the message that this packet completes; None while others are missing, and for our own."""
        if packet.startswith(_OWN):
            return None
        header, _, part = packet.partition(b"\n")
        sender, number, rest = header.split(b" ")
        if rest != b"0":
            self._begun.setdefault((sender, number), []).append(part)
            return None
        begun = self._begun.pop((sender, number), None)
        return part if begun is None else b"".join([*begun, part])

    def forget(self) -> None:
        """Drop incomplete messages after a lost connection."""
        self._begun.clear()
