"""`manage.py bench`: measures the cost of the way from vendor to browser."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Measures the streaming path beside a bare relay: added first-token time, latency, CPU and memory. "
        "A development command: it needs the test list, which `python3 manage.py test` installs."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", help="only what has one of these words in its name")
        parser.add_argument("--quick", action="store_true", help="two streams for a moment, to see that all of it runs")
        parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL and a Redis, not on SQLite")
        parser.add_argument("--largest", action="store_true", help="find the most streams whose deltas are in time")
        parser.add_argument("--write-readme", action="store_true", help="put what it prints into CONTRIBUTING.md")

    def handle(
        self, *, names: list[str], quick: bool, postgresql: bool, largest: bool, write_readme: bool, **_: Any
    ) -> None:
        from tests.benchmark import plan, table
        from tests.benchmark.largest import IN_TIME, find_largest
        from tests.benchmark.run import Bench

        scenarios = plan.QUICK if quick else plan.SCENARIOS
        chosen = [one for one in scenarios if not names or any(name in one.name for name in names)]
        results, lines = [], list[str]()
        with Bench(postgresql) as bench:
            for scenario in chosen:
                self.stderr.write(f"{scenario.name} …")
                results.append((scenario, bench.relay(scenario), bench.site(scenario)))
            if largest:
                lines = ["", f"Most streams with p95 under {IN_TIME:.0f} ms: "]
                lines[-1] += f"the bare relay {find_largest(bench.relay)}, Chatsite {find_largest(bench.site)}."
        text = "\n".join([table.table(results), *lines])
        self.stdout.write(text)
        if write_readme:
            table.write(settings.BASE_DIR / "CONTRIBUTING.md", text)
        if lost := [f"{scenario.name}: {loss}" for scenario, *both in results for one in both for loss in one.lost]:
            raise CommandError(f"Something was lost. {', '.join(sorted(set(lost)))}")
