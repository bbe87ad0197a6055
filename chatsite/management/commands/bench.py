"""`manage.py bench`: measures the cost of the way from vendor to browser."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Measures the streaming path beside a bare relay: added first-token time, latency, ends, pings, CPU, memory. "
        "A development command: it needs the test list, which `python3 manage.py test` installs."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", help="only what has one of these words in its name")
        parser.add_argument("--quick", action="store_true", help="two streams for a moment, to see that all of it runs")
        parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL and a Redis, not on SQLite")
        parser.add_argument("--largest", action="store_true", help="find the most streams whose deltas are in time")
        parser.add_argument("--database-load", type=int, metavar="N", help="only the rows of so many streams")
        parser.add_argument("--bus-load", type=int, metavar="N", help="only the packets of so many mirrored replies")
        parser.add_argument("--ledger-load", type=int, metavar="P", help="only the ledger, from so many processes")
        parser.add_argument("--write-readme", action="store_true", help="put what it prints into CONTRIBUTING.md")

    def handle(
        self,
        *,
        database_load: int | None,
        bus_load: int | None,
        ledger_load: int | None,
        quick: bool,
        **options: Any,
    ) -> None:
        if database_load:
            self._load_database(database_load, quick)
        elif bus_load:
            self._load_bus(bus_load, quick)
        elif ledger_load:
            self._load_ledger(ledger_load, quick)
        else:
            self._stream(quick=quick, **options)

    def _load_database(self, streams: int, quick: bool) -> None:
        from tests.benchmark.load import database, table

        load = database.measure(streams, is_quick=quick)
        self._tell(table.database_table(load), load.lost)

    def _load_bus(self, streams: int, quick: bool) -> None:
        from tests.benchmark.load import bus, table

        load = bus.measure(streams, is_quick=quick)
        self._tell(table.bus_table(load), load.lost)

    def _load_ledger(self, processes: int, quick: bool) -> None:
        from tests.benchmark.load import ledger, table

        self._tell(table.ledger_table(ledger.measure(processes, is_quick=quick)), [])

    def _tell(self, table: str, lost: list[str]) -> None:
        self.stdout.write(f"{table}\n\n{_load()}")
        if lost:
            raise CommandError(f"Something was lost. {', '.join(lost)}")

    def _stream(
        self, *, names: list[str], quick: bool, postgresql: bool, largest: bool, write_readme: bool, **_: Any
    ) -> None:
        from tests.benchmark import plan, table
        from tests.benchmark.run import Bench

        def chosen(scenarios: tuple[plan.Scenario, ...]) -> list[plan.Scenario]:
            return [one for one in scenarios if not names or any(name in one.name for name in names)]

        streams = plan.QUICK if quick else (*plan.SCENARIOS, *(plan.TWO_PROCESSES if postgresql else ()))
        results, short = [], []
        with Bench(postgresql) as bench:
            for scenario in chosen(streams):
                self.stderr.write(f"{scenario.name} …")
                results.append((scenario, bench.relay(scenario), bench.site(scenario)))
            for scenario in chosen(plan.QUICK_SHORT if quick else plan.SHORT):
                self.stderr.write(f"{scenario.name} …")
                short.append((scenario, *bench.short_replies(scenario)))
            lines = self._largest(bench) if largest else []
        tables = [*([table.table(results)] if results else []), *([table.short_table(short)] if short else [])]
        text = "\n".join(["\n\n".join(tables), *lines, "", _load()])
        self.stdout.write(text)
        if write_readme:
            markers = [table.BEGIN_POSTGRESQL, table.END_POSTGRESQL] if postgresql else []
            table.write(settings.BASE_DIR / "CONTRIBUTING.md", text, *markers)
        self._complain([*results, *short])

    def _complain(self, results: list[Any]) -> None:
        if lost := [f"{scenario.name}: {loss}" for scenario, *both in results for one in both for loss in one.lost]:
            raise CommandError(f"Something was lost. {', '.join(sorted(set(lost)))}")

    def _largest(self, bench: Any) -> list[str]:
        from tests.benchmark.largest import IN_TIME, find_largest

        found = f"the bare relay {find_largest(bench.relay)}, Chatsite {find_largest(bench.site)}."
        return ["", f"Most streams with p95 under {IN_TIME:.0f} ms: {found}"]


def _load() -> str:
    return "Load of the machine in the last minutes: " + ", ".join(f"{one:.1f}" for one in os.getloadavg()) + "."
