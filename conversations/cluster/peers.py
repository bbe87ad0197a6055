"""The other processes of this site: relays our replies and events to them, and theirs to our viewers.

Nothing depends on it. After a lost connection to Redis, a process reads the rows and tells its viewers which
conversations changed. They open these again, as after a lost connection of their own.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from django.db import DatabaseError

from conversations.cluster import messages as crossing
from conversations.cluster.messages import (
    EventsLost,
    PresenceRequest,
    ReplyDelta,
    ReplyEnded,
    ReplySnapshot,
    SignedCommands,
    SnapshotRequest,
    StopRequest,
)
from conversations.cluster.mirror import MirroredReply
from conversations.cluster.redis_bus import Bus
from conversations.content.parts import LivePart
from conversations.live.hub import Hub
from conversations.live.reply import LiveReply
from conversations.live.viewer_events import Event
from conversations.models import Message
from conversations.workers import database_threads

ANSWER_SECONDS = 1.0
"""Seconds in which a reply's owner answers with a snapshot; a second later the row has it."""

BATCH_SECONDS = 0.1
"""Seconds in which several newcomers get one common answer about who is present."""

Changes = Callable[[datetime, list[UUID]], list[Event]]


class RedisPeers:
    """`stop`, `wake` and `commands` serve requests of other processes; `changes(since, people)` reads the rows."""

    def __init__(
        self,
        hub: Hub,
        url: str,
        *,
        stop: Callable[[LiveReply], None],
        wake: Callable[[], None],
        changes: Changes,
        commands: Callable[[str], None],
    ) -> None:
        self._hub, self._stop, self._wake, self._changes, self._commands = hub, stop, wake, changes, commands
        self._mirrors: dict[UUID, MirroredReply] = {}
        self._held: dict[UUID, deque[Event]] = {}
        """Events of the conversations in which an end waits for its last deltas, and that follow that end."""
        self._looks: set[asyncio.Task[None]] = set()
        self._naming: set[UUID] = set()
        self._bus = Bus(
            url,
            wanted=self._wanted,
            hear=self._hear,
            missed=self._look_again,
            lost=lambda since: crossing.to_bytes(EventsLost(since)),
        )

    def start(self) -> None:
        self._bus.start()

    async def close(self) -> None:
        await self._bus.close()

    def follow(self) -> None:
        """Subscribe to the channels of the conversations watched here."""
        self._bus.follow()

    # --- Sending to the other processes ---

    def publish_parts(self, reply: LiveReply, pieces: list[tuple[int, LivePart]]) -> None:
        """Publish the pieces that our viewers are being sent; call it on the loop."""
        if pieces:
            grown = ReplyDelta(reply.id, reply.conversation, pieces)
            self._bus.publish(self._channel(reply.conversation), crossing.to_bytes(grown))

    def announce(self, news: Event) -> None:
        """Publish an event that began here; call it on the loop."""
        self._ended(news)
        channel = self._channel(news.conversation) if news.people is None else self._bus.everywhere
        self._bus.publish(channel, crossing.to_bytes(news))

    def ask_who_is_here(self, conversation: UUID) -> None:
        """Request the people present in this conversation; call it on the loop."""
        self._bus.publish(self._channel(conversation), crossing.to_bytes(PresenceRequest(conversation)))

    def ask_to_stop(self, replies: Iterable[UUID]) -> None:
        """Ask the processes that write these replies to stop them; any thread may call it."""
        self._tell_everyone(StopRequest(tuple(replies)))

    def tell_of_the_end(self, reply: UUID) -> None:
        """Let the replies that wait for this one begin in each process; any thread may call it."""
        self._tell_everyone(ReplyEnded(reply))

    def pass_commands(self, signed: str) -> None:
        """Pass commands to the process that has their event stream; any thread may call it."""
        self._tell_everyone(SignedCommands(signed))

    def _tell_everyone(self, message: crossing.Message) -> None:
        if self._hub.loop is not None and not self._hub.loop.is_closed():
            self._hub.loop.call_soon_threadsafe(self._bus.publish, self._bus.everywhere, crossing.to_bytes(message))

    def may_end(self, reply: LiveReply) -> bool:
        """Return whether another process may have ended this reply of ours, for want of a heartbeat."""
        return reply.is_unconfirmed

    def replies(self) -> list[UUID]:
        """Return the replies of other processes that are watched here; any thread may call it."""
        return list(self._mirrors)

    # --- Late subscribers ---

    async def following(self, conversation: UUID) -> None:
        """Wait until this process receives the events of this conversation."""
        await self._bus.following(self._channel(conversation))

    async def mirrored(self, messages: list[Message]) -> list[LiveReply]:
        """Return mirrors with all of these replies so far: from their owners, else from the rows."""
        return list(await asyncio.gather(*map(self._mirrored, messages)))

    async def _mirrored(self, message: Message) -> MirroredReply:
        mirror = self._mirror(message.id, message.conversation_id)
        if mirror.in_step.is_set():
            return mirror
        self._ask(mirror)
        with suppress(TimeoutError):
            await asyncio.wait_for(mirror.in_step.wait(), ANSWER_SECONDS)
        if not mirror.in_step.is_set():
            row = await asyncio.wrap_future(database_threads.submit(Message.objects.filter(pk=message.id).first))
            self._adopt(mirror, (row or message).seq, (row or message).parts)
        return mirror

    def _mirror(self, reply: UUID, conversation: UUID) -> MirroredReply:
        if reply not in self._mirrors:
            self._mirrors[reply] = MirroredReply(reply, conversation)
        return self._mirrors[reply]

    def _ask(self, mirror: MirroredReply) -> None:
        """Request a snapshot, at most once a second: many pieces may arrive before the answer."""
        if time.monotonic() < mirror.asked_at + ANSWER_SECONDS:
            return
        mirror.asked_at = time.monotonic()
        self._bus.publish(self._bus.everywhere, crossing.to_bytes(SnapshotRequest(mirror.id)))

    # --- Receiving from the other processes ---

    def _channel(self, conversation: UUID) -> str:
        return self._bus.channel("conversation", conversation)

    def _wanted(self) -> list[str]:
        """Return the channels of the conversations watched here, and drop the mirrors of others."""
        watched = self._hub.subscriptions.conversations()
        self._mirrors = {key: mirror for key, mirror in self._mirrors.items() if mirror.conversation in watched}
        return [self._channel(conversation) for conversation in watched]

    def _hear(self, content: bytes) -> None:
        match crossing.from_bytes(content):
            case Event() as news:
                self._tell(news)
            case ReplyDelta(reply, conversation, pieces):
                self._grow(reply, conversation, pieces)
            case ReplySnapshot(reply, seq, parts):
                if (mirror := self._mirrors.get(reply)) and not mirror.in_step.is_set():
                    self._adopt(mirror, seq, parts)
            case SnapshotRequest(reply):
                self._answer(reply)
            case StopRequest(replies):
                for live in [self._hub.replies[key] for key in replies if key in self._hub.replies]:
                    self._stop(live)
            case ReplyEnded():
                self._wake()
            case PresenceRequest(conversation):
                self._name_people(conversation)
            case SignedCommands(signed):
                self._commands(signed)
            case EventsLost(since):
                self._look_again(since)

    def _tell(self, news: Event) -> None:
        """Deliver an event of another process: a reply's end after its last deltas, what follows it after the end."""
        if (held := self._held.get(news.conversation)) is not None:
            held.append(news)
        elif (mirror := self._ended(news)) is None:
            self._hub.send_here(news)
        else:
            self._held[news.conversation] = deque()
            self._hub.finish(mirror, lambda: self._tell_end(news))

    def _tell_end(self, news: Event) -> None:
        held = self._held.pop(news.conversation)  # before anything can fail: else no more would come
        self._hub.send_here(news)
        for later in held:
            self._tell(later)

    def _ended(self, news: Event) -> MirroredReply | None:
        """Return the mirror whose reply this event ends."""
        if news.payload["type"] != "message.finished":
            return None
        return self._mirrors.pop(UUID(str(news.payload["message"]["id"])), None)

    def _grow(self, reply: UUID, conversation: UUID, pieces: list[tuple[int, LivePart]]) -> None:
        if not self._hub.subscriptions.is_watched(conversation):
            return
        mirror = self._mirror(reply, conversation)
        mirror.hear(pieces)
        if mirror.in_step.is_set():
            self._hub.mark_dirty(mirror)
        else:
            self._ask(mirror)

    def _adopt(self, mirror: MirroredReply, seq: int, parts: list[dict[str, object]]) -> None:
        if mirror.adopt(seq, parts):
            self._hub.skip(mirror, seq)
        self._hub.mark_dirty(mirror)

    def _answer(self, reply: UUID) -> None:
        if live := self._hub.replies.get(reply):
            said = live.snapshot()
            self._bus.publish(
                self._channel(live.conversation), crossing.to_bytes(ReplySnapshot(reply, said.seq, said.parts))
            )

    def _name_people(self, conversation: UUID) -> None:
        if conversation not in self._naming:
            self._naming.add(conversation)
            self._hub.call_later(BATCH_SECONDS, lambda: self._named(conversation))

    def _named(self, conversation: UUID) -> None:
        self._naming.discard(conversation)
        self._hub.presence.name(conversation)

    # --- After a lost connection ---

    def _look_again(self, since: float) -> None:
        """Request all mirrored replies again, and announce the changed conversations: events may be lost."""
        for mirror in self._mirrors.values():
            mirror.in_step.clear()
            mirror.asked_at = 0.0
            self._ask(mirror)
        task = asyncio.create_task(self._tell_changes(datetime.fromtimestamp(since, UTC)))
        self._looks.add(task)
        task.add_done_callback(self._looks.discard)

    async def _tell_changes(self, since: datetime) -> None:
        people = list({viewer.user_id for viewer in self._hub.subscriptions.everyone()})
        while True:
            try:
                changes = await asyncio.wrap_future(database_threads.submit(self._changes, since, people))
                break
            except DatabaseError:
                await asyncio.sleep(ANSWER_SECONDS)
        for news in changes:
            self._hub.send_here(news)
