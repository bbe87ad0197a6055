"""A real HTTP server that plays a vendor on either wire.

    with FakeVendor() as vendor:
        Address("openai", vendor.openai_url, key_placement="bearer")      # or "gemini", vendor.gemini_url
        private_hosts = vendor.private_hosts                              # {"127.0.0.1:<port>"}

Without a script it answers every chat request, streamed or not as requested. Its text shows the history: "You said: C.
Before that: A | B." A second question thus shows that the first was sent along. It lists three models on either wire,
and counts tokens (words) on the Gemini wire.

    vendor.play([openai_stream(["Hello", " world"])])     the next request gets this script, later ones the default
    vendor.play([200, b"data: ...", vendor.gate, b"...", close])  holds the reply until vendor.gate.set()
    vendor.script = lambda request: [429, {"Retry-After": "2"}, b"..."]     every request without its own script

Steps of a script, played in order (`tests.vendor_replies` has those with names, and whole replies):

    int                     the status (200 when none is given)
    dict                    more response headers
    bytes                   sent as they are, at once (in chunked framing, as one chunk)
    threading.Event         waits until it is set, or until the client hangs up
    float                   waits so many seconds, or until the client hangs up
    chunked, raw, bare      the framing: chunked (default); raw, which ends when the connection closes; bare,
                            which is raw without a response head: the bytes that follow are all that is sent
    close                   ends the connection now, without the final chunk
    reset                   ends it with a TCP reset
    hold                    keeps the connection open after all is sent, until the client hangs up

`vendor.requests` are the received requests: method, path, query, headers, body, json, and `hung_up`. That event is set
when the client has closed its end during a script, at the time `hung_up_at`. `vendor.next_request()` waits for the next
request. `file_steps(path)` plays a file of bytes. `FakeVendor(certificate=path)` speaks TLS with a PEM of certificate
and key. `FakeVendor(port=…)` is a vendor that comes back at its address.
"""

from __future__ import annotations

import select
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

from tests.vendor_replies import Act, Received, Step, default_reply

PATIENCE = 20.0


class FakeVendor:
    """The server; use it in a `with`."""

    def __init__(self, certificate: Path | None = None, port: int = 0) -> None:
        self.requests: list[Received] = []
        self.gate = threading.Event()
        self.script: Callable[[Received], Iterable[Step]] = default_reply
        self._scripts: deque[Sequence[Step]] = deque()
        self._arrived: SimpleQueue[Received] = SimpleQueue()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.vendor = self
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def host(self) -> str:
        """Return `127.0.0.1:<port>`."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def private_hosts(self) -> frozenset[str]:
        """Return the private hosts that a site must allow to call this vendor."""
        return frozenset({self.host})

    @property
    def openai_url(self) -> str:
        """Return the base address for the OpenAI wire."""
        return f"http://{self.host}/v1"

    @property
    def gemini_url(self) -> str:
        """Return the base address for the Gemini wire."""
        return f"http://{self.host}"

    def play(self, *scripts: Sequence[Step]) -> None:
        """Give each of the next requests one script."""
        self._scripts.extend(scripts)

    def next_request(self) -> Received:
        """Wait for the next request that was not returned yet, and return it."""
        return self._arrived.get(timeout=PATIENCE)

    def received(self, request: Received) -> Iterable[Step]:
        """Store a request and return its script."""
        script = self._scripts.popleft() if self._scripts else self.script(request)
        self.requests.append(request)
        self._arrived.put(request)
        return script

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    vendor: FakeVendor

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up: many tests do that on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 0
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self._received = self._read_request()
        self._framing, self._head_sent, self._status, self._extra = Act.CHUNKED, False, 200, dict[str, str]()
        try:
            script = cast(_Server, self.server).vendor.received(self._received)
            for step in script:
                self._play(step)
            self._finish_body()
        except OSError:
            self._received.note_hang_up()
            self.close_connection = True
        except _Ended:
            self.close_connection = True

    do_GET = do_POST  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Log nothing."""

    def _read_request(self) -> Received:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = parse_qsl(parts.query, keep_blank_values=True)
        return Received(
            self.command, parts.path, query, self.path, dict(self.headers.items()), body, self.client_address[1]
        )

    def _play(self, step: Step) -> None:
        if isinstance(step, int):
            self._status = step
        elif isinstance(step, float):
            self._send_head()
            self._pause(step)
        elif isinstance(step, bytes):
            self._send(step)
        elif isinstance(step, threading.Event):
            self._send_head()
            self._wait(step)
        elif isinstance(step, Act):
            self._act(step)
        else:
            self._extra |= step

    def _act(self, act: Act) -> None:
        if act in (Act.CHUNKED, Act.RAW, Act.BARE):
            self._framing = act
            return
        self._send_head()
        if act is Act.HOLD:
            self._wait(threading.Event())
        if act is Act.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # The two buffered files keep the socket open: it is reset when the last of them is closed.
            self.rfile.close()
            self.connection.close()
        raise _Ended

    def _send_head(self) -> None:
        if self._head_sent:
            return
        self._head_sent = True
        if self._framing is Act.BARE:
            return
        self.send_response(self._status)
        framing = {"Transfer-Encoding": "chunked"} if self._framing is Act.CHUNKED else {"Connection": "close"}
        for name, value in {"Content-Type": "text/event-stream", **framing, **self._extra}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, piece: bytes) -> None:
        self._send_head()
        if piece and self._framing is Act.CHUNKED:
            piece = b"%x\r\n%s\r\n" % (len(piece), piece)
        self.connection.sendall(piece)

    def _finish_body(self) -> None:
        self._send_head()
        if self._framing is Act.CHUNKED:
            self.connection.sendall(b"0\r\n\r\n")
        else:
            self.close_connection = True

    def _wait(self, event: threading.Event) -> None:
        """Wait until the event is set; end the script if the client hangs up. Clients send nothing meanwhile."""
        while not event.is_set():
            if self._is_heard_within(0.01):
                self._listen()

    def _pause(self, seconds: float) -> None:
        if self._is_heard_within(seconds):
            self._listen()

    def _is_heard_within(self, seconds: float) -> bool:
        listening = select.poll()  # select.select handles only the first 1,024 open files
        listening.register(self.connection, select.POLLIN)
        return bool(listening.poll(1000 * seconds))

    def _listen(self) -> None:
        """Read from the client; the only possible message is the end of the connection."""
        if not self.connection.recv(1):
            self._received.note_hang_up()
            raise _Ended


class _Ended(Exception):
    """The end of a script because its connection has ended."""
