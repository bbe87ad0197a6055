"""Calls that several processes write to the ledger at once: all of them add to the same sums of the day."""

import time
from contextlib import ExitStack
from dataclasses import dataclass

from tests.benchmark.load.database import QUICK_SECONDS, site
from tests.benchmark.load.services import Database, family_seconds
from tests.benchmark.measuring import cpu_seconds
from tests.benchmark.processes import line, process, tell

MEASURED_SECONDS, PEOPLE = 8.0, 200


@dataclass(frozen=True, slots=True)
class LedgerLoad:
    """Calls a second, the connections that wait for another one's row, and the processors used."""

    processes: int
    calls: float
    connections: int
    blocked: float
    database_cpu: float
    site_cpu: float


def measure(processes: int, *, is_quick: bool = False) -> LedgerLoad:
    """Write to the ledger from so many processes without a pause."""
    seconds = QUICK_SECONDS if is_quick else MEASURED_SECONDS
    with ExitStack() as stack:
        postgres, shared, _ = site(stack, PEOPLE, is_durable=not is_quick)
        module = "tests.benchmark.load.spender"
        spenders = [
            stack.enter_context(process(module, keeps_input=True, environment=shared)) for _ in range(processes)
        ]
        for spender in spenders:
            line(spender)
        database = Database(shared["DATABASE_URL"])
        stack.callback(database.close)
        begun, pids, seen = time.monotonic(), [spender.pid for spender in spenders], list[tuple[int, int]]()
        database_cpu, site_cpu = family_seconds(postgres), cpu_seconds(*pids)
        for spender in spenders:
            tell(spender, f"{begun + seconds}")
        while time.monotonic() < begun + 0.9 * seconds:
            time.sleep(0.1)
            seen.append(database.connections())
        calls, seconds = sum(int(line(spender)) for spender in spenders), time.monotonic() - begun
        return LedgerLoad(
            processes=processes,
            calls=calls / seconds,
            connections=max(count for count, _ in seen),
            blocked=sum(blocked for _, blocked in seen) / len(seen),
            database_cpu=(family_seconds(postgres) - database_cpu) / seconds,
            site_cpu=(cpu_seconds(*pids) - site_cpu) / seconds,
        )
