"""The second way with the interface of a websocket's client: an event stream down, requests up."""

import json
import queue
import socket
import threading
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

CSRF = "c" * 32
EVENTS = "/api/v1/events"
TIMEOUT = 15.0
SIGNED_OUT, TOO_BIG = 4401, 1009


class Refused(Exception):
    """The site's answer to a stream that it does not open."""


class EventStream:
    """An open stream; `send`, `recv` and `close_socket` are those of websockets.sync.client.

    `site` is the origin, `through` another address that leads to it. Without `reads`, nothing after the beginning is
    read. An end is raised by `recv` as ConnectionClosed.
    """

    def __init__(
        self, site: str, credential: dict[str, str], *, origin: str | None = None, through: str = "", first: str = "",
        query: str = "", reads: bool = True,
    ) -> None:  # fmt: skip
        self._place = urlsplit(through or site)
        self.sent_headers = {
            "Host": urlsplit(site).netloc, "X-CSRFToken": CSRF, **({"Origin": origin} if origin else {}), **credential
        }  # fmt: skip
        self.sent_headers["Cookie"] = "; ".join([f"csrftoken={CSRF}", credential.get("Cookie", "")])
        self._events: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._up = self._connection()
        self._down = self._connection()
        try:
            self._down.request("POST", EVENTS + query, first, self.sent_headers)
            self._wire: Any = self._down.sock
            self._answer = self._down.getresponse()
        except HTTPException as broken:
            raise OSError(broken) from broken
        self.status, self.headers = self._answer.status, self._answer.headers
        if self.status != 200:
            self.body = self._answer.read()
            self._down.close()
            if self.status != 401:
                raise Refused(self.status, self.body)
            self._events.put(("close", {"code": SIGNED_OUT}))
            return
        self._goes_on = threading.Event()
        if reads:
            self._goes_on.set()
        self._reading = threading.Thread(target=self._read, name="event stream", daemon=True)
        self._reading.start()
        self.name = ""
        kind, said = self._events.get(timeout=TIMEOUT)
        if kind == "close" and said:  # refused with a code, without a name
            self._events = queue.Queue()
            self._events.put((kind, said))
            return
        if kind != "open":
            self.close_socket()
            raise OSError("the stream has no beginning")
        self.name = str(said["stream"])

    def send(self, frame: str | bytes) -> None:
        """Send a command; a stream that does not take it is over."""
        status = 0
        with suppress(OSError, HTTPException):
            status = self._sent(frame.encode() if isinstance(frame, str) else frame)
        if status != 202:
            self._up.close()
            self._events.put(("close", {"code": TOO_BIG} if status == 413 else None))

    def recv(self, timeout: float | None = None) -> str:
        try:
            kind, said = self._events.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError from None
        if kind == "message":
            return json.dumps(said)
        self._events.put((kind, said))  # for the next one who asks
        raise ConnectionClosed(Close(said["code"], "") if said else None, None)

    def close(self) -> None:
        self.close_socket()

    def close_socket(self) -> None:
        self._up.close()
        if self.status == 200:
            self._goes_on.set()
            with suppress(OSError):
                self._wire.shutdown(socket.SHUT_RDWR)
            self._reading.join(TIMEOUT)
            self._answer.close()
            self._down.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close_socket()

    def _connection(self) -> HTTPConnection:
        return HTTPConnection(self._place.hostname or "", self._place.port, timeout=TIMEOUT)

    def _sent(self, data: bytes) -> int:
        self._up.request("POST", f"{EVENTS}/{self.name}", data, self.sent_headers)
        answer = self._up.getresponse()
        answer.read()
        return answer.status

    def _read(self) -> None:
        """Read events until the stream ends; a broken one ends without a code."""
        kind = "message"
        with suppress(OSError, HTTPException, ValueError, AttributeError):
            while line := self._answer.readline().rstrip(b"\n"):
                while line:
                    field, _, value = line.partition(b": ")
                    if field == b"event":
                        kind = value.decode()
                    elif field == b"data":
                        self._events.put((kind, json.loads(value)))
                        self._goes_on.wait(TIMEOUT)
                    line = self._answer.readline().rstrip(b"\n")
                kind = "message"
        self._events.put(("close", None))
