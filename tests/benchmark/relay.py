"""The bare relay, the limit of what Python can do: it forwards every delta and does nothing else.

It understands those of the site's commands that the viewers send. Runs as a process; prints its port.
"""

import asyncio
import json
import sys
from collections import defaultdict
from functools import partial
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.benchmark.plan import said_before

_REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: vendor\r\nContent-Length: %d\r\n\r\n%s"
_CONTENT = "data: "
_json = partial(json.dumps, separators=(",", ":"), ensure_ascii=False)

_viewers: defaultdict[str, list[ServerConnection]] = defaultdict(list)
_streams: set[asyncio.Task[None]] = set()


async def listen(vendor: int, history: int, socket: ServerConnection) -> None:
    while True:
        try:
            command = json.loads(await socket.recv())
        except ConnectionClosed:
            return
        await socket.send(_json({"type": "ack", "id": command["id"], "revision": 0}))
        if command["type"] == "conversation.open":
            _viewers[command["conversation"]].append(socket)
        elif command["type"] == "message.send":
            task = asyncio.create_task(relay(vendor, history, command))
            _streams.add(task)
            task.add_done_callback(_streams.discard)


async def relay(vendor: int, history: int, command: dict[str, Any]) -> None:
    """Forward one reply: each delta of the vendor becomes a frame for every viewer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", vendor)
    writer.write(request(command["text"], history))
    await reader.readuntil(b"\r\n\r\n")
    seq, words, audience = 0, [], _viewers[command["conversation"]]
    while size := int(await reader.readline(), 16):
        event = (await reader.readexactly(size + 2)).decode()
        text = json.loads(event[len(_CONTENT) : event.index("\n\n")])["choices"][0]["delta"].get("content")
        if text is None:
            continue
        seq += 1
        words.append(text)
        frame = _json({"type": "message.delta", "seq": seq, "text": text})
        for socket in audience:
            await socket.send(frame)
    writer.close()
    message = {"type": "message.finished", "seq": seq, "message": {"text": "".join(words), "status": "complete"}}
    for socket in audience:
        await socket.send(_json(message))


def request(question: str, history: int) -> bytes:
    """Return the question as the site would send it, after `history` messages."""
    roles = ("user", "assistant")
    messages = [{"role": roles[number % 2], "content": said_before(number)} for number in range(history)]
    messages.append({"role": "user", "content": question})
    body = json.dumps({"model": "bench", "stream": True, "messages": messages}).encode()
    return _REQUEST % (len(body), body)


async def main(vendor: int, history: int) -> None:
    answer = partial(listen, vendor, history)
    async with serve(answer, "127.0.0.1", 0, compression=None, backlog=1024) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
