"""`doctor`: prints a line for each thing on which this site depends."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from chatsite.health import doctor
from providers.checks import Check, Finding


class Command(BaseCommand):
    help = "Checks what the site depends on, a line each; calls every endpoint once. Exit 1 if something is wrong."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        results = [self._look(check) for check in doctor.checks()]
        if not all(results):
            raise CommandError(f"{results.count(False)} of {len(results)} checks failed.")

    def _look(self, check: Check) -> bool:
        said, found = check.answer()
        if not found:
            self.stdout.write(f"ok      {check.name}: {said or 'in order'}")
        for finding in found:
            self.stdout.write(f"{'WRONG' if finding.is_grave else 'note '}   {check.name}: {_line(finding)}")
        return not any(finding.is_grave for finding in found)


def _line(finding: Finding) -> str:
    return f"{finding.text} {finding.detail}".strip()
