"""A real HTTP server that plays a vendor on either wire.

    with FakeVendor() as vendor:
        Address("openai", vendor.openai_url, key_placement="bearer")      # or "gemini", vendor.gemini_url
        private_hosts = vendor.private_hosts                              # {"127.0.0.1:<port>"}

Without instructions it answers every chat request, streamed or not as asked, with a text that shows the history it was
sent: "You said: C. Before that: A | B." — so a second question shows that the first was sent along.
It lists three models on either wire, and counts tokens (words) on the Gemini wire.

    vendor.play([openai_stream(["Hello", " world"])])     the next request gets this script, later ones the default
    vendor.play([200, b"data: ...", vendor.gate, b"...", close])  holds the reply until the test calls vendor.gate.set()
    vendor.script = lambda request: [429, {"Retry-After": "2"}, b"..."]     every request that has no script of its own

Steps of a script, played in order:
    int                     the status (200 when none is given)
    dict                    more response headers
    bytes                   sent as they are, at once (in chunked framing, as one chunk)
    threading.Event         waits until it is set, or until the client hangs up
    float                   waits so many seconds, or until the client hangs up
    chunked, raw, bare      how the body is framed: chunked (default); raw, which ends when the connection closes; bare,
                            which is raw without a response head: the bytes that follow are all that is sent
    close                   ends the connection now, without the final chunk
    reset                   ends it with a TCP reset
    hold                    keeps the connection open after all is sent, until the client hangs up

`vendor.requests` lists what came: method, path, query, headers, body, json, and `hung_up`, an event that is set when
the client has closed its end while a script was being played (`hung_up_at`: when). `vendor.next_request()` waits for
the next one.
`file_steps(path)` plays a file of bytes. `FakeVendor(certificate=path)` speaks TLS with a PEM of certificate and key;
`FakeVendor(port=…)` is one that has come back to its address.
"""

from __future__ import annotations

import enum
import json
import select
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

PATIENCE = 20.0


class Act(enum.Enum):
    """What a script can do besides sending."""

    CHUNKED = enum.auto()
    RAW = enum.auto()
    BARE = enum.auto()
    CLOSE = enum.auto()
    RESET = enum.auto()
    HOLD = enum.auto()


chunked, raw, bare, close, reset, hold = Act
Step = int | float | Mapping[str, str] | bytes | threading.Event | Act


@dataclass
class Received:
    """One request as it came."""

    method: str
    path: str
    query: list[tuple[str, str]]
    target: str
    headers: dict[str, str]
    body: bytes
    client_port: int = 0
    hung_up: threading.Event = field(default_factory=threading.Event)
    hung_up_at: float = 0.0
    """Monotonic seconds."""

    def note_hang_up(self) -> None:
        self.hung_up_at = time.monotonic()
        self.hung_up.set()

    @cached_property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


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
        """`127.0.0.1:<port>`."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def private_hosts(self) -> frozenset[str]:
        """What has to be allowed for this vendor to be called."""
        return frozenset({self.host})

    @property
    def openai_url(self) -> str:
        """Base address for the OpenAI wire."""
        return f"http://{self.host}/v1"

    @property
    def gemini_url(self) -> str:
        """Base address for the Gemini wire."""
        return f"http://{self.host}"

    def play(self, *scripts: Sequence[Step]) -> None:
        """Gives each of the next requests one script."""
        self._scripts.extend(scripts)

    def next_request(self) -> Received:
        """The next request that has not been handed out yet; waits for it."""
        return self._arrived.get(timeout=PATIENCE)

    def received(self, request: Received) -> Iterable[Step]:
        """Notes a request and says what to answer."""
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
        """A client that hangs up is what many tests are about."""


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
        """Silence."""

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
            # The two buffered files keep the socket open: it is reset when the last of them goes.
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
        """Until the event is set, noticing meanwhile that the client hangs up: it sends nothing while it listens."""
        while not event.is_set():
            if self._is_heard_within(0.01):
                self._listen()

    def _pause(self, seconds: float) -> None:
        if self._is_heard_within(seconds):
            self._listen()

    def _is_heard_within(self, seconds: float) -> bool:
        listening = select.poll()  # select.select knows only the first 1,024 open files
        listening.register(self.connection, select.POLLIN)
        return bool(listening.poll(1000 * seconds))

    def _listen(self) -> None:
        """Nothing more is said by a client but that it goes."""
        if not self.connection.recv(1):
            self._received.note_hang_up()
            raise _Ended


class _Ended(Exception):
    """The script is over because the connection is."""


def default_reply(request: Received) -> Sequence[Step]:
    """An answer that repeats what was asked and what came before, on the wire and in the form that was asked for."""
    if request.path.endswith("/models"):
        return [{"Content-Type": "application/json"}, model_list(request)]
    if request.path.endswith(":countTokens"):
        words = [word for text in history(request) for word in text.split()]
        return [{"Content-Type": "application/json"}, json.dumps({"totalTokens": len(words)}).encode()]
    if request.method != "POST":
        return [404, b'{"error":{"message":"not found"}}']
    texts = history(request)
    before = f" Before that: {' | '.join(texts[:-1])}." if texts[:-1] else ""
    return reply(request, f"You said: {texts[-1] if texts else 'nothing'}.{before}".split(" "))


def reply(request: Received, words: Sequence[str]) -> Sequence[Step]:
    """`words`, which are joined by blanks, as a complete answer to `request`."""
    pieces = [word if not at else f" {word}" for at, word in enumerate(words)]
    if is_gemini(request):
        if "streamGenerateContent" in request.path:
            return [*(gemini_event(piece) for piece in pieces), gemini_end()]
        return [{"Content-Type": "application/json"}, gemini_whole("".join(pieces))]
    if request.json.get("stream"):
        return [*(openai_event(piece) for piece in pieces), openai_end()]
    return [{"Content-Type": "application/json"}, openai_whole("".join(pieces))]


def history(request: Received) -> list[str]:
    """The texts of a request, oldest first, system text left out."""
    if is_gemini(request):
        return ["".join(part.get("text", "") for part in content["parts"]) for content in request.json["contents"]]
    return [_spoken(message["content"]) for message in request.json["messages"] if message["role"] != "system"]


def _spoken(content: str | list[dict[str, Any]] | None) -> str:
    """The words of a message that may hold pictures and files too."""
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return content or ""


def is_gemini(request: Received) -> bool:
    """Whether a request is one of the Gemini wire."""
    return "enerateContent" in request.path or "countTokens" in request.path or "/v1beta" in request.path


def model_list(request: Received) -> bytes:
    """Three models, of which the last cannot chat; the Gemini wire gives two pages."""
    if not is_gemini(request):
        models = [
            {"id": name, "object": "model", "created": 1, "owned_by": "them"} for name in ("parrot", "owl", "ear")
        ]
        return json.dumps({"object": "list", "data": models}).encode()
    limits = {"inputTokenLimit": 1000, "outputTokenLimit": 100, "supportedGenerationMethods": ["generateContent"]}
    first = [{"name": f"models/{name}", "displayName": name.title(), **limits} for name in ("parrot", "owl")]
    second = [{"name": "models/ear", "supportedGenerationMethods": ["embedContent"]}]
    is_second = ("pageToken", "two") in request.query
    return json.dumps({"models": second} if is_second else {"models": first, "nextPageToken": "two"}).encode()


def event(value: object) -> bytes:
    """`value` as one server-sent event."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def openai_event(text: str | None = "", **more: Any) -> bytes:
    """One chunk that adds `text`; `more` goes into the delta."""
    return openai_chunk(content=text, **more)


def openai_chunk(**delta: Any) -> bytes:
    """One chunk with this delta."""
    return event({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]})


def openai_end(reason: str = "stop", usage: Mapping[str, Any] | None = None) -> bytes:
    """The finish, the usage and the end marker of a stream."""
    counts = usage or {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    finish = event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    return finish + event({"choices": [], "usage": counts}) + b"data: [DONE]\n\n"


def openai_stream(words: Iterable[str], reason: str = "stop") -> bytes:
    """A whole stream of the OpenAI wire."""
    return b"".join(openai_event(word) for word in words) + openai_end(reason)


def openai_whole(text: str) -> bytes:
    """A reply of the OpenAI wire that is not streamed."""
    message = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    return json.dumps({"object": "chat.completion", "choices": [message], "usage": usage}).encode()


def gemini_event(text: str, **more: Any) -> bytes:
    """One event that adds `text`; `more` goes into the candidate."""
    return event({"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0, **more}]})


def gemini_parts(*parts: Mapping[str, Any], **more: Any) -> bytes:
    """One event with these parts; `more` goes into the candidate."""
    return event({"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0, **more}]})


def gemini_end(reason: str = "STOP", usage: Mapping[str, Any] | None = None) -> bytes:
    """The last event, with finish and usage."""
    counts = usage or {"promptTokenCount": 3, "candidatesTokenCount": 5, "totalTokenCount": 8}
    return event({"candidates": [{"content": {"role": "model"}, "finishReason": reason}], "usageMetadata": counts})


def gemini_stream(words: Iterable[str], reason: str = "STOP") -> bytes:
    """A whole stream of the Gemini wire."""
    return b"".join(gemini_event(word) for word in words) + gemini_end(reason)


def gemini_whole(text: str) -> bytes:
    """A reply of the Gemini wire that is not streamed."""
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "safetyRatings": None}
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 5, "totalTokenCount": 8}
    return json.dumps({"candidates": [candidate], "usageMetadata": usage}).encode()


def file_steps(path: Path, piece: int = 1024) -> Sequence[Step]:
    """The bytes of a file, in pieces."""
    body = path.read_bytes()
    return [body[start : start + piece] for start in range(0, len(body), piece)]
