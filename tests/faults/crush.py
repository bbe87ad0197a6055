"""One address that asks for more than it may, beside a person who wants a page."""

import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from tests.faults.real_site import RealSite

IDLER, CROWD, SOMEBODY = "127.0.0.2", "127.0.0.3", "127.0.0.4"
REFUSED = 0
"""In place of a status: the connection was not accepted."""


@dataclass(frozen=True, slots=True)
class Size:
    """The open files, threads and memory (MB) of the server's process."""

    files: int
    threads: int
    memory: float

    @classmethod
    def of(cls, process: int) -> "Size":
        files, threads = (len(os.listdir(f"/proc/{process}/{folder}")) for folder in ("fd", "task"))
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        return cls(files, threads, pages * resource.getpagesize() / 2**20)


@contextmanager
def usual_limit_of_files(soft: int = 1024) -> Iterator[None]:
    """Give processes started inside the soft limit that is usual on Linux."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@dataclass
class Crush:
    """`half_open` requests of one address that never end, and `pages` concurrent requests of another, repeated."""

    site: RealSite
    half_open: int
    pages: int
    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def rage(self, looks: int) -> None:
        """Go on until another person has requested a page `looks` times."""
        asyncio.run(self._rage(looks))

    async def _rage(self, looks: int) -> None:
        idle = [await self._half_open() for _ in range(self.half_open)]
        crowd = [asyncio.create_task(self._ask_again_and_again()) for _ in range(self.pages)]
        try:
            while len(self.statuses) < self.pages:
                await asyncio.sleep(0.01)
            await self._look(looks)
        finally:
            for task in crowd:
                task.cancel()
            await asyncio.gather(*crowd, return_exceptions=True)
        for connection in filter(None, idle):
            connection.close()

    async def _look(self, looks: int) -> None:
        for _ in range(looks):
            begun = perf_counter()
            status = await self.ask(SOMEBODY, f"sessionid={self.site.session('alice')}")
            self.seconds.append(perf_counter() - begun)
            assert status == 200
            await asyncio.sleep(0.05)

    async def _half_open(self) -> asyncio.StreamWriter | None:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", self.site.port, local_addr=(IDLER, 0))
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n")
            return writer
        return None

    async def _ask_again_and_again(self) -> None:
        while True:
            self.statuses.append(await self.ask(CROWD))
            if self.statuses[-1] == REFUSED:
                await asyncio.sleep(0.1)

    async def ask(self, source: str, cookie: str = "") -> int:
        """Ask for a page over a new connection and return the status of the answer."""
        path = "/" if cookie else "/accounts/login/"
        lines = (f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{self.site.port}", "Connection: close", f"Cookie: {cookie}")
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.site.port, local_addr=(source, 0))
        except OSError:
            return REFUSED
        try:
            writer.write("\r\n".join((*lines, "", "")).encode())
            answer = await reader.read(-1)
            return int(answer.split(b" ", 2)[1]) if answer else REFUSED
        except OSError:
            return REFUSED
        finally:
            writer.close()
