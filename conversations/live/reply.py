"""One reply while it is written."""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from conversations.content.parts import LivePart, NumberedParts, Parts, merge_text
from conversations.live.flood_limit import FloodLimit
from conversations.markdown import GrowingMarkdown
from conversations.models import Message
from providers.client.stream import Stream
from providers.pool.route_search import RouteSearch
from providers.types import Delta

CONFIRMED_FOR = 4.0
"""Seconds; after five without a heartbeat others may end a reply."""


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
        self.row: Message | None = None
        """As it was created, until somebody has looked at it."""
        self.stream: Stream | None = None
        self.stopped = False
        self._halted: Future[None] = Future()
        """Done when it is stopped."""
        self.lost = False
        """Somebody else has ended it: whatever comes from now on is not shown."""
        self.checkpoint_at = time.monotonic()
        self.fed = Parts()
        """What has been fed to the hub."""
        self.owed: list[Callable[[], None]] = []
        """What could not be written of its calls, to be written with its end; each does nothing the second time."""
        self.made = 0
        """Files that have come with it so far."""
        self.heard = False
        """Something has come from the vendor: no other is asked any more."""
        self.search: RouteSearch | None = None
        self.waiting: dict[str, Any] | None = None
        """Why it has not begun, and until when, as its viewers have been told."""
        self.key: UUID | None = None
        self.withdrawn = False
        self._asked = self._claimed = False
        self._lock = threading.Lock()
        self._sent, self._seq = Parts(), 0
        self._growing, self._parts_passed = GrowingMarkdown(), 0
        self.pending: deque[Delta | LivePart] = deque()
        """What the loop has not taken yet."""
        self.grown = False
        """The loop has been told, or is about to be."""
        # The rest belongs to the loop alone.
        self.pace = FloodLimit()
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

    def put_back(self) -> bool:
        """Nobody runs this reply any more, until it is claimed again; False if it is to be stopped instead."""
        with self._lock:
            self.stream, self.key = None, None
            self._claimed = self.stopped
            return not self.stopped

    def attach(self, stream: Stream, key: UUID | None) -> None:
        """From now on `stop` hangs up on this stream, and `withdraw` does if it uses a key that is no longer wanted."""
        with self._lock:
            self.stream, self.key, self.withdrawn = stream, key, False
            stopped = self.stopped
        if stopped:
            stream.stop()

    def stop(self) -> None:
        """Hang up on the vendor at once; any thread may ask."""
        with self._lock:
            if not self.stopped:
                self._halted.set_result(None)
            self.stopped = True
            stream = self.stream
        if stream is not None:
            stream.stop()

    def wait_for(self, work: "Future[Any]") -> None:
        """Until this work is done, or somebody stops the reply."""
        wait([work, self._halted], return_when=FIRST_COMPLETED)

    def pause(self, seconds: float) -> None:
        """For so long, or until somebody stops the reply."""
        wait([self._halted], timeout=seconds)

    @property
    def is_unconfirmed(self) -> bool:
        """Its row has not been written for so long that it may soon count as abandoned."""
        return time.monotonic() - self.checkpoint_at > CONFIRMED_FOR

    def withdraw(self) -> None:
        """The key of this call was switched off: hang up, but not on the reply."""
        with self._lock:
            self.withdrawn = True
            stream = self.stream
        if stream is not None:
            stream.stop()

    def take(self) -> NumberedParts:
        """What has come since the last time, numbered, as sent from now on."""
        self.grown = False  # before taking: what comes from here on is told anew
        taken = [self.pending.popleft() for _ in range(len(self.pending))]
        self.pace.note(taken)
        pieces = list(merge_text(taken))
        if self.lost:
            return []
        with self._lock:
            for piece in pieces:
                self._sent.add(piece)
            first, self._seq = self._seq + 1, self._seq + len(pieces)
        return list(enumerate(pieces, first))

    def snapshot(self) -> Snapshot:
        with self._lock:
            return Snapshot(self._seq, self._sent.text(), self._sent.thought(), self._sent.as_json())

    def text(self) -> str:
        with self._lock:
            return self._sent.text()

    def render(self, text: str, seconds: float) -> "Rendering":
        """Bring the growing HTML up to `text`, the rest plain after so many seconds; only ever in the one thread."""
        begun = time.perf_counter()
        self._close_at_parts(text, seconds)
        self._growing.update(text, seconds)
        return Rendering(tuple(self._growing.done), self._growing.live, time.perf_counter() - begun)

    def _close_at_parts(self, text: str, seconds: float) -> None:
        """Where words follow a part, they are a text of their own; a part at the end may be newer than `text`."""
        with self._lock:
            places = self._sent.places()
        for place in places[self._parts_passed :]:
            if place >= len(text):
                break
            self._growing.part(text[:place], seconds)
            self._parts_passed += 1
