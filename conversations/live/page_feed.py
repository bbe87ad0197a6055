"""The pieces of one reply that its pages lack, and when they get them; pages are viewers that read HTML."""

import time
from collections import deque
from collections.abc import Iterator

from conversations.content.parts import LivePart, NumberedParts

ALLOWANCE_BYTES = 4_000
"""Bytes of frames that a page of a reply gets at once, beside those that its text earns."""
BYTES_A_BYTE = 2.4
"""Bytes of frames that each byte of text earns."""
PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.05, 0.25
"""Seconds between two frames of a reply that has spent too much, after a small one and a large one."""
BYTES_A_SECOND = 3_000
"""Bytes of frames that such a reply is sent in a second, within the limits of the pause."""

Numbered = tuple[int, int, LivePart]
"""The seqs of the first and the last piece in one."""


class PageFeed:
    """The pieces of one reply that some page lacks, and the bytes that its pages may still be sent."""

    def __init__(self) -> None:
        self.is_rendering = False
        self.is_kept = False
        """True while a delayed update is scheduled."""
        self.render_due = 0.0
        self.last = 0
        """The seq of the last piece that came."""
        self._before = 0
        self._pieces: deque[tuple[int, LivePart]] = deque()
        self._credit, self._next_at = float(ALLOWANCE_BYTES), 0.0

    @property
    def first(self) -> int:
        """Return the seq of the first piece, or 0."""
        return self._pieces[0][0] if self._pieces else 0

    def grow(self, pieces: NumberedParts) -> None:
        """Add the next pieces, which its pages in step get one by one."""
        self._pieces.extend(pieces)
        if pieces:
            self._before, self.last = pieces[0][0] - 1, pieces[-1][0]
        self._credit += BYTES_A_BYTE * sum(map(_size, (piece for _, piece in pieces)))

    def spend(self, size: int) -> None:
        """Count a frame of so many bytes."""
        self._credit -= size
        pause = min(MAX_PAUSE_SECONDS, max(PAUSE_SECONDS, size / BYTES_A_SECOND))
        self._next_at = time.monotonic() + pause

    def wait(self) -> float:
        """Return the time until the next frame may go out: seconds."""
        return 0.0 if self._credit > 0 else self._next_at - time.monotonic()

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def between(self, known: int, last: int) -> list[Numbered]:
        """Return the pieces after one seq up to another; for a page that has fallen behind, as few as possible."""
        pieces = [(seq, piece) for seq, piece in self._pieces if known < seq <= last]
        return list(joined(pieces)) if known < self._before else [(seq, seq, piece) for seq, piece in pieces]

    def forget(self, known: int) -> None:
        """Forget the pieces that all pages have."""
        while self._pieces and self._pieces[0][0] <= known:
            self._pieces.popleft()


def _size(piece: LivePart) -> int:
    return len(piece.text.encode(errors="replace")) + len(piece.thought.encode(errors="replace"))


def joined(pieces: NumberedParts) -> Iterator[Numbered]:
    """Yield the fewest pieces that carry these in the same order of text, thought and parts."""
    first = last = 0
    text: list[str] = []
    thought: list[str] = []
    for seq, piece in pieces:
        if (piece.part is not None or (piece.thought and text)) and (text or thought):
            yield first, last, LivePart("".join(text), "".join(thought))
            text, thought, first = [], [], 0
        if piece.part is not None:
            yield seq, seq, piece
            continue
        first, last = first or seq, seq
        text += [piece.text] if piece.text else []
        thought += [piece.thought] if piece.thought else []
    if first:
        yield first, last, LivePart("".join(text), "".join(thought))
