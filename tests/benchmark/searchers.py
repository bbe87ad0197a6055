"""Several people who search over HTTP, evenly spread over time, whether earlier searches are answered or not.

Runs as a process: reads what it needs from its input, and prints the times of all searches, in milliseconds.
"""

import asyncio
import json
import sys
import time
from itertools import cycle
from urllib.parse import quote

from tests.benchmark import searching

PATIENCE = 60.0


async def run(port: int, sessions: list[str], rate: int, seconds: float, warm: float) -> list[float]:
    """Search `rate` times a second; the first `warm` seconds are not measured."""
    queries, people = cycle(searching.queries()), cycle(sessions)
    begun, asked = time.monotonic(), []
    for number in range(int(rate * (warm + seconds))):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        order = ("relevance", "newest")[number // 8 % 2]
        path = f"/api/v1/search?sort={order}&q={quote(next(queries))}"
        asked.append(asyncio.create_task(_search(port, next(people), path, due)))
    return [taken for due, taken in await asyncio.gather(*asked) if due >= begun + warm]


async def _search(port: int, session: str, path: str, due: float) -> tuple[float, float]:
    """Return when the search was due, and the milliseconds from then to the whole answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"Host: 127.0.0.1:{port}\r\nCookie: sessionid={session}\r\nConnection: close"
    writer.write(f"GET {path} HTTP/1.1\r\n{head}\r\n\r\n".encode())
    answer = await reader.read(-1)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200"), answer[:300]
    return due, 1000 * (time.monotonic() - due)


if __name__ == "__main__":
    wanted = json.loads(sys.stdin.read())
    print(json.dumps(asyncio.run(asyncio.wait_for(run(**wanted), wanted["seconds"] + wanted["warm"] + PATIENCE))))
