"""Our server with a tiny application, as a program: a reactor runs once per process, and signals end the process.

Its first line is the port. GET answers with the length of the body, a websocket with the length of each message. A
message such as "3x1000" asks for as many messages of that length. After "hold" the socket is busy until the next GET.
DRAIN is the duration of the replies' end: seconds. BODIES_LIMIT, PACE_SECONDS, HEAD_SECONDS, STALL_SECONDS and MOST
replace those of the server. "/pieces/N" is answered with N pieces of 64 KiB, "/sent" with the number of pieces sent.
"""

import asyncio
import os
import threading
from concurrent.futures import Future
from typing import Any

from chatsite.clients import connections
from chatsite.clients.senders import Proof, Sender
from chatsite.server import channel, file_sending, request_bodies
from chatsite.server.daphne import Server
from conversations.hashed_tokens import token_digest

_released = asyncio.Event()
_sent: list[int] = []


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        await _talk(receive, send)
    elif scope["path"].startswith("/pieces/"):
        await _send_pieces(int(scope["path"].removeprefix("/pieces/")), send)
    else:
        await _answer(scope["path"], receive, send)


async def _send_pieces(count: int, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(count):
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        _sent.append(1)
    await send({"type": "http.response.body"})


async def _answer(path: str, receive: Any, send: Any) -> None:
    _released.set()
    length, more = 0, True
    while more:
        event = await receive()
        length, more = length + len(event.get("body", b"")), event.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(len(_sent) if path == "/sent" else length).encode()})


async def _talk(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        if event["text"] == "hold":
            await _released.wait()
        for answer in _answers(event["text"]):
            await send({"type": "websocket.send", "text": answer})


def _answers(text: str) -> list[str]:
    count, times, length = text.partition("x")
    if times and count.isdigit():
        return ["x" * int(length)] * int(count)
    return [str(len(text))]


def drain() -> None:
    print("draining", flush=True)
    threading.Event().wait(float(os.environ.get("DRAIN", 0)))


def whose(sender: Sender) -> "Future[str]":
    """Return a future of the owner: a person's name if the proof is "x"."""
    found: Future[str] = Future()
    is_known = sender.proof in (Proof(session="x"), Proof(token=token_digest("x")))
    found.set_result("somebody" if is_known else "")
    return found


if __name__ == "__main__":
    request_bodies.MAX_BODIES_BYTES = int(os.environ.get("BODIES_LIMIT", request_bodies.MAX_BODIES_BYTES))
    request_bodies.PACE_SECONDS = float(os.environ.get("PACE_SECONDS", request_bodies.PACE_SECONDS))
    channel.HEAD_SECONDS = float(os.environ.get("HEAD_SECONDS", channel.HEAD_SECONDS))
    file_sending.STALL_SECONDS = float(os.environ.get("STALL_SECONDS", file_sending.STALL_SECONDS))
    connections.MAX_CONNECTIONS = int(os.environ.get("MOST", connections.MAX_CONNECTIONS))
    Server(application, port=0, answering=lambda port: print(port, flush=True), drain=drain, whose=whose).run()
