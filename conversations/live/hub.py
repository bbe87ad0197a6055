"""From any thread to every socket: one inbox, one loop, one way out."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from conversations.content.parts import LivePart, NumberedParts, public_fields
from conversations.live import frames
from conversations.live.interfaces import Alone, Peers, Viewer
from conversations.live.presence import Presence
from conversations.live.rendering import Renderer, by_frame
from conversations.live.reply import LiveReply, Rendering
from conversations.live.viewers import Subscription, Subscriptions
from conversations.models import Message
from providers.types import Delta

BUSY, CROWDED = 50, 200
"""Replies under way from which frames go out on the quick beat, and on the slow one."""
QUICK, SLOW = 0.015, 0.05
FAR = 2**32
"""Deltas, more than any reply has."""
LAGGING = 0.02
"""Seconds by which the loop may be late before it gets the slow beat."""

_logger = logging.getLogger(__name__)


class Hub:
    """Who watches what in this process, and the way from any thread to them."""

    def __init__(self) -> None:
        self.replies: dict[UUID, LiveReply] = {}
        self.loop: asyncio.AbstractEventLoop | None = None
        self.presence = Presence(self)
        self.viewings = Subscriptions(self.presence.parted)
        self.peers: Peers = Alone()
        self._inbox: deque[Callable[[], None]] = deque()
        self._grown: deque[LiveReply] = deque()
        """Replies that have something to send, each once."""
        self._awake = False
        self._woken_at = 0.0
        self._beating = False
        self._beat_at = 0.0
        self._lag = 0.0
        self._renderer = Renderer()

    # --- From any thread ---

    def begin(self, reply: LiveReply) -> None:
        self.replies[reply.id] = reply

    def feed(self, reply: LiveReply, delta: Delta | LivePart) -> None:
        """Queue this delta; most find their reply in the queue, or the beat about to come, and wake nobody."""
        reply.pending.append(delta)
        self.grow(reply)

    def grow(self, reply: LiveReply) -> None:
        """This reply has something to send: it does, with the next beat."""
        if not reply.grown:
            reply.grown = True
            self._grown.append(reply)
            if not self._beating:
                self._wake()

    def end(self, reply: LiveReply, when_flushed: Callable[[], None]) -> None:
        """Send what is left of this reply, then call `when_flushed`, once."""
        self._put(partial(self.finish, reply, when_flushed))

    def rest(self) -> float:
        """Seconds for which a thread that has read everything may leave its vendor alone: two beats where many run, and
        three where all of them are too many, for waking costs more than reading."""
        return (2 if self._lag < LAGGING else 3) * self._pause()

    def forget(self, reply_id: UUID) -> None:
        """This reply's row is terminal, or somebody else's."""
        self.replies.pop(reply_id, None)

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do this on the loop after a while; it must not block."""
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.call_later, seconds, work)

    def publish(self, *news: frames.Event) -> None:
        """Send these events, in this order, to everyone whom they concern, in every process."""
        self._inbox.extend(partial(self.announce, each) for each in news)
        self._wake()

    def remind(self) -> None:
        """Name everybody who is here once more, to those who may have missed it or look on from elsewhere."""
        self._put(self.presence.name_everyone)

    def _put(self, work: Callable[[], None]) -> None:
        self._inbox.append(work)
        self._wake()

    def _wake(self) -> None:
        if self._awake:
            return
        self._awake, self._woken_at = True, time.monotonic()
        if self.loop is None or self.loop.is_closed():
            self._drain()
        else:
            self.loop.call_soon_threadsafe(self._drain)

    # --- On the loop ---

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """The loop that all sockets of this process live on."""
        self.loop = loop

    def join(self, viewer: Viewer, conversation: UUID, html: bool) -> Subscription:
        """Watch a conversation; its events are held back until `release`."""
        viewing = self.viewings.join(viewer, conversation, html)
        self.peers.follow()
        return viewing

    async def following(self, conversation: UUID) -> None:
        """Wait until nothing that happens in this conversation, in any process, can escape us."""
        await self.peers.following(conversation)

    async def mirrored(self, messages: list[Message]) -> list[LiveReply]:
        """These replies, which other processes write, all of them so far."""
        return await self.peers.mirrored(messages)

    async def look(self, viewing: Subscription, reply: LiveReply) -> dict[str, Any]:
        """What this reply has said so far, for somebody who comes in the middle."""
        snapshot = reply.snapshot()
        entry: dict[str, Any] = {
            "message": str(reply.id),
            "seq": snapshot.seq,
            "text": snapshot.text,
            "thought": snapshot.thought,
            "parts": [public_fields(part) for part in snapshot.parts if part["kind"] not in ("text", "thought")],
        }
        if viewing.html and snapshot.text:
            assert self.loop is not None
            rendering = await self._renderer.render_for(self.loop, viewing, reply, snapshot.text)
            entry["html"] = {"done": rendering.done, "live": rendering.live}
        if reply.waiting:
            entry["waiting"] = reply.waiting
        return entry

    def release(self, viewing: Subscription, revision: int, seqs: dict[str, int]) -> None:
        """Send what was held back, less what an ack up to `revision` and `seqs` has told already."""
        held, viewing.held, viewing.known = viewing.held or [], None, revision
        for stamp, frame in held:
            self._send_news(viewing, stamp, frame, seqs)
        if not viewing.left:
            self.presence.arrived(viewing)

    def finish(self, reply: LiveReply, when_flushed: Callable[[], None]) -> None:
        reply.when_flushed = when_flushed
        self._flush(reply)

    def announce(self, news: frames.Event) -> None:
        """Tell everyone whom it concerns, in every process."""
        self.tell(news)
        self.peers.announce(news)

    def tell(self, news: frames.Event) -> None:
        """Send an event to everyone here whom it concerns."""
        if news.people is None:
            for viewing in self.viewings.of_conversation(news.conversation):
                self._tell(viewing, news.stamp, news.frame(viewing.html))
            return
        for viewer in (viewer for user_id in news.people for viewer in self.viewings.of_person(user_id)):
            here = self.viewings.find(viewer, news.conversation)
            if here is None or news.is_farewell:
                self.viewings.part(viewer, news.conversation)
                self.send([viewer], news.frame(html=False))
            else:
                self._tell(here, news.stamp, news.frame(html=False))

    def skip(self, reply: LiveReply, seq: int) -> None:
        """Viewers here have missed words of this reply, up to `seq` or more: a number that is nobody's next makes them
        open the conversation again."""
        viewings = [viewing for viewing in self.viewings.of_conversation(reply.conversation) if viewing.held is None]
        stamp = frames.Position(message=str(reply.id), seq=seq + FAR)
        self._fan_out(viewings, stamp, frames.delta(reply.conversation, reply.id, seq + FAR, LivePart()))

    def people(self, conversation: UUID) -> dict[UUID, str]:
        """Return who looks at this conversation, with their names, as far as the others have been told."""
        return self.viewings.people(conversation)

    def watched(self) -> set[UUID]:
        """Return every conversation that somebody here looks at."""
        return self.viewings.conversations()

    def _tell(self, viewing: Subscription, stamp: frames.Position, frame: bytes) -> None:
        if viewing.held is None:
            self._send_news(viewing, stamp, frame, {})
        else:
            viewing.held.append((stamp, frame))

    def _send_news(self, viewing: Subscription, stamp: frames.Position, frame: bytes, seqs: dict[str, int]) -> None:
        """Send it unless it tells what was told: the news of an end is told again where it may have been lost."""
        if stamp.is_news_after(viewing.known, seqs):
            viewing.known = stamp.revision or viewing.known
            self.send([viewing.viewer], frame)

    # --- The beat ---

    def _drain(self) -> None:
        self._awake = False  # before popping: what comes from here on wakes us again
        while self._inbox:
            self._inbox.popleft()()
        wait = self._beat_at + self._pause() - time.monotonic()
        if wait <= 0 or self.loop is None:
            self._beat(self._woken_at)
        elif self._grown and not self._beating:
            self._beating = True
            self.loop.call_later(wait, self._beat, time.monotonic() + wait)

    def _pause(self) -> float:
        """Seconds between two frames of one reply; none while the load is low."""
        if len(self.replies) > CROWDED or self._lag > LAGGING:
            return SLOW
        return QUICK if len(self.replies) > BUSY else 0.0

    def _beat(self, due: float) -> None:
        """One frame for each reply that has grown: one wake and one timer for all of them."""
        self._beating = False  # before popping, as above
        self._beat_at = time.monotonic()
        self._lag = self._beat_at - due
        for _ in range(len(self._grown)):
            self._flush(self._grown.popleft())

    def _flush(self, reply: LiveReply) -> None:
        if reply.rendering or self._put_off(reply):
            return
        if self._may_be_anothers(reply):
            reply.grown = False  # the next word, or the next checkpoint, brings it here again
            return
        pieces = reply.take()
        if reply.id in self.replies:
            self.peers.relay(reply, pieces)
        viewings = self.viewings.of_conversation(reply.conversation)
        if self.loop is not None and self._renderer.is_wanted(reply, viewings, pieces):
            rendered = partial(self._rendered, reply, viewings, pieces)
            self._renderer.render(self.loop, reply, len(self.replies) > BUSY, rendered)
        else:
            self._relay(reply, viewings, pieces, None)

    def _may_be_anothers(self, reply: LiveReply) -> bool:
        """Whether another process may have ended it meanwhile: then its words wait until its row has been written."""
        return reply.id in self.replies and self.peers.may_end(reply)

    def _put_off(self, reply: LiveReply) -> bool:
        """Whether these words wait, because those before have only just gone out; the end of a reply never does."""
        if reply.when_flushed is not None or self.loop is None:
            return False
        wait = reply.pace.wait()
        if wait > 0 and not reply.pace.is_kept:
            reply.pace.is_kept = True
            self.loop.call_later(wait, self._take_up, reply)
        return wait > 0

    def _take_up(self, reply: LiveReply) -> None:
        reply.pace.is_kept = False
        self._flush(reply)

    def _rendered(
        self, reply: LiveReply, viewings: list[Subscription], pieces: NumberedParts, rendering: Rendering | None
    ) -> None:
        self._relay(reply, viewings, pieces, rendering)
        if reply.pending or reply.when_flushed:
            self._flush(reply)

    def _relay(
        self, reply: LiveReply, viewings: list[Subscription], pieces: NumberedParts, rendering: Rendering | None
    ) -> None:
        """Send these pieces to those who looked on when they were taken; the last one carries the HTML."""
        for seq, piece in pieces:
            plain = frames.delta(reply.conversation, reply.id, seq, piece)
            stamp = frames.Position(message=str(reply.id), seq=seq)
            last = rendering if seq == pieces[-1][0] else None
            for frame, audience in by_frame(reply, viewings, seq, piece, plain, last):
                self._fan_out(audience, stamp, frame)
        if reply.when_flushed is not None and not reply.pending:
            when_flushed, reply.when_flushed = reply.when_flushed, None
            when_flushed()

    def _fan_out(self, viewings: list[Subscription], stamp: frames.Position, frame: bytes) -> None:
        """To all of these at once, less those who have left since and those whose ack is still to come."""
        here = [viewing for viewing in viewings if not viewing.left]
        for viewing in here:
            if viewing.held is not None:
                viewing.held.append((stamp, frame))
        if ready := [viewing.viewer for viewing in here if viewing.held is None]:
            self.send(ready, frame)

    def send(self, viewers: list[Viewer], frame: bytes) -> None:
        for viewer in viewers:
            try:
                viewer.push(frame)
            except Exception:
                _logger.exception("A socket failed; the others go on.")


hub = Hub()
