"""Our server with a tiny application, as a program: a reactor runs once a process, and signals end all of it.

Its first line is the port. GET answers with the length of the body, a websocket with the length of each message, or
with as many and as long messages as it is asked for ("3x1000"); after "hold" it is busy until the next GET. DRAIN says
how many seconds the end of the replies takes; BODIES_LIMIT and PACE_SECONDS stand for those of chatsite.protocols.
"""

import asyncio
import os
import threading
from typing import Any

from chatsite import protocols
from chatsite.server import Server

_released = asyncio.Event()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await (_answer if scope["type"] == "http" else _talk)(receive, send)


async def _answer(receive: Any, send: Any) -> None:
    _released.set()
    length, more = 0, True
    while more:
        event = await receive()
        length, more = length + len(event.get("body", b"")), event.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


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


if __name__ == "__main__":
    protocols.BODIES_LIMIT = int(os.environ.get("BODIES_LIMIT", protocols.BODIES_LIMIT))
    protocols.PACE_SECONDS = float(os.environ.get("PACE_SECONDS", protocols.PACE_SECONDS))
    Server(application, port=0, answering=lambda port: print(port, flush=True), drain=drain).run()
