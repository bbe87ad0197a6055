"""`manage.py benchhistory`: measures how long the server takes to show a large history."""

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

MESSAGES = 100_000


class Command(BaseCommand):
    help = (
        "Fills a scratch database with 2,000 conversations of 20 teams; opens sidebar and conversations, searches, "
        "exports and imports, and searches once more beside running replies. Fails where that takes too long, or more "
        "queries for a long conversation. A development command."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--messages", type=int, default=MESSAGES, help=f"in all conversations ({MESSAGES:,})")
        parser.add_argument("--only-beside", action="store_true", help="only the searches beside running replies")
        parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL, not on SQLite")

    def handle(self, *, messages: int, postgresql: bool, only_beside: bool, **_: Any) -> None:
        if not only_beside:
            self._open(messages, postgresql)
        self._search_beside(messages, postgresql)

    def _search_beside(self, messages: int, postgresql: bool) -> None:
        from tests.benchmark.beside import is_in_time, measure

        told, times = measure(messages, postgresql)
        self.stdout.write(told)
        if not is_in_time(times):
            raise CommandError("Searches beside running replies take too long.")

    def _open(self, messages: int, postgresql: bool) -> None:
        from tests.services import Postgres

        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="chatsite-benchhistory-"))
            url = stack.enter_context(Postgres()).new_database() if postgresql else ""
            child = [sys.executable, "-m", "tests.benchmark.history", str(messages)]
            scratch = {**os.environ, "CHATSITE_DATA": folder, "DATABASE_URL": url, "REDIS_URL": ""}
            scratch.pop("DATABASE_URL_FILE", None)
            if subprocess.run(child, cwd=settings.BASE_DIR, env=scratch, check=False).returncode:  # noqa: S603
                raise CommandError("The history does not open as promised.")
