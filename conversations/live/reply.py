"""One reply while it is written."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from conversations import markdown
from conversations.content.parts import LivePart, NumberedParts, Parts, merge_text, public_fields
from conversations.live.flood_limit import FloodLimit
from conversations.live.page_feed import PageFeed
from conversations.models import Message
from providers import clock
from providers.pool.route_search import RouteSearch
from providers.types import Delta

CONFIRMED_SECONDS = 4.0
"""Seconds; after five without a heartbeat, other processes may end a reply."""


class Stoppable(Protocol):
    """A call of a vendor that `stop` ends."""

    def stop(self) -> None: ...


class Drawing(Protocol):
    """A call for pictures: the vendor makes and charges them once the request has left, whoever hangs up."""

    @property
    def has_left(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The content of a reply up to `seq`."""

    seq: int
    text: str
    thought: str
    parts: list[dict[str, Any]]
    thinking: float | None
    """How long a thought under way has been going on: seconds."""
    is_drawn: bool = False
    """True while a vendor makes pictures for it."""

    def public(self) -> dict[str, Any]:
        """Return what a late subscriber is told of it."""
        parts = [public_fields(part) for part in self.parts if part["kind"] not in ("text", "thought")]
        told = {"seq": self.seq, "text": self.text, "thought": self.thought, "parts": parts}
        return told if self.thinking is None else {**told, "thinking": self.thinking}


@dataclass(frozen=True, slots=True)
class Rendering:
    """A version of a reply's HTML, the patches to it from earlier ones, and the time that it took: seconds."""

    version: markdown.Version
    patches: dict[markdown.Version, markdown.Patch]
    seconds: float


class LiveReply:
    """One reply while it is written: the part sent to its viewers, and the pending deltas."""

    def __init__(self, reply_id: UUID, conversation: UUID, attempt: int) -> None:
        self.id, self.conversation, self.attempt = reply_id, conversation, attempt
        self.row: Message | None = None
        """The row from creation, until the reply is first prepared."""
        self.stream: Stoppable | None = None
        self.stopped = False
        self._halted: Future[None] = Future()
        """Done once the reply is stopped."""
        self.lost = False
        """True once another process has ended it; later deltas are not shown."""
        self.checkpoint_at = time.monotonic()
        self.fed = Parts()
        """The parts that were fed to the hub."""
        self.owed: list[Callable[[], None]] = []
        """Ledger writes that failed, to be written with the reply's end; each does nothing the second time."""
        self.folded = 0
        """Earlier replies that its prompt lacks, because the model's context window is full."""
        self.must_fold = False
        """True if what is above is folded first, whatever the context window."""
        self.window: int | None = None
        """Tokens of the context window that is assumed then."""
        self.is_folded = False
        """True once a summary of what is above was asked for; each reply asks for one at most."""
        self.made = 0
        """Files that it contains so far."""
        self.heard = False
        """True once a vendor has sent a delta; no other route is tried then."""
        self.search: RouteSearch | None = None
        self.waiting: dict[str, Any] | None = None
        """The announced reason for its wait, and the time until which it waits."""
        self.drawing: Drawing | None = None
        """The call for pictures whose cost is not recorded yet."""
        self.key: UUID | None = None
        self.withdrawn = False
        self._asked = self._claimed = False
        self._lock = threading.Lock()
        self._sent, self._seq = Parts(), 0
        self._growing, self._parts_passed, self._versions = markdown.GrowingMarkdown(), 0, markdown.Versions()
        self.pending: deque[Delta | LivePart] = deque()
        """The deltas that the loop has not taken yet."""
        self.is_dirty = False
        """True while the reply is queued for the loop."""
        # The rest is touched only on the loop.
        self.pace = FloodLimit()
        self.page = PageFeed()
        self.when_flushed: Callable[[], None] | None = None

    def ask(self) -> bool:
        """Return True unless a thread was already asked to check whether this reply may begin."""
        with self._lock:
            asked, self._asked = self._asked, True
            return not asked

    def begin_check(self) -> None:
        """Note that a thread is checking now, so that another one may be asked."""
        with self._lock:
            self._asked = False

    def claim(self) -> bool:
        """Return True for the one thread that may run this reply."""
        with self._lock:
            claimed, self._claimed = self._claimed, True
            return not claimed

    def put_back(self) -> bool:
        """Release the claim on this reply; returns False if it must be stopped instead."""
        with self._lock:
            self.stream, self.key = None, None
            self._claimed = self.stopped
            return not self.stopped

    def attach(self, stream: Stoppable, key: UUID | None) -> None:
        """Set the stream that `stop`, or `withdraw` for a withdrawn key, closes."""
        with self._lock:
            self.withdrawn = self.withdrawn and key == self.key  # the key of a reply's next call
            self.stream, self.key = stream, key
            is_unwanted = self.stopped or self.withdrawn
        if is_unwanted:
            stream.stop()

    def stop(self) -> None:
        """Close the vendor's stream at once; any thread may call it."""
        with self._lock:
            if not self.stopped:
                self._halted.set_result(None)
            self.stopped = True
            stream = self.stream
        if stream is not None:
            stream.stop()

    def wait_for(self, work: "Future[Any]") -> None:
        """Wait until this work is done or the reply is stopped."""
        wait([work, self._halted], return_when=FIRST_COMPLETED)

    def pause(self, seconds: float) -> None:
        """Wait so many seconds, or until the reply is stopped."""
        wait([self._halted], timeout=seconds)

    @property
    def is_unconfirmed(self) -> bool:
        """Return whether its row is so old that it may soon count as abandoned."""
        return time.monotonic() - self.checkpoint_at > CONFIRMED_SECONDS

    def withdraw(self) -> None:
        """Close the stream, but not the reply, because the call's key was withdrawn."""
        with self._lock:
            self.withdrawn = True
            stream = self.stream
        if stream is not None:
            stream.stop()

    def take_pending(self) -> NumberedParts:
        """Return the pending deltas, numbered, and count them as sent."""
        self.is_dirty = False  # before taking: later deltas then queue the reply again
        taken = [self.pending.popleft() for _ in range(len(self.pending))]
        self.pace.count(taken)
        pieces = list(merge_text(taken))
        if self.lost:
            return []
        with self._lock:
            for piece in pieces:
                self._sent.add(piece)
            first, self._seq = self._seq + 1, self._seq + len(pieces)
        return list(enumerate(pieces, first))

    def snapshot(self) -> Snapshot:
        drawing = self.drawing
        is_drawn = drawing is not None and drawing.has_left
        with self._lock:
            sent = self._sent
            return Snapshot(self._seq, sent.text(), sent.thought(), sent.as_json(), sent.thinking_seconds(), is_drawn)

    def text(self) -> str:
        with self._lock:
            return self._sent.text()

    def render(self, text: str, seconds: float, bases: Sequence[markdown.Version] = ()) -> Rendering:
        """Render up to `text`, with the rest plain after so many seconds; only in the rendering thread.

        The patches lead from the version before and from `bases` to this one.
        """
        begun = time.perf_counter()
        self._close_at_parts(text, seconds)
        self._growing.update(text, seconds)
        patches = self._versions.add(self._growing.done, self._growing.live, text, bases)
        return Rendering(self._versions.newest, patches, time.perf_counter() - begun)

    def _close_at_parts(self, text: str, seconds: float) -> None:
        """Close the text before each part that more text follows; a part at the end may be newer than `text`."""
        with self._lock:
            places = self._sent.places()
        for place in places[self._parts_passed :]:
            if place >= len(text):
                break
            self._growing.close_before_part(text[:place], seconds)
            self._parts_passed += 1


def time_left(until: datetime | None) -> dict[str, Any]:
    """Return the end of a wait and the whole seconds until then, for clients whose clock is wrong."""
    if until is None:
        return {}
    return {"until": until, "seconds": max(0, math.ceil((until - clock.now()).total_seconds()))}
