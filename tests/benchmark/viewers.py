"""All viewers of one run, which ask, watch and calculate.

Runs as a process; prints its result as one line of JSON.
"""

import asyncio
import json
import time
from typing import Any

from tests.benchmark import seats
from tests.benchmark.measuring import Result, arrivals, cpu_seconds, latencies, losses, megabytes, percentile
from tests.benchmark.plan import ENDLESS, Plan, Scenario
from tests.benchmark.relay import request
from tests.benchmark.seats import Stage, Stream, sit

PROBE = 3
"""Deltas of a probe's reply."""
ENDS_SECONDS = 2.0
"""Seconds over which the replies end, one after the other."""
AT_ONCE = 20
"""Viewers that connect at once."""
PING_SECONDS = 0.05
"""Seconds between two pings."""


async def run(stage: Stage) -> Result:
    scenario = stage.scenario
    probe = await sit(stage, stage.seats[0], "probe", PROBE)
    for _ in range(3):  # loading and compiling at the first question is not measured
        await _first_token(probe)
    memory = megabytes(*stage.pids)
    streams = await _sit_down(stage)
    asked = await _begin(streams, scenario.spread)
    await asyncio.sleep(1.0)
    begin, cpu = time.monotonic(), cpu_seconds(*stage.pids)
    await asyncio.sleep(scenario.seconds)
    end, cpu = time.monotonic(), cpu_seconds(*stage.pids) - cpu
    memory = megabytes(*stage.pids) - memory
    pings = await _pinged(stage)
    first = _first_words(streams, asked) if scenario.starts else await _probed(probe, scenario.probes)
    direct = await _direct(stage.vendor, scenario)
    lost, ends = await _ended(streams, stage.vendor, min(ENDS_SECONDS, scenario.seconds))
    times = [time for viewer in _measured(stage, streams) for time in latencies(viewer, begin, end)]
    deltas = sum(arrivals(stream.viewers[0], begin, end) for stream in streams)
    return Result(
        first_token=percentile(first, 0.5) - direct,
        first_token_p95=percentile(first, 0.95) - direct,
        p50=percentile(times, 0.5),
        p95=percentile(times, 0.95),
        p99=percentile(times, 0.99),
        end_p50=percentile(ends, 0.5),
        end_p95=percentile(ends, 0.95),
        ping_p95=percentile(pings, 0.95),
        cpu=1_000_000 * cpu / max(1, deltas),
        megabytes=memory / max(1, scenario.streams),
        lost=lost,
    )


def _measured(stage: Stage, streams: list[Stream]) -> list[Any]:
    """Return the viewers whose latencies count: all, or with several processes those at another than the asker's."""
    return [viewer for stream in streams for viewer in stream.viewers[1 if stage.scenario.processes > 1 else 0 :]]


async def _sit_down(stage: Stage) -> list[Stream]:
    """Connect the viewers of all streams, some at a time."""
    seats, streams = stage.seats[1 : 1 + stage.scenario.streams], list[Stream]()
    for first in range(0, len(seats), AT_ONCE):
        batch = enumerate(seats[first : first + AT_ONCE], first)
        sitting = (sit(stage, seat, seat["conversation"].replace("-", ""), ENDLESS, number) for number, seat in batch)
        streams += await asyncio.gather(*sitting)
    return streams


async def _begin(streams: list[Stream], spread: float) -> list[float]:
    """Ask one question after the other, evenly over `spread` seconds, and return when: monotonic seconds."""
    begun, asked = time.monotonic(), []
    for number, stream in enumerate(streams):
        await asyncio.sleep(max(0.0, begun + number * spread / len(streams) - time.monotonic()))
        asked.append(asyncio.create_task(stream.ask()))
    return await asyncio.gather(*asked)


def _first_words(streams: list[Stream], asked: list[float]) -> list[float]:
    """Return the time from each stream's question to the first word of its answer: milliseconds."""
    return [1000 * (stream.viewers[0].deltas[0][0] - at) for stream, at in zip(streams, asked, strict=True)]


async def _probed(probe: Stream, times: int) -> list[float]:
    return [await _first_token(probe) for _ in range(times)]


async def _first_token(probe: Stream) -> float:
    """Return the time from a question to the first word of its answer: milliseconds."""
    viewer = probe.viewers[0]
    known, asked = len(viewer.deltas), time.monotonic()
    await probe.ask()
    first = await viewer.delta_after(known)
    await viewer.finished.get()
    return 1000 * (first - asked)


async def _pinged(stage: Stage) -> list[float]:
    """Send pings on a socket of their own, in time whether earlier ones are answered or not: milliseconds of each."""
    seat, asked = stage.seats[0], []
    viewer = await stage.connect(seat["sessions"][0])
    begun = time.monotonic()
    for number in range(stage.scenario.pings):
        await asyncio.sleep(max(0.0, begun + number * PING_SECONDS - time.monotonic()))
        asked.append(asyncio.create_task(viewer.ping(seat["conversation"])))
    times = await asyncio.gather(*asked)
    viewer.close()
    return times


async def _direct(vendor: int, scenario: Scenario) -> float:
    """Return the median time from a direct request to its first chunk, without a server between: milliseconds."""
    question = request(Plan("direct", PROBE, scenario.rate).question(), scenario.history)
    times = []
    for _ in range(scenario.probes):
        reader, writer = await asyncio.open_connection("127.0.0.1", vendor)
        asked = time.monotonic()
        writer.write(question)
        await reader.readuntil(b"data: ")
        times.append(1000 * (time.monotonic() - asked))
        await reader.readuntil(b"[DONE]")
        writer.close()
    return percentile(times, 0.5)


async def _ended(streams: list[Stream], vendor: int, seconds: float) -> tuple[list[str], list[float]]:
    """End one reply after the other; return losses by the vendor's own record, and the milliseconds of each end."""
    await _fetched(vendor, f"/end/{seconds}")
    while not all(viewer.finished.qsize() for stream in streams for viewer in stream.viewers):
        await asyncio.sleep(0.1)
    said, lost, times = await _fetched(vendor, "/said"), list[str](), list[float]()
    for stream in streams:
        digest, written = said.get(stream.plan.tag, ("", 0.0))
        for viewer in stream.viewers:
            arrived, finished = viewer.finished.get_nowait()
            lost += losses(viewer, json.loads(finished), digest)
            times.append(1000 * (arrived - written))
    return lost, times


async def _fetched(vendor: int, path: str) -> dict[str, tuple[str, float]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", vendor)
    writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    fetched: dict[str, tuple[str, float]] = json.loads(await reader.readexactly(int(head.rpartition(b":")[2])))
    writer.close()
    return fetched


if __name__ == "__main__":
    seats.main(run)
