"""The search for the vendor's key in every answer of the site in this process."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.canaries import CANARY

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
_KEY = CANARY.encode()


class Sent:
    """The paths whose answers held the vendor's key since the last call of `forget`."""

    def __init__(self) -> None:
        self.with_the_key: list[str] = []

    def forget(self) -> None:
        self.with_the_key.clear()

    def watching(self, application: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """Return an application that answers as this one does, and search everything that it sends."""

        async def watched(scope: Message, receive: Any, send: Send) -> None:
            await application(scope, receive, self._searching(scope, send))

        return watched

    def _searching(self, scope: Message, send: Send) -> Send:
        before = b""

        async def searching(message: Message) -> None:
            nonlocal before
            body = before + message.get("body", b"")
            if _KEY in body:
                self.with_the_key.append(scope["path"])
            before = body[-len(_KEY) :]
            await send(message)

        return searching


sent = Sent()
