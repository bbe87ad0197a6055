"""The target of a run, and the streams that its viewers sit at."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from tests.benchmark.plan import Plan, Scenario
from tests.benchmark.viewer import Viewer

PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Stage:
    """The target (ports and processes), its seats (a conversation and its viewers' sessions), and the scenario."""

    ports: list[int]
    pids: list[int]
    vendor: int
    seats: list[dict[str, Any]]
    scenario: Scenario

    async def connect(self, session: str, at: int = 0) -> Viewer:
        """Connect a viewer to process `at`, or one counted from the first again."""
        return await Viewer.connect(self.ports[at % len(self.ports)], session)


@dataclass(frozen=True, slots=True)
class Stream:
    """One reply and its viewers; the first of them asks."""

    conversation: str
    viewers: list[Viewer]
    plan: Plan

    async def ask(self) -> float:
        """Ask, and return when: monotonic seconds."""
        question, asked = self.plan.question(), time.monotonic()
        await self.viewers[0].ask("message.send", conversation=self.conversation, text=question)
        return asked


async def sit(stage: Stage, seat: dict[str, Any], tag: str, deltas: int, at: int = 0) -> Stream:
    """Connect the viewers of this seat's conversation, the first to process `at`, and open it."""
    viewers = [await stage.connect(session, number) for number, session in enumerate(seat["sessions"], at)]
    for viewer in viewers:
        is_page = stage.scenario.html
        await viewer.ask("conversation.open", conversation=seat["conversation"], html=is_page, brief=is_page)
    return Stream(seat["conversation"], viewers, Plan(tag, deltas, stage.scenario.rate))


def main(run: Callable[[Stage], Awaitable[Any]]) -> None:
    """Read the stage from the input, run, and print the result as one line of JSON."""
    wanted = json.loads(sys.stdin.read())
    stage = Stage(**{**wanted, "scenario": Scenario(**wanted["scenario"])})
    print(json.dumps(asdict(asyncio.run(_patiently(run, stage)))))


async def _patiently(run: Callable[[Stage], Awaitable[Any]], stage: Stage) -> Any:
    return await asyncio.wait_for(run(stage), PATIENCE)
