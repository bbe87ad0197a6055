"""Sockets of many pages at once.

Run as a process, beside the server's own: pages that come back after a restart. It reads one JSON object (site, looks,
window). It prints how long each page waited for its answer, in seconds, as a JSON list.
"""

import asyncio
import json
import random
import sys
import time
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

COOKIE = "sessionid"


def dial(site: str, session: str, max_queue: int = 16) -> connect:
    return connect(
        f"ws{site.removeprefix('http')}/ws/",
        origin=site,  # type: ignore[arg-type]
        additional_headers={"Cookie": f"{COOKIE}={session}"},
        open_timeout=60,
        max_size=None,
        max_queue=max_queue,
    )


async def ask(socket: ClientConnection, kind: str, **fields: Any) -> dict[str, Any]:
    await socket.send(json.dumps({"type": kind, "id": "mine", **fields}))
    while True:
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 60))
        if frame.get("id") == "mine":
            return frame


async def come_back(site: str, looks: list[tuple[str, str]], window: float) -> list[float]:
    """Open each look, a session and its conversation, at a random moment. All stay until the last one is open."""
    everybody = asyncio.Barrier(len(looks))

    async def one(session: str, conversation: str) -> float:
        await asyncio.sleep(random.uniform(0, window))
        begun = time.monotonic()
        async with dial(site, session) as socket:
            ack = await ask(socket, "conversation.open", conversation=conversation, html=True, since=0)
            answered = time.monotonic() - begun
            assert ack["type"] == "ack", ack
            await everybody.wait()
            return answered

    return await asyncio.gather(*(one(*look) for look in looks))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(come_back(**json.loads(sys.stdin.read())))))
