"""The websocket consumer: admits a person, reads commands, answers each, forwards events. It decides nothing."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import parse_qs
from uuid import UUID

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer
from django.db import DatabaseError

from conversations import actions
from conversations.errors import Refused
from conversations.live import Subscription, hub
from conversations.live.viewer_events import ViewerEvent
from conversations.models import User
from conversations.protocol import commands, parsing, strict_json
from conversations.websocket import authentication, frames, opening
from conversations.websocket.inbound_limit import inbound_limit
from conversations.workers import database_threads

P = ParamSpec("P")
T = TypeVar("T")

TYPING_SECONDS = 1.0
LONG_FRAME = 16_384
"""Characters of a frame from which parsing it would delay all others on the loop."""
SIGNED_OUT, TOO_MANY_SOCKETS, FLOODED, UNAVAILABLE = 4401, 4409, 4413, 4503


class _SignedOut(Refused):
    """Says that the session or token behind a socket has ended."""

    def __init__(self) -> None:
        super().__init__("signed_out", "You are signed out.")


class ChatConsumer(AsyncConsumer):  # type: ignore[misc]
    """One client's socket."""

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler directly: the stock method visits the shared database thread before each message."""
        await getattr(self, get_handler_name(message))(message)

    # --- Connecting and disconnecting ---

    async def websocket_connect(self, _message: dict[str, Any]) -> None:
        self.closing = False
        self.pass_on: Callable[[bytes], None] = self.scope["extensions"]["chatsite.relay"]
        self.reads_html = False
        await self.base_send({"type": "websocket.accept"})
        self.credential = authentication.credential_in(self.scope)
        try:
            person = await asyncio.wrap_future(database_threads.submit(authentication.authenticate, self))
        except DatabaseError:
            await self._close(UNAVAILABLE)
            return
        if person is None or self._is_meant_for_another(person):
            await self._close(SIGNED_OUT)
            return
        self.scope["extensions"]["chatsite.belong"](person.id)
        self.user_id: UUID = person.id
        self.person_name = person.name
        self.typing: tuple[UUID, float] | None = None
        hub.subscriptions.add_viewer(self)

    def _is_meant_for_another(self, person: User) -> bool:
        """Return whether the page was loaded for another person, whose words must not be sent as this one's."""
        expected = parse_qs(self.scope["query_string"].decode("latin-1")).get("person")
        return expected is not None and expected != [str(person.id)]

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self.closing:
            return
        fields: dict[str, Any] = {}
        try:
            fields = await self._read(message.get("text"))
            await self._answer(parsing.parse(fields))
        except _SignedOut:
            await self._close(SIGNED_OUT)
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
                await self._close(FLOODED)
            raise Refused("rate_limited", "You have sent too much in a short time.")
        if len(frame) <= LONG_FRAME:
            return strict_json.json_object(frame)
        return await asyncio.wrap_future(database_threads.submit(strict_json.json_object, frame))

    async def websocket_disconnect(self, _message: dict[str, Any]) -> None:
        self.closing = True
        if hasattr(self, "user_id"):
            hub.subscriptions.remove_viewer(self)
        raise StopConsumer

    async def _close(self, code: int) -> None:
        self.closing = True
        await self.base_send({"type": "websocket.close", "code": code})

    # --- Calls by the hub ---

    def push(self, event: ViewerEvent) -> None:
        """Send the frame directly: going through ASGI would double the cost of a delta."""
        if not self.closing:
            self.pass_on(event.websocket_frame or frames.frame_of(event))

    def sign_out(self) -> None:
        """Close the socket because its session has ended."""
        if not self.closing:
            hub.subscriptions.remove_viewer(self)
            self.last_words = asyncio.ensure_future(self._close(SIGNED_OUT))

    def close_oldest(self) -> None:
        """Close the socket because this person has opened too many since."""
        self.last_words = asyncio.ensure_future(self._close(TOO_MANY_SOCKETS))

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
            case commands.Read(conversation, revision):
                await self._write(actions.mark_read, conversation, revision)
                self._ack(command.id)
            case commands.Edit() | commands.Retry() | commands.Continue() as body:
                await self._change(command, body)
            case commands.Stop() as body:
                await self._write(actions.stop_reply, body)
                self._ack(command.id)
            case commands.Fork():
                self._ack(command.id, **await self._write(actions.fork_conversation, command))
            case commands.Choose(message):
                await self._write(actions.choose_branch, message)
                self._ack(command.id)
            case commands.Typing(conversation):
                await self._type(conversation)
                self._ack(command.id)
            case commands.Ping(known):
                self._ack(command.id, moved=await self._in_database(actions.changed_conversations, known))

    async def _type(self, conversation: UUID) -> None:
        """Announce typing at most once a second, however often the client sends it."""
        if self.typing is None or self.typing[0] != conversation or time.monotonic() - self.typing[1] > TYPING_SECONDS:
            await self._in_database(actions.tell_typing, conversation)
            self.typing = conversation, time.monotonic()

    async def _open(self, command_id: str, body: commands.Open) -> None:
        self.reads_html = body.html
        subscription = hub.subscribe(self, body.conversation, body.html)
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
        self._ack(command_id, revision=opened.revision, **news, streaming=streaming)
        hub.flush_buffer(
            subscription, opened.revision, opened.seqs() | {entry["message"]: entry["seq"] for entry in streaming}
        )

    async def _send(self, command: commands.Command, body: commands.Send) -> None:
        conversation = body.conversation or actions.new_conversation_id()
        ack = await self._joined(command, conversation, actions.post_message, command, conversation)
        if (first := UUID(ack["conversation"])) != conversation:  # a repeated send: the first one began another
            hub.subscriptions.unsubscribe(self, conversation)
            if hub.subscriptions.find(self, first) is None:
                hub.flush_buffer(hub.subscribe(self, first, html=self.reads_html), 0, {})

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
            newcomer = hub.subscribe(self, conversation, html=self.reads_html)
            await hub.following(conversation)
        try:
            ack = await self._write(act, *args, **kwargs)
        except (Refused, DatabaseError):
            if newcomer:
                hub.subscriptions.unsubscribe(self, conversation)
            raise
        self._ack(command.id, **ack)
        if newcomer:
            hub.flush_buffer(newcomer, 0, {})
        return ack

    def _ack(self, command_id: str, **fields: Any) -> None:
        self._tell({"type": "ack", "id": command_id, **fields})

    def _refuse(self, command_id: str | None, refusal: Refused) -> None:
        self._tell({"type": "error", "id": command_id, **refusal.as_json()})

    def _tell(self, event: dict[str, Any]) -> None:
        if not self.closing:
            self.pass_on(frames.frame(event))

    async def _in_database(self, work: Callable[Concatenate[User, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(
            database_threads.submit(self._for_us, lambda person: work(person, *args, **kwargs))
        )

    async def _write(self, work: Callable[Concatenate[User, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        done = database_threads.submit_change(self._for_us, lambda person: work(person, *args, **kwargs))
        return await asyncio.wrap_future(done)

    def _for_us(self, work: Callable[[User], T]) -> T:
        """Run `work` for the socket's present person, in a database thread; raises _SignedOut."""
        person = authentication.current_user(self)
        if person is None:
            raise _SignedOut
        return work(person)


_CHANGES: dict[type, Callable[[User, commands.Command], dict[str, Any]]] = {
    commands.Edit: actions.edit_message,
    commands.Retry: actions.retry_reply,
    commands.Continue: actions.continue_reply,
}
