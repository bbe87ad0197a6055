"""A client's connection: it admits a person, reads commands, answers each and forwards events. It decides nothing."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from django.db import DatabaseError

from conversations import actions
from conversations.connections import authentication, frames, opening
from conversations.connections.inbound_limit import inbound_limit
from conversations.errors import Refused
from conversations.live import Subscription, hub
from conversations.live.interfaces import Credential
from conversations.live.viewer_events import ViewerEvent
from conversations.models import User
from conversations.protocol import commands, parsing, strict_json
from conversations.workers import database_threads

P = ParamSpec("P")
T = TypeVar("T")

TYPING_SECONDS = 1.0
LONG_FRAME = 16_384
"""Characters of a frame from which parsing it would delay all others on the loop."""
MAX_AHEAD = 48 * 1024
"""Unread bytes of a client from which its frames of a reply become fewer and larger."""
SIGNED_OUT, TOO_MANY_SOCKETS, FLOODED, UNAVAILABLE = 4401, 4409, 4413, 4503


class _SignedOut(Refused):
    """Says that the session or token behind a connection has ended."""

    def __init__(self) -> None:
        super().__init__("signed_out", "You are signed out.")


class Connection:
    """One client's connection: commands go in by `receive`, frames come out by `pass_on`, and `close` takes its code.

    `unread` returns how many bytes the client has not read yet. All is called on the loop. A brief connection ends
    once its commands are answered, and stays subscribed to nothing.
    """

    user_id: UUID
    person_name: str

    def __init__(
        self,
        credential: Credential,
        pass_on: Callable[[bytes], None],
        close: Callable[[int], None],
        *,
        unread: Callable[[], int] = int,
        is_brief: bool = False,
    ) -> None:
        self.credential, self.is_brief = credential, is_brief
        self.is_over = False
        self._pass_on, self._close, self._unread = pass_on, close, unread
        self._is_admitted = self._reads_html = self._is_brief = False
        self._typing: tuple[UUID, float] | None = None

    # --- Beginning and end ---

    async def admit(self, expected: str | None = None) -> User | None:
        """Return the person of the credential and begin to forward events, or end the connection.

        `expected` is the id of the person for whom a page was loaded; another one's session ends it, too.
        """
        try:
            person = await asyncio.wrap_future(database_threads.submit(authentication.authenticate, self))
        except DatabaseError:
            self.end(UNAVAILABLE)
            return None
        if self.is_over:
            return None
        if person is None or expected not in (None, str(person.id)):
            self.end(SIGNED_OUT)
            return None
        self.user_id, self.person_name, self._is_admitted = person.id, person.name, True
        hub.subscriptions.add_viewer(self)
        return person

    def end(self, code: int) -> None:
        """End the connection with this code, once."""
        if not self.is_over:
            self.leave()
            self._close(code)

    def leave(self) -> None:
        """Forget a connection that is over, for whatever reason; a second call does nothing."""
        self.is_over = True
        if self._is_admitted:
            self._is_admitted = False
            hub.subscriptions.remove_viewer(self)

    # --- Input ---

    async def receive(self, frame: str | None) -> None:
        """Carry out the command in a frame and answer it; None stands for a frame of bytes."""
        if self.is_over:
            return
        fields: dict[str, Any] = {}
        try:
            fields = await self._read(frame)
            await self._answer(parsing.parse(fields))
        except _SignedOut:
            self.end(SIGNED_OUT)
        except Refused as refusal:
            self._refuse(parsing.reference(fields), refusal)
        except DatabaseError:
            self._refuse(parsing.reference(fields), Refused("unavailable", "The database does not answer."))

    async def _read(self, frame: str | None) -> dict[str, Any]:
        """Return the object in a frame; a long one is parsed off the loop; raises Refused over the rate limit."""
        if frame is None:
            raise Refused("bad_frame", "Frames are text, not bytes.")
        if not inbound_limit.allows(self.user_id, len(frame)):
            if inbound_limit.is_flooded(self.user_id):
                self.end(FLOODED)
            raise Refused("rate_limited", "You have sent too much in a short time.")
        if len(frame) <= LONG_FRAME:
            return strict_json.json_object(frame)
        return await asyncio.wrap_future(database_threads.submit(strict_json.json_object, frame))

    # --- Calls by the hub ---

    def push(self, event: ViewerEvent) -> None:
        if not self.is_over:
            self._pass_on(event.websocket_frame or frames.frame_of(event))

    @property
    def is_behind(self) -> bool:
        """Return whether the client has not read what would take a slow line a second."""
        return self._unread() > MAX_AHEAD

    def sign_out(self) -> None:
        """End the connection because its session has ended."""
        self.end(SIGNED_OUT)

    def close_oldest(self) -> None:
        """End the connection because this person has opened too many since."""
        self.end(TOO_MANY_SOCKETS)

    # --- Commands ---

    async def _answer(self, command: commands.Command) -> None:
        match command.body:
            case commands.Open() as body:
                await self._open(command.id, body)
            case commands.Close(conversation):
                hub.subscriptions.unsubscribe(self, conversation)
                self._ack(command.id)
            case commands.Send() as body:
                await self._send(command, body)
            case commands.Read(conversation, revision, leaves_unseen):
                await self._write(actions.mark_read, conversation, revision, leaves_unseen=leaves_unseen)
                self._ack(command.id)
            case commands.Edit() | commands.Retry() | commands.Continue() as body:
                await self._change(command, body)
            case commands.Stop() as body:
                await self._write(actions.stop_reply, body)
                self._ack(command.id)
            case commands.Verify() as body:
                await self._write(actions.verify_reply, body)
                self._ack(command.id)
            case commands.Unverify(message):
                await self._write(actions.unverify_reply, message)
                self._ack(command.id)
            case commands.AssignRemark(remark, person):
                await self._write(actions.assign_remark, remark, person)
                self._ack(command.id)
            case commands.ResolveRemark(remark, is_resolved):
                await self._write(actions.resolve_remark, remark, is_resolved=is_resolved)
                self._ack(command.id)
            case commands.DeleteRemark(remark):
                await self._write(actions.delete_remark, remark)
                self._ack(command.id)
            case commands.AddRemark() | commands.ReplyToRemark() | commands.Fork() as body:
                self._ack(command.id, **await self._write(_ONCE[type(body)], command))
            case commands.Choose(message):
                await self._write(actions.choose_branch, message)
                self._ack(command.id)
            case commands.Look(message):
                self._ack(command.id, **await self._in_database(opening.look_at, message))
            case commands.Typing(conversation):
                await self._type(conversation)
                self._ack(command.id)
            case commands.ReadNotifications(notification):
                self._ack(command.id, **await self._write(actions.read_notifications, notification))
            case commands.Ping(known):
                self._ack(command.id, moved=await self._in_database(actions.changed_conversations, known))

    async def _type(self, conversation: UUID) -> None:
        """Announce typing at most once a second, however often the client sends it."""
        if (
            self._typing is None
            or self._typing[0] != conversation
            or time.monotonic() - self._typing[1] > TYPING_SECONDS
        ):
            await self._in_database(actions.tell_typing, conversation)
            self._typing = conversation, time.monotonic()

    async def _open(self, command_id: str, body: commands.Open) -> None:
        self._reads_html, self._is_brief = body.html, body.brief
        subscription = hub.subscribe(self, body.conversation, body.html, body.brief)
        ours = dict(hub.replies)  # a reply that ends meanwhile holds more text than the row read below
        await hub.following(body.conversation)
        try:
            opened = await self._in_database(opening.open_conversation, body)
            news = await asyncio.wrap_future(database_threads.submit(opened.messages, body.html))
        except (Refused, DatabaseError):
            hub.subscriptions.unsubscribe(self, body.conversation)
            raise
        replies = ours | hub.replies
        elsewhere, here = opened.elsewhere(replies), opened.live(replies)
        mirrored = await hub.mirrored(elsewhere)
        streaming = [await hub.snapshot_for(subscription, live) for live in [*here, *mirrored]]
        if not mirrored:
            streaming += map(opening.as_stored, elsewhere)
        self._ack(command_id, revision=opened.revision, **news, streaming=streaming, **opened.place())
        seqs = opened.seqs() | {entry["message"]: entry["seq"] for entry in streaming}
        self._follow(subscription, opened.revision, seqs)

    async def _send(self, command: commands.Command, body: commands.Send) -> None:
        conversation = body.conversation or actions.new_conversation_id()
        ack = await self._joined(command, conversation, actions.post_message, command, conversation)
        if (first := UUID(ack["conversation"])) != conversation:  # a repeated send: the first one began another
            hub.subscriptions.unsubscribe(self, conversation)
            if hub.subscriptions.find(self, first) is None:
                self._follow(hub.subscribe(self, first, self._reads_html, self._is_brief))

    async def _change(
        self, command: commands.Command, body: commands.Edit | commands.Retry | commands.Continue
    ) -> None:
        conversation = await asyncio.wrap_future(database_threads.submit(actions.conversation_of, body.message))
        await self._joined(command, conversation, _CHANGES[type(body)], command)

    async def _joined(
        self,
        command: commands.Command,
        conversation: UUID,
        act: Callable[Concatenate[User, P], dict[str, Any]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> dict[str, Any]:
        """Subscribe before the commit of a change, with events held until the ack."""
        newcomer: Subscription | None = None
        if hub.subscriptions.find(self, conversation) is None:
            newcomer = hub.subscribe(self, conversation, self._reads_html, self._is_brief)
            await hub.following(conversation)
        try:
            ack = await self._write(act, *args, **kwargs)
        except (Refused, DatabaseError):
            if newcomer:
                hub.subscriptions.unsubscribe(self, conversation)
            raise
        self._ack(command.id, **ack)
        if newcomer:
            self._follow(newcomer)
        return ack

    def _follow(self, subscription: Subscription, revision: int = 0, seqs: dict[str, int] | None = None) -> None:
        """Forward what was held back until the ack and all that follows; a brief connection asks again instead.

        Its person counts as nowhere present. A page that polls has no moment of leaving. Each of its questions would
        be announced to all subscribers, in each process. And the page itself is told of nobody.
        """
        if self.is_brief:
            hub.subscriptions.unsubscribe(self, subscription.conversation)
        else:
            hub.flush_buffer(subscription, revision, seqs or {})

    def _ack(self, command_id: str, **fields: Any) -> None:
        self._tell({"type": "ack", "id": command_id, **fields})

    def _refuse(self, command_id: str | None, refusal: Refused) -> None:
        self._tell({"type": "error", "id": command_id, **refusal.as_json()})

    def _tell(self, event: dict[str, Any]) -> None:
        if not self.is_over:
            self._pass_on(frames.frame(event))

    async def _in_database(self, work: Callable[Concatenate[User, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(
            database_threads.submit(self._for_us, lambda person: work(person, *args, **kwargs))
        )

    async def _write(self, work: Callable[Concatenate[User, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        done = database_threads.submit_change(self._for_us, lambda person: work(person, *args, **kwargs))
        return await asyncio.wrap_future(done)

    def _for_us(self, work: Callable[[User], T]) -> T:
        """Run `work` for the connection's present person, in a database thread; raises _SignedOut."""
        person = authentication.current_user(self)
        if person is None:
            raise _SignedOut
        return work(person)


_ONCE: dict[type, Callable[[User, commands.Command], dict[str, Any]]] = {
    commands.AddRemark: actions.add_remark,
    commands.ReplyToRemark: actions.reply_to_remark,
    commands.Fork: actions.fork_conversation,
}
_CHANGES: dict[type, Callable[[User, commands.Command], dict[str, Any]]] = {
    commands.Edit: actions.edit_message,
    commands.Retry: actions.retry_reply,
    commands.Continue: actions.continue_reply,
}
