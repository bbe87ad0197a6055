"""The vendor: streams on the OpenAI-compatible wire, one HTTP chunk per delta, each delta the time of its writing.

Runs as a process; prints its port. `GET /end/2.0` ends every reply, one after the other within two seconds. Then
`GET /said` answers, by tag, with the SHA-256 of each reply's text and the time of its last write: monotonic seconds.
"""

import asyncio
import hashlib
import heapq
import json
import math
import time
from itertools import count

from tests.benchmark.plan import Plan, plan_in

TICK = 0.001
PARAGRAPH = 30
"""Deltas of one paragraph."""

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_EVENT = 'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":%s}}]}\n\n'
_LAST = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
_order = count()


class Vendor(asyncio.Protocol):
    """One connection; a question is answered as its plan says."""

    said: dict[str, tuple[str, float]] = {}
    due: list[tuple[float, int, "Reply"]] = []

    def __init__(self) -> None:
        self.request = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, chunk: bytes) -> None:
        self.request += chunk
        head, blank, body = self.request.partition(b"\r\n\r\n")
        if not blank or len(body) < _length(head):
            return
        self.request = b""
        if head.startswith(b"GET /end/"):
            _end_within(float(head.split(b" ")[1].removeprefix(b"/end/")), self.due)
        if head.startswith(b"GET"):
            said = json.dumps(self.said).encode()
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))
        else:
            self.transport.write(_HEAD)
            Reply(self.transport, plan_in(body)).speak()


class Reply:
    """One running reply."""

    def __init__(self, transport: asyncio.Transport, plan: Plan) -> None:
        self.transport, self.plan = transport, plan
        self.begun = time.monotonic()
        self.spoken = 0
        self.ends_at = math.inf
        self.digest = hashlib.sha256()

    def speak(self) -> None:
        """Write the next delta, and schedule the one after it."""
        if self.transport.is_closing():
            return
        if self.spoken == self.plan.deltas or time.monotonic() >= self.ends_at:
            Vendor.said[self.plan.tag] = self.digest.hexdigest(), time.monotonic()
            self._write(_LAST)
            self.transport.write(b"0\r\n\r\n")
            return
        self.spoken += 1
        end = "\n\n" if self.spoken % PARAGRAPH == 0 else " "
        text = f"{time.monotonic_ns() // 1000}{end}"
        self._write(_EVENT % json.dumps(text))
        self.digest.update(text.encode())
        heapq.heappush(Vendor.due, (self.begun + self.spoken / self.plan.rate, next(_order), self))

    def _write(self, event: str) -> None:
        self.transport.write(b"%x\r\n%s\r\n" % (len(event), event.encode()))


def _end_within(seconds: float, due: list[tuple[float, int, Reply]]) -> None:
    now = time.monotonic()
    for number, (_, _, reply) in enumerate(due):
        reply.ends_at = now + seconds * number / len(due)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    while True:
        await asyncio.sleep(TICK)
        while Vendor.due and Vendor.due[0][0] <= time.monotonic():
            heapq.heappop(Vendor.due)[2].speak()


if __name__ == "__main__":
    asyncio.run(serve())
