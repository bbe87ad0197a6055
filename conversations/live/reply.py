"""One reply while it is written."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from conversations.markdown import GrowingMarkdown
from conversations.parts import Parts, Piece, merged
from providers.streaming import Stream
from providers.types import Delta


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a reply has said up to `seq`."""

    seq: int
    text: str
    thought: str
    parts: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Rendering:
    """The HTML of a reply up to some text: all closed blocks, the open one, and the seconds that took."""

    done: tuple[str, ...]
    live: str
    seconds: float


class LiveReply:
    """One reply while it is written: what its viewers have been sent, and what they have not yet."""

    def __init__(self, reply_id: UUID, conversation: UUID, attempt: int) -> None:
        self.id, self.conversation, self.attempt = reply_id, conversation, attempt
        self.stream: Stream | None = None
        self.stopped = False
        self.lost = False
        self.checkpoint_at = time.monotonic()
        self.told_to_wait = False
        self._asked = self._claimed = False
        self._lock = threading.Lock()
        self._said, self._seq = Parts(), 0
        self._growing = GrowingMarkdown()
        self.pending: deque[Delta | Piece] = deque()
        """What the loop has not taken yet."""
        self.grown = False
        """The loop has been told, or is about to be."""
        # The rest belongs to the loop alone.
        self.rendering = False
        self.render_due = 0.0
        self.when_flushed: Callable[[], None] | None = None

    def ask(self) -> bool:
        """True unless a thread has been asked already to look whether this reply may begin."""
        with self._lock:
            asked, self._asked = self._asked, True
            return not asked

    def look(self) -> None:
        """A thread looks now; the next one may be asked."""
        with self._lock:
            self._asked = False

    def claim(self) -> bool:
        """True for the one thread that may run this reply."""
        with self._lock:
            claimed, self._claimed = self._claimed, True
            return not claimed

    @property
    def is_waiting(self) -> bool:
        """Nobody has begun to run it."""
        return not self._claimed

    def attach(self, stream: Stream) -> None:
        """From now on `stop` hangs up on this stream."""
        with self._lock:
            self.stream = stream
            stopped = self.stopped
        if stopped:
            stream.stop()

    def stop(self) -> None:
        """Hang up on the vendor at once; any thread may ask."""
        with self._lock:
            self.stopped = True
            stream = self.stream
        if stream is not None:
            stream.stop()

    def take(self) -> list[tuple[int, Piece]]:
        """What has come since the last time, numbered, as sent from now on."""
        self.grown = False  # before taking: what comes from here on is told anew
        pieces = list(merged([self.pending.popleft() for _ in range(len(self.pending))]))
        with self._lock:
            for piece in pieces:
                self._said.add(piece)
            first, self._seq = self._seq + 1, self._seq + len(pieces)
        return list(enumerate(pieces, first))

    def snapshot(self) -> Snapshot:
        with self._lock:
            return Snapshot(self._seq, self._said.text(), self._said.thought(), self._said.as_json())

    def text(self) -> str:
        with self._lock:
            return self._said.text()

    def render(self, text: str) -> "Rendering":
        """Bring the growing HTML up to `text`; only ever in the one rendering thread."""
        begun = time.perf_counter()
        self._growing.update(text)
        return Rendering(tuple(self._growing.done), self._growing.live, time.perf_counter() - begun)
