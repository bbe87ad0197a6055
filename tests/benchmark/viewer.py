"""A websocket client that does as little as possible per frame, so that it does not measure itself."""

import asyncio
import base64
import json
import os
import struct
import time
from itertools import count
from typing import Any, Self

_DELTA, _FINISHED = b'{"type":"message.delta"', b'{"type":"message.finished"'
_ANSWERS = (b'{"type":"ack"', b'{"type":"error"')
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_ids = count(1)


class Viewer(asyncio.Protocol):
    """One socket. `deltas` and `finished` are frames of replies as they came, each with its time: monotonic seconds."""

    def __init__(self) -> None:
        self.deltas: list[tuple[float, bytes]] = []
        self.finished: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._answers: dict[str, asyncio.Future[tuple[float, dict[str, Any]]]] = {}
        self._open = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self._transport: asyncio.Transport

    @classmethod
    async def connect(cls, port: int, session: str = "") -> Self:
        _, viewer = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        viewer._transport.write(
            f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\nCookie: sessionid={session}\r\n\r\n".encode()
        )
        await viewer._open
        return viewer

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a command and return its ack."""
        _, acked = await self._answer(kind, **fields)
        return acked

    async def ping(self, conversation: str) -> float:
        """Return the time from a ping, as a page with this conversation sends it, to its answer: milliseconds."""
        asked = time.monotonic()
        answered, _ = await self._answer("ping", open={conversation: 1})
        return 1000 * (answered - asked)

    async def _answer(self, kind: str, **fields: Any) -> tuple[float, dict[str, Any]]:
        command_id = f"c{next(_ids)}"
        answer = self._answers[command_id] = asyncio.get_running_loop().create_future()
        self._write(_TEXT, json.dumps({"type": kind, "id": command_id, **fields}).encode())
        answered, acked = await answer
        assert acked["type"] == "ack", acked
        return answered, acked

    async def delta_after(self, known: int) -> float:
        """Return the time of the first delta after the first `known` ones: monotonic seconds."""
        while len(self.deltas) <= known:
            await asyncio.sleep(0.001)
        return self.deltas[known][0]

    def close(self) -> None:
        self._transport.close()

    # --- asyncio's side ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, chunk: bytes) -> None:
        now = time.monotonic()
        buffer = self._buffer + chunk
        if not self._open.done():
            head, blank, buffer = buffer.partition(b"\r\n\r\n")
            if not blank:
                self._buffer = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._open.set_result(None)
        position, end = 0, len(buffer)
        while end - position >= 2:
            start, length = _payload(buffer, position)
            if end < start + length or start < 0:
                break
            self._frame(now, buffer[position] & 15, buffer[start : start + length])
            position = start + length
        self._buffer = buffer[position:]

    def _frame(self, now: float, kind: int, payload: bytes) -> None:
        if kind == _PING:
            self._write(_PONG, payload)
        elif payload.startswith(_DELTA):
            self.deltas.append((now, payload))
        elif payload.startswith(_FINISHED):
            self.finished.put_nowait((now, payload))
        elif payload.startswith(_ANSWERS):
            answer = json.loads(payload)
            self._answers.pop(answer["id"]).set_result((now, answer))
        assert kind != _CLOSE, f"the server closed a socket: {payload!r}"

    def _write(self, kind: int, payload: bytes) -> None:
        """Send a frame. A client has to mask; a mask of zeros counts as one."""
        size = len(payload)
        length = struct.pack("!B", 128 | size) if size < 126 else struct.pack("!BH", 128 | 126, size)
        self._transport.write(bytes([128 | kind]) + length + b"\0\0\0\0" + payload)


def _payload(buffer: bytes, position: int) -> tuple[int, int]:
    """Return the start and the length of the payload of the frame at `position`; -1 if still incomplete."""
    length: int = buffer[position + 1] & 127
    if length < 126:
        return position + 2, length
    size = 2 if length == 126 else 8
    if len(buffer) < position + 2 + size:
        return -1, 0
    return position + 2 + size, int.from_bytes(buffer[position + 2 : position + 2 + size], "big")
