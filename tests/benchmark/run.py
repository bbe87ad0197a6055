"""The processes of a run: their start and their end."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from tests.benchmark.measuring import Result, ShortReplies
from tests.benchmark.plan import Scenario
from tests.benchmark.processes import BASE, free_port, line, process
from tests.benchmark.seats import Stage
from tests.made_once import spare_first_start
from tests.services import MIGRATED, Redis, migrated_postgres

SPARE_THREADS = 50


class Bench:
    """A vendor, a data folder and, if wanted, a PostgreSQL and a Redis; use it in a `with`."""

    def __init__(self, postgresql: bool = False) -> None:
        self._services: dict[str, str] = {"DATABASE_URL": "", "REDIS_URL": ""}
        self._postgresql = postgresql

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        if self._postgresql:
            self._services["DATABASE_URL"] = self._stack.enter_context(migrated_postgres()).new_database(MIGRATED)
            self._services["REDIS_URL"] = self._stack.enter_context(Redis()).url
        self._data = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="chatsite-bench-"))
        if not self._postgresql:
            spare_first_start(Path(self._data))
        vendor = self._stack.enter_context(process("tests.benchmark.vendor"))
        self._vendor = int(line(vendor))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def relay(self, scenario: Scenario) -> Result:
        """Run this scenario through the bare relay."""
        with self._relay(scenario) as stage:
            return _measured(stage)

    def site(self, scenario: Scenario) -> Result:
        """Run this scenario through the real server."""
        with self._processes(scenario) as stage:
            return _measured(stage)

    def short_replies(self, scenario: Scenario) -> tuple[ShortReplies, ShortReplies]:
        """Ask for short replies through the bare relay and through the real server."""
        with self._relay(scenario) as stage:
            relay = _run("short_replies", stage)
        with self._processes(scenario) as stage:
            return ShortReplies(**relay), ShortReplies(**_run("short_replies", stage))

    def searched(self, scenario: Scenario, messages: int, rate: int) -> tuple[Result, list[float]]:
        """Run this scenario beside so many searches a second in a large history, and return their milliseconds."""
        with self._site(scenario, messages) as (site, port):
            seats, sessions = json.loads(line(site)), json.loads(line(site))
            line(site)  # it answers
            asked = {"port": port, "sessions": sessions, "rate": rate, "seconds": scenario.seconds}
            with process(
                "tests.benchmark.searchers", stdin=json.dumps(asked | {"warm": scenario.spread + 1})
            ) as people:
                result = _measured(Stage([port], [site.pid], self._vendor, seats, scenario))
                return result, json.loads(line(people))

    @contextmanager
    def _relay(self, scenario: Scenario) -> Iterator[Stage]:
        with process("tests.benchmark.relay", self._vendor, scenario.history) as relay:
            seats = [{"conversation": "probe", "sessions": [""]}]
            seats += [
                {"conversation": f"{relay.pid}s{number}", "sessions": [""] * scenario.viewers}
                for number in range(scenario.streams)
            ]
            yield Stage([int(line(relay))], [relay.pid], self._vendor, seats, scenario)

    @contextmanager
    def _processes(self, scenario: Scenario) -> Iterator[Stage]:
        """Start all processes of the site, one after the other."""
        with ExitStack() as stack:
            site, port = stack.enter_context(self._site(scenario))
            stage = Stage([port], [site.pid], self._vendor, json.loads(line(site)), scenario)
            line(site)  # it answers
            for _ in range(scenario.processes - 1):
                other, port = stack.enter_context(self._site(scenario, is_first=False))
                line(other)
                stage.ports.append(port)
                stage.pids.append(other.pid)
            yield stage

    @contextmanager
    def _site(
        self, scenario: Scenario, messages: int = 0, is_first: bool = True
    ) -> Iterator[tuple[subprocess.Popen[str], int]]:
        port = free_port()
        environment = {
            **self._services,
            "CHATSITE_DATA": self._data,
            "CHATSITE_ORIGINS": f"http://127.0.0.1:{port}",
            "CHATSITE_PRIVATE_HOSTS": f"127.0.0.1:{self._vendor}",
            "CHATSITE_MAX_STREAMS": str(max(400, scenario.streams + SPARE_THREADS)),
        }
        asked = [self._vendor, json.dumps(asdict(scenario)), messages] if is_first else []
        with process("tests.benchmark.site", port, *asked, environment=environment) as site:
            yield site, port


def _measured(stage: Stage) -> Result:
    return Result(**_run("viewers", stage))


def _run(module: str, stage: Stage) -> dict[str, Any]:
    """Run the people of this module, and return their result."""
    command = [sys.executable, "-m", f"tests.benchmark.{module}"]
    asked = json.dumps(asdict(stage))
    done = subprocess.run(command, cwd=BASE, input=asked, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result
