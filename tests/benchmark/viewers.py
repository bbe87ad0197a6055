"""All viewers of one run, which ask, watch and calculate.

Runs as a process; prints its result as one line of JSON.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from tests.benchmark.measuring import Result, arrivals, cpu_seconds, latencies, losses, megabytes, percentile
from tests.benchmark.plan import ENDLESS, Plan, Scenario
from tests.benchmark.relay import request
from tests.benchmark.viewer import Viewer

PATIENCE = 300.0
PROBE = 3
"""Deltas of a probe's reply."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The target (port and process), its seats (a conversation and the sessions of its viewers), and the scenario."""

    port: int
    pid: int
    vendor: int
    seats: list[dict[str, Any]]
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class Stream:
    """One reply and its viewers; the first of them asks."""

    conversation: str
    viewers: list[Viewer]
    plan: Plan

    async def ask(self) -> None:
        question = self.plan.question()
        await self.viewers[0].ask("message.send", conversation=self.conversation, text=question)

    async def ended(self, said: dict[str, str]) -> list[str]:
        """Wait for the end and return the losses of all viewers."""
        return [
            loss
            for viewer in self.viewers
            for loss in losses(viewer, await viewer.finished.get(), said.get(self.plan.tag))
        ]


async def run(stage: Stage) -> Result:
    scenario = stage.scenario
    probe = await _sit(stage, stage.seats[0], "probe", PROBE)
    for _ in range(3):  # loading and compiling at the first question is not measured
        await _first_token(probe)
    memory = megabytes(stage.pid)
    streams = [
        await _sit(stage, seat, f"{seat['conversation'].replace('-', '')}", ENDLESS)
        for seat in stage.seats[1 : 1 + scenario.streams]
    ]
    await _begin(streams, scenario.spread)
    await asyncio.sleep(1.0)
    begin, cpu = time.monotonic(), cpu_seconds(stage.pid)
    await asyncio.sleep(scenario.seconds)
    end, cpu = time.monotonic(), cpu_seconds(stage.pid) - cpu
    memory = megabytes(stage.pid) - memory
    first = [await _first_token(probe) for _ in range(scenario.probes)]
    direct = await _direct(stage.vendor, scenario)
    lost = await _ended(streams, stage.vendor)
    times = [time for stream in streams for viewer in stream.viewers for time in latencies(viewer, begin, end)]
    deltas = sum(arrivals(stream.viewers[0], begin, end) for stream in streams)
    return Result(
        first_token=percentile(first, 0.5) - direct,
        p50=percentile(times, 0.5),
        p95=percentile(times, 0.95),
        p99=percentile(times, 0.99),
        cpu=1_000_000 * cpu / max(1, deltas),
        megabytes=memory / max(1, scenario.streams),
        lost=lost,
    )


async def _sit(stage: Stage, seat: dict[str, Any], tag: str, deltas: int) -> Stream:
    """Connect the viewers of this seat's conversation, and open it."""
    viewers = [await Viewer.connect(stage.port, session) for session in seat["sessions"]]
    for viewer in viewers:
        is_page = stage.scenario.html
        await viewer.ask("conversation.open", conversation=seat["conversation"], html=is_page, brief=is_page)
    return Stream(seat["conversation"], viewers, Plan(tag, deltas, stage.scenario.rate))


async def _begin(streams: list[Stream], spread: float) -> None:
    """Ask one question after the other, evenly over `spread` seconds."""
    begun, asked = time.monotonic(), []
    for number, stream in enumerate(streams):
        await asyncio.sleep(max(0.0, begun + number * spread / len(streams) - time.monotonic()))
        asked.append(asyncio.create_task(stream.ask()))
    await asyncio.gather(*asked)


async def _first_token(probe: Stream) -> float:
    """Return the time from a question to the first word of its answer: milliseconds."""
    viewer = probe.viewers[0]
    known, asked = len(viewer.deltas), time.monotonic()
    await probe.ask()
    first = await viewer.delta_after(known)
    await viewer.finished.get()
    return 1000 * (first - asked)


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


async def _ended(streams: list[Stream], vendor: int) -> list[str]:
    """End every reply, and compare it with the vendor's own record."""
    await _fetched(vendor, "/end")
    while not all(viewer.finished.qsize() for stream in streams for viewer in stream.viewers):
        await asyncio.sleep(0.1)
    said = await _fetched(vendor, "/said")
    return [loss for stream in streams for loss in await stream.ended(said)]


async def _fetched(vendor: int, path: str) -> dict[str, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", vendor)
    writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    fetched: dict[str, str] = json.loads(await reader.readexactly(int(head.rpartition(b":")[2])))
    writer.close()
    return fetched


if __name__ == "__main__":
    wanted = json.loads(sys.stdin.read())
    stage = Stage(**{**wanted, "scenario": Scenario(**wanted["scenario"])})
    print(json.dumps(asdict(asyncio.run(asyncio.wait_for(run(stage), PATIENCE)))))
