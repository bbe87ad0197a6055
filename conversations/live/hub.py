"""The hub, which carries events from any thread to the viewers through one queue on the event loop."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from conversations.content.parts import LivePart
from conversations.live.beat import Beat
from conversations.live.interfaces import Alone, Peers, Viewer
from conversations.live.presence import Presence
from conversations.live.rendering import Pages
from conversations.live.reply import LiveReply, time_left
from conversations.live.viewer_events import DeltaEvent, Event, ViewerEvent
from conversations.live.viewers import Subscription, Subscriptions
from conversations.models import Message
from providers.types import Delta

BUSY = 50
"""Replies under way above which their pages are rendered less often."""
FAR = 2**32
"""A number of deltas that no reply reaches."""

_logger = logging.getLogger(__name__)


class Hub:
    """The subscriptions of this process, and the way from any thread to their viewers."""

    def __init__(self) -> None:
        self.replies: dict[UUID, LiveReply] = {}
        self.loop: asyncio.AbstractEventLoop | None = None
        self.presence = Presence(self)
        self.subscriptions = Subscriptions(self.presence.parted)
        self.peers: Peers = Alone()
        self._inbox: deque[Callable[[], None]] = deque()
        self._dirty: deque[LiveReply] = deque()
        """Replies with deltas to send, each once."""
        self._awake = False
        self._woken_at = 0.0
        self._beating = False
        self._is_round = self._is_round_over = False
        self._beat = Beat()
        self._pages = Pages(self.subscriptions.of_conversation, self._fan_out, self._go_on)

    # --- From any thread ---

    def register(self, reply: LiveReply) -> None:
        self.replies[reply.id] = reply

    def feed(self, reply: LiveReply, delta: Delta | LivePart) -> None:
        """Queue this delta; it wakes the loop only if neither its reply is queued nor a beat is due."""
        reply.pending.append(delta)
        self.mark_dirty(reply)

    def mark_dirty(self, reply: LiveReply) -> None:
        """Let the next beat send this reply's new deltas."""
        if not reply.is_dirty:
            reply.is_dirty = True
            self._dirty.append(reply)
            if not (self._beating or self._is_round):
                self._wake()

    @contextmanager
    def one_round(self) -> Iterator[None]:
        """Send all that is fed meanwhile at once, at the end: for the one reader, which paces itself."""
        self._is_round = True
        try:
            yield
        finally:
            self._is_round = False
            if self._dirty:
                self._is_round_over = True
                self._wake()

    def end(self, reply: LiveReply, when_flushed: Callable[[], None]) -> None:
        """Send the rest of this reply, then call `when_flushed` once."""
        self._put(partial(self.finish, reply, when_flushed))

    def pause_between_reads(self, streams: int) -> float:
        """Return the time from one reading of so many vendors' streams to the next: seconds."""
        return self._beat.pause(streams)

    def forget(self, reply_id: UUID) -> None:
        """Remove a reply whose row is terminal, or owned by another process."""
        self.replies.pop(reply_id, None)

    def call_later(self, seconds: float, work: Callable[[], None]) -> None:
        """Run `work` on the loop after this time; it must not block."""
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.call_later, seconds, work)

    def publish(self, *news: Event) -> None:
        """Send these events in this order to all their recipients, in each process; any thread may call it."""
        self._inbox.extend(partial(self.announce, each) for each in news)
        self._wake()

    def remind(self) -> None:
        """Announce all present people again, for subscribers who missed it or are in other processes."""
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
        """Set the loop on which all sockets of this process live."""
        self.loop = loop

    def subscribe(self, viewer: Viewer, conversation: UUID, html: bool, brief: bool = False) -> Subscription:
        """Subscribe to a conversation; its events are held back until `flush_buffer`."""
        subscription = self.subscriptions.subscribe(viewer, conversation, html, brief)
        self.peers.follow()
        return subscription

    async def following(self, conversation: UUID) -> None:
        """Wait until this process receives all events of this conversation from all processes."""
        await self.peers.following(conversation)

    async def mirrored(self, messages: list[Message]) -> list[LiveReply]:
        """Return mirrors of these replies of other processes, with all text so far."""
        return await self.peers.mirrored(messages)

    async def snapshot_for(self, subscription: Subscription, reply: LiveReply) -> dict[str, Any]:
        """Return all of a reply so far, for a late subscriber."""
        snapshot = reply.snapshot()
        entry = {"message": str(reply.id), **snapshot.public()}
        if subscription.html:
            assert self.loop is not None
            entry |= await self._pages.snapshot_for(self.loop, subscription, reply, snapshot)
        if reply.waiting:
            entry["waiting"] = {**reply.waiting, **time_left(reply.waiting.get("until"))}
        return entry

    def flush_buffer(self, subscription: Subscription, revision: int, seqs: dict[str, int]) -> None:
        """Send the held events, without those that the ack up to `revision` and `seqs` covers."""
        held, subscription.buffered, subscription.revision_sent = subscription.buffered or [], None, revision
        for event in held:
            self._send_once(subscription, event, seqs)
        if not subscription.is_over:
            self.presence.arrived(subscription)

    def finish(self, reply: LiveReply, when_flushed: Callable[[], None]) -> None:
        reply.when_flushed = when_flushed
        self._flush(reply)

    def announce(self, news: Event) -> None:
        """Send an event to its recipients in each process."""
        self.send_here(news)
        self.peers.announce(news)

    def send_here(self, news: Event) -> None:
        """Send an event to its recipients in this process."""
        if news.people is None:
            ended = news.ended
            for subscription in self.subscriptions.of_conversation(news.conversation):
                shown = subscription.shown.pop(ended, None) if ended is not None else None
                self._send_or_hold(subscription, news.for_reader(subscription.html, subscription.viewer.user_id, shown))
            return
        plain = news.for_reader(html=False)
        for viewer in (viewer for user_id in news.people for viewer in self.subscriptions.of_person(user_id)):
            here = self.subscriptions.find(viewer, news.conversation)
            if here is None or news.removes_conversation:
                self.subscriptions.unsubscribe(viewer, news.conversation)
                self.send([viewer], plain)
            else:
                self._send_or_hold(here, plain)

    def revoke(self, viewer: Viewer, conversation: UUID) -> None:
        """End a subscription, because its person may no longer see the conversation."""
        self.subscriptions.unsubscribe(viewer, conversation)
        gone = {"type": "conversation.gone", "conversation": conversation, "revision": 0}
        self.send([viewer], Event(conversation, gone))

    def skip(self, reply: LiveReply, seq: int) -> None:
        """Make subscribers that missed deltas of this reply open the conversation again.

        It sends a seq beyond any expected one: clients open again when a seq is missing.
        """
        subscriptions = [
            subscription
            for subscription in self.subscriptions.of_conversation(reply.conversation)
            if subscription.buffered is None
        ]
        self._fan_out(subscriptions, DeltaEvent(reply.conversation, reply.id, seq + FAR, LivePart()))

    def people(self, conversation: UUID) -> dict[UUID, str]:
        """Return the announced people in this conversation, with their names."""
        return self.subscriptions.people(conversation)

    def watched(self) -> set[UUID]:
        """Return the conversations with a subscription in this process."""
        return self.subscriptions.conversations()

    def _send_or_hold(self, subscription: Subscription, event: Event) -> None:
        if subscription.buffered is None:
            self._send_once(subscription, event, {})
        else:
            subscription.buffered.append(event)

    def _send_once(self, subscription: Subscription, event: ViewerEvent, seqs: dict[str, int]) -> None:
        """Send the event unless the subscriber has it: an end may be announced twice."""
        if event.is_newer_than(subscription.revision_sent, seqs):
            subscription.revision_sent = event.revision or subscription.revision_sent
            self.send([subscription.viewer], event)

    # --- The beat ---

    def _drain(self) -> None:
        self._awake = False  # before popping: later events then wake the loop again
        while self._inbox:
            self._inbox.popleft()()
        wait = self._beat.wait(len(self.replies))
        if wait <= 0 or self._is_round_over or self.loop is None:
            self._flush_all(self._woken_at)
        elif self._dirty and not self._beating:
            self._beating = True
            self.loop.call_later(wait, self._flush_all, time.monotonic() + wait)

    def _flush_all(self, due: float) -> None:
        """Send one frame for each reply with new deltas: one wake-up and one timer for all of them."""
        self._beating = self._is_round_over = False  # before popping, as above
        self._beat.mark_sent(due)
        for _ in range(len(self._dirty)):
            self._flush(self._dirty.popleft())

    def _flush(self, reply: LiveReply) -> None:
        if reply.page.is_rendering or self._is_paced(reply):
            return
        is_ours = reply.id in self.replies
        if is_ours and self.peers.may_end(reply):  # another process may have: its deltas wait for a written row
            reply.is_dirty = False  # the next delta or checkpoint queues it again
            return
        pieces = reply.take_pending()
        if is_ours:
            self.peers.publish_parts(reply, pieces)
        readers = [one for one in self.subscriptions.of_conversation(reply.conversation) if not one.html]
        for seq, piece in pieces:
            self._fan_out(readers, DeltaEvent(reply.conversation, reply.id, seq, piece))
        self._pages.grew(self.loop, reply, pieces, busy=len(self.replies) > BUSY)
        if reply.when_flushed is not None and not reply.pending:
            when_flushed, reply.when_flushed = reply.when_flushed, None
            when_flushed()

    def _go_on(self, reply: LiveReply) -> None:
        """Take what has come while its pages' HTML was rendered."""
        if reply.pending or reply.when_flushed:
            self._flush(reply)

    def _is_paced(self, reply: LiveReply) -> bool:
        """Return whether these deltas wait because the last ones have just gone out; an end never waits."""
        if reply.when_flushed is not None or self.loop is None:
            return False
        wait = max(reply.pace.wait(), self._pages.wait(reply))
        if wait > 0 and not reply.pace.is_kept:
            reply.pace.is_kept = True
            self.loop.call_later(wait, self._flush_paced, reply)
        return wait > 0

    def _flush_paced(self, reply: LiveReply) -> None:
        reply.pace.is_kept = False
        self._flush(reply)

    def _fan_out(self, subscriptions: list[Subscription], event: DeltaEvent) -> None:
        """Send to all these subscriptions at once, or hold the frame for those without an ack; skip ended ones."""
        here = [subscription for subscription in subscriptions if not subscription.is_over]
        for subscription in here:
            if subscription.buffered is not None:
                subscription.buffered.append(event)
        if ready := [subscription.viewer for subscription in here if subscription.buffered is None]:
            self.send(ready, event)

    def send(self, viewers: list[Viewer], event: ViewerEvent) -> None:
        for viewer in viewers:
            try:
                viewer.push(event)
            except Exception:
                _logger.exception("A viewer failed; the others go on.")


hub = Hub()
