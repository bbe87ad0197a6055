"""People who ask for one word, wait for the end of the reply, and ask again.

Runs as a process; prints its result as one line of JSON.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field

from tests.benchmark import seats
from tests.benchmark.measuring import ShortReplies, cpu_seconds, percentile
from tests.benchmark.seats import Stage, Stream, sit


@dataclass(slots=True)
class _Asked:
    """The milliseconds of each reply of all people, and what was wrong with some."""

    times: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


async def run(stage: Stage) -> ShortReplies:
    chosen = stage.seats[1 : 1 + stage.scenario.streams]
    people = [await sit(stage, seat, f"short{number}", 1) for number, seat in enumerate(chosen)]
    await _ask_until(time.monotonic() + 0.2, people)  # loading and compiling at the first question is not measured
    cpu, begun = cpu_seconds(*stage.pids), time.monotonic()
    asked = await _ask_until(begun + stage.scenario.seconds, people)
    cpu, seconds = cpu_seconds(*stage.pids) - cpu, time.monotonic() - begun
    count = len(asked.times)
    p50, p95 = (percentile(asked.times, share) for share in (0.5, 0.95))
    return ShortReplies(count / seconds, 1000 * cpu / count, p50, p95, sorted(set(asked.lost)))


async def _ask_until(end: float, people: list[Stream]) -> _Asked:
    asked = _Asked()
    await asyncio.gather(*(_ask_in_turn(one, end, asked) for one in people))
    return asked


async def _ask_in_turn(person: Stream, end: float, asked: _Asked) -> None:
    viewer = person.viewers[0]
    while (begun := time.monotonic()) < end:
        await person.ask()
        finished, payload = await viewer.finished.get()
        asked.times.append(1000 * (finished - begun))
        word = "".join(json.loads(frame).get("text", "") for _, frame in viewer.deltas)
        viewer.deltas.clear()
        message = json.loads(payload)["message"]
        if not word or message["status"] != "complete":
            asked.lost.append("a short reply")


if __name__ == "__main__":
    seats.main(run)
