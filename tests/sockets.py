"""A client of the websocket, or of the event stream in its place, that keeps every frame."""

import itertools
import json
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.event_streams import EventStream

PATIENCE = 10.0
_numbers = itertools.count(1)


class Socket:
    """One socket; `frames` are all frames received, in order. With `way="stream"` it is an event stream."""

    def __init__(
        self, site: str, session: str, origin: str | None = None, token: str = "", *, way: str = "socket"
    ) -> None:
        self.frames: list[dict[str, Any]] = []
        self._read = 0
        origin = origin or (None if token else site)
        if way == "stream":
            self._connection: Any = EventStream(site, _credential(session, token) or {}, origin=origin)
            self._socket: Any = self._connection
            return
        self._connection = connect(
            f"ws{site.removeprefix('http')}/ws/",
            origin=origin,  # type: ignore[arg-type]
            additional_headers=_credential(session, token),
            max_size=None,
            max_queue=None,  # else unread frames delay the server's answer to our close by 10 seconds
        )
        self._socket = self._connection.__enter__()

    def arrive(self) -> None:
        """Wait for the first answer: a socket is open before its person is known, and gets no events until then."""
        with suppress(ConnectionClosed):
            self.ask("ping")
            self.frames.clear()

    def send(self, kind: str, /, **fields: Any) -> str:
        """Send a command and return its id."""
        command_id = str(fields.pop("id", f"c{next(_numbers)}"))
        self.send_raw(json.dumps({"type": kind, "id": command_id, **fields}, default=str))
        return command_id

    def send_raw(self, frame: str | bytes) -> None:
        self._socket.send(frame)

    def ask(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """Send a command and return its ack or error."""
        command_id = self.send(kind, **fields)
        return self.wait(lambda frame: frame["type"] in ("ack", "error") and frame["id"] == command_id)

    def event(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """Return the next unseen event of this kind with these fields."""
        wanted = {name: str(value) for name, value in fields.items()}
        return self.wait(
            lambda frame: frame["type"] == kind and all(str(frame.get(name)) == wanted[name] for name in wanted)
        )

    def wait(self, wanted: Any, patience: float = PATIENCE) -> dict[str, Any]:
        """Return the first unseen frame for which `wanted` is true; earlier frames stay unseen."""
        index = self._read
        while True:
            while index < len(self.frames):
                if not self.frames[index].get("_seen") and wanted(self.frames[index]):
                    self.frames[index]["_seen"] = True
                    return self.frames[index]
                index += 1
            self.frames.append(json.loads(self._socket.recv(timeout=patience)))

    def settle(self, seconds: float = 0.3) -> list[dict[str, Any]]:
        """Return all frames after `seconds` without a new one."""
        while True:
            try:
                self.frames.append(json.loads(self._socket.recv(timeout=seconds)))
            except TimeoutError:
                return self.frames

    def closed_with(self) -> int:
        """Wait for the end of the socket and return its close code."""
        try:
            while True:
                self.frames.append(json.loads(self._socket.recv(timeout=PATIENCE)))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    def close(self) -> None:
        self._connection.__exit__(None, None, None)


def _credential(session: str, token: str) -> dict[str, str] | None:
    """Return the header of a browser or of a program, or None."""
    if token:
        return {"Authorization": f"Bearer {token}"}
    return {"Cookie": f"sessionid={session}"} if session else None
