"""`doctor`: a line for each thing this site depends on."""

from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError

from chatsite import diagnosis
from chatsite.diagnosis import Check, Sick


class Command(BaseCommand):
    help = "Checks what the site depends on, a line each; calls every endpoint once. Exit 1 if something is wrong."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        results = [self._look(name, check) for name, check in diagnosis.checks()]
        if not all(results):
            raise CommandError(f"{results.count(False)} of {len(results)} checks failed.")

    def _look(self, name: str, check: Check) -> bool:
        try:
            self.stdout.write(f"ok      {name}: {check()}")
        except (Sick, DatabaseError) as problem:
            self.stdout.write(f"WRONG   {name}: {problem}")
            return False
        return True
