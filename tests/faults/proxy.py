"""A network between a client and a server, with the faults of real networks.

    with Proxy(port) as proxy:
        proxy.latency, proxy.slice = 0.05, 7          from now on, for every piece
        proxy.plan = lambda: Fault("reset", 900)      each new connection: its fault, and after how many bytes
        proxy.strike("black hole")                    every present connection, now
        proxy.mend()                                  those in a black hole break; new ones are let through

    reset        a TCP RST to both sides
    end          both sides are closed in good order
    half-close   the client reads the end of the server's data; its own data still passes
    black hole   nothing passes, and neither side is told
    refuse       as "reset", and new connections meet the same until `mend`

`faults` holds each fault that has happened with its time. Its `is_over_at` is the moment when the way was clear again.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Literal, Self

Kind = Literal["reset", "end", "half-close", "black hole", "refuse"]
Forward = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]
NO_LINGER = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Fault:
    """The fault of a connection once `after` bytes have gone to the client; a black hole lasts `seconds`."""

    kind: Kind
    after: int
    seconds: float = 0.0


@dataclass
class Struck:
    """A fault that has happened; monotonic seconds."""

    kind: Kind
    at: float
    is_over_at: float | None = None


class Proxy:
    """A forwarder of connections from `port` to another port; use it in a `with`. Any thread may call it."""

    def __init__(self, target: int) -> None:
        self.latency, self.slice = 0.0, 65536
        self.plan: Callable[[], Fault | None] = lambda: None
        self.faults: list[Struck] = []
        self._target, self._refuses = target, False
        self._passages: set[_Passage] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def strike(self, kind: Kind) -> None:
        """Apply this fault to every connection that exists now."""
        self._on_loop(lambda: self._strike(kind))

    def mend(self) -> None:
        """Clear the way; connections that lost something are closed."""
        self._on_loop(self._mend)

    def __enter__(self) -> Self:
        self._thread.start()
        serving = asyncio.start_server(self._accept, sock=self._listener)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # --- On the loop ---

    def _on_loop(self, work: Callable[[], None]) -> None:
        done: Future[None] = Future()

        def act() -> None:
            work()
            done.set_result(None)

        self._loop.call_soon_threadsafe(act)
        done.result()

    def _strike(self, kind: Kind) -> None:
        self._refuses = self._refuses or kind == "refuse"
        for passage in list(self._passages):
            passage.strike(kind)

    def _mend(self) -> None:
        self._refuses = False
        for passage in list(self._passages):
            passage.leave_black_hole()

    async def _close(self) -> None:
        self._server.close()
        for passage in list(self._passages):
            passage.break_off()
        if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks, timeout=5)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            _abort(writer)
            return
        try:
            onward = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            _abort(writer)
            return
        passage = _Passage(self, self.plan(), writer, onward[1])
        self._passages.add(passage)
        await asyncio.gather(passage.to_server(reader), passage.to_client(onward[0]))
        passage.close()
        self._passages.discard(passage)


class _Passage:
    """One forwarded connection."""

    def __init__(
        self, proxy: Proxy, fault: Fault | None, client: asyncio.StreamWriter, server: asyncio.StreamWriter
    ) -> None:
        self._proxy, self._fault, self._client, self._server = proxy, fault, client, server
        self._passes = asyncio.Event()
        self._passes.set()
        self._told = 0
        self._is_lost = self._is_deaf = False
        self._struck: Struck | None = None

    async def to_server(self, reader: asyncio.StreamReader) -> None:
        await self._pump(reader, self._server, self._forward)

    async def to_client(self, reader: asyncio.StreamReader) -> None:
        await self._pump(reader, self._client, self._forward_counted)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, forward: Forward) -> None:
        with suppress(OSError):
            while piece := await reader.read(self._proxy.slice):
                if self._proxy.latency:
                    await asyncio.sleep(self._proxy.latency)
                await forward(writer, piece)
            if writer.can_write_eof():
                writer.write_eof()

    async def _forward(self, writer: asyncio.StreamWriter, piece: bytes) -> None:
        await self._passes.wait()
        if not self._is_lost:
            writer.write(piece)
            await writer.drain()

    async def _forward_counted(self, writer: asyncio.StreamWriter, piece: bytes) -> None:
        """Forward a piece; a fault strikes in the middle of one, as in reality."""
        until = self._fault.after - self._told if self._fault and not self._struck else len(piece)
        self._told += len(piece)
        if self._fault and until < len(piece):
            await self._forward(writer, piece[: max(0, until)])
            self.strike(self._fault.kind, self._fault.seconds)
            piece = piece[max(0, until) :]
        if not self._is_deaf:
            await self._forward(writer, piece)

    def strike(self, kind: Kind, seconds: float = 0.0) -> None:
        if self._struck is not None:
            return
        self._struck = Struck(kind, monotonic())
        self._proxy.faults.append(self._struck)
        match kind:
            case "black hole":
                self._passes.clear()
                if seconds:
                    asyncio.get_running_loop().call_later(seconds, self.leave_black_hole)
                return
            case "half-close":
                self._is_deaf = True
                self._client.write_eof()
            case "end":
                self.close()
            case _:
                self.break_off()
        self._struck.is_over_at = monotonic()

    def leave_black_hole(self) -> None:
        if self._struck and self._struck.kind == "black hole" and self._struck.is_over_at is None:
            self.break_off()
            self._struck.is_over_at = monotonic()

    def close(self) -> None:
        self._is_lost = True
        self._client.close()
        self._server.close()

    def break_off(self) -> None:
        self._is_lost = True
        _abort(self._client)
        _abort(self._server)
        self._passes.set()


def _abort(writer: asyncio.StreamWriter) -> None:
    """Close with a reset, if the connection is still open."""
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    writer.transport.abort()
