"""The mirror of a reply that another process writes."""

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from conversations.content.parts import LivePart, NumberedParts, Parts
from conversations.live.reply import LiveReply
from providers.types import Part


class MirroredReply(LiveReply):
    """A reply fed with numbered pieces on the loop; `in_step` is set while no piece is missing."""

    def __init__(self, reply_id: UUID, conversation: UUID) -> None:
        super().__init__(reply_id, conversation, attempt=0)
        self.in_step = asyncio.Event()
        self.asked_at = 0.0
        self._next = 1
        self._ahead: NumberedParts = []

    def hear(self, pieces: NumberedParts) -> None:
        """Add pieces; those after a gap wait for `adopt`."""
        if pieces and pieces[0][0] == 1:
            self.in_step.set()
        self._ahead += [(seq, piece) for seq, piece in pieces if seq >= self._next]
        if self.in_step.is_set():
            self._step()

    def adopt(self, seq: int, parts: Iterable[dict[str, Any]]) -> bool:
        """Take the reply's state at `seq` unless it is known already; returns True if viewers missed something."""
        missed = seq >= self._next
        if missed:
            said = Parts()
            said.add(LivePart(carried=tuple(map(Part.from_json, parts))))
            with self._lock:
                self._sent, self._seq = said, seq
            self._next = seq + 1
            self.pending.clear()
        self.in_step.set()
        self._step()
        return missed

    def take_pending(self) -> NumberedParts:
        self.is_dirty = False
        pieces: NumberedParts = list(self.pending)  # type: ignore[arg-type]  # numbered by the owning process
        self.pending.clear()
        with self._lock:
            for seq, piece in pieces:
                self._sent.add(piece)
                self._seq = seq
        return pieces

    def _step(self) -> None:
        """Move the pieces that follow without a gap to `pending`; the others wait."""
        ahead, self._ahead = self._ahead, []
        for seq, piece in ahead:
            if seq == self._next:
                self.pending.append((seq, piece))  # type: ignore[arg-type]
                self._next += 1
            elif seq > self._next:
                self.in_step.clear()
                self._ahead.append((seq, piece))
