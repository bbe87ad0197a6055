"""The processes of a run: their start and their end."""

import json
import os
import socket
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
from tests.benchmark.seats import Stage
from tests.made_once import spare_first_start
from tests.services import Postgres, Redis

BASE = Path(__file__).resolve().parent.parent.parent
SPARE_THREADS = 50


class Bench:
    """A vendor, a data folder and, if wanted, a PostgreSQL and a Redis; use it in a `with`."""

    def __init__(self, postgresql: bool = False) -> None:
        self._services: dict[str, str] = {"DATABASE_URL": "", "REDIS_URL": ""}
        self._postgresql = postgresql

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        if self._postgresql:
            self._services["DATABASE_URL"] = self._stack.enter_context(Postgres()).new_database()
            self._services["REDIS_URL"] = self._stack.enter_context(Redis()).url
        self._data = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="chatsite-bench-"))
        if not self._postgresql:
            spare_first_start(Path(self._data))
        vendor = self._stack.enter_context(_process("tests.benchmark.vendor"))
        self._vendor = int(_line(vendor))
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
            seats, sessions = json.loads(_line(site)), json.loads(_line(site))
            _line(site)  # it answers
            asked = {"port": port, "sessions": sessions, "rate": rate, "seconds": scenario.seconds}
            with _process(
                "tests.benchmark.searchers", stdin=json.dumps(asked | {"warm": scenario.spread + 1})
            ) as people:
                result = _measured(Stage([port], [site.pid], self._vendor, seats, scenario))
                return result, json.loads(_line(people))

    @contextmanager
    def _relay(self, scenario: Scenario) -> Iterator[Stage]:
        with _process("tests.benchmark.relay", self._vendor, scenario.history) as relay:
            seats = [{"conversation": "probe", "sessions": [""]}]
            seats += [
                {"conversation": f"{relay.pid}s{number}", "sessions": [""] * scenario.viewers}
                for number in range(scenario.streams)
            ]
            yield Stage([int(_line(relay))], [relay.pid], self._vendor, seats, scenario)

    @contextmanager
    def _processes(self, scenario: Scenario) -> Iterator[Stage]:
        """Start all processes of the site, one after the other."""
        with ExitStack() as stack:
            site, port = stack.enter_context(self._site(scenario))
            stage = Stage([port], [site.pid], self._vendor, json.loads(_line(site)), scenario)
            _line(site)  # it answers
            for _ in range(scenario.processes - 1):
                other, port = stack.enter_context(self._site(scenario, is_first=False))
                _line(other)
                stage.ports.append(port)
                stage.pids.append(other.pid)
            yield stage

    @contextmanager
    def _site(
        self, scenario: Scenario, messages: int = 0, is_first: bool = True
    ) -> Iterator[tuple[subprocess.Popen[str], int]]:
        port = _free_port()
        environment = {
            **self._services,
            "CHATSITE_DATA": self._data,
            "CHATSITE_ORIGINS": f"http://127.0.0.1:{port}",
            "CHATSITE_PRIVATE_HOSTS": f"127.0.0.1:{self._vendor}",
            "CHATSITE_MAX_STREAMS": str(max(400, scenario.streams + SPARE_THREADS)),
        }
        asked = [self._vendor, json.dumps(asdict(scenario)), messages] if is_first else []
        with _process("tests.benchmark.site", port, *asked, **environment) as site:
            yield site, port


@contextmanager
def _process(module: str, *arguments: Any, stdin: str = "", **environment: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with subprocess.Popen(
        command,
        cwd=BASE,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        process.stdin.write(stdin)
        process.stdin.close()
        try:
            yield process
        finally:
            process.terminate()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} has ended.")
    return line


def _measured(stage: Stage) -> Result:
    return Result(**_run("viewers", stage))


def _run(module: str, stage: Stage) -> dict[str, Any]:
    """Run the people of this module, and return their result."""
    command = [sys.executable, "-m", f"tests.benchmark.{module}"]
    asked = json.dumps(asdict(stage))
    done = subprocess.run(command, cwd=BASE, input=asked, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
