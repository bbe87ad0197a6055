"""The websocket consumer: it carries the frames of one connection."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer

from conversations.connections import authentication
from conversations.connections.connection import Connection


class ChatConsumer(AsyncConsumer):  # type: ignore[misc]
    """One client's socket."""

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler directly: the stock method visits the shared database thread before each message."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_connect(self, _message: dict[str, Any]) -> None:
        """Accept the socket, then admit its person: only an open one can be closed with a code.

        Frames go to the socket directly: going through ASGI would double the cost of a delta.
        """
        await self.base_send({"type": "websocket.accept"})
        extensions = self.scope["extensions"]
        credential = authentication.credential_in(self.scope)
        self.connection = Connection(
            credential, extensions["chatsite.relay"], self._close, unread=extensions.get("chatsite.unread", int)
        )
        expected = parse_qs(self.scope["query_string"].decode("latin-1")).get("person")
        if person := await self.connection.admit(",".join(expected) if expected else None):
            extensions["chatsite.belong"](person.id)

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        await self.connection.receive(message.get("text"))

    async def websocket_disconnect(self, _message: dict[str, Any]) -> None:
        self.connection.leave()
        raise StopConsumer

    def _close(self, code: int) -> None:
        self.last_words = asyncio.ensure_future(self.base_send({"type": "websocket.close", "code": code}))
