"""`manage.py benchledger`: measures how long the administrator's pages take to open when the ledger is large."""

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

ROWS = 1_000_000


class Command(BaseCommand):
    help = (
        "Fills the ledger of a scratch SQLite database and opens every page of the admin; fails if one takes a second. "
        "A development command."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rows", type=int, default=ROWS, help=f"calls in the ledger ({ROWS:,})")

    def handle(self, *, rows: int, **_: Any) -> None:
        with tempfile.TemporaryDirectory(prefix="chatsite-benchledger-") as folder:
            child = [sys.executable, "-m", "tests.benchmark.ledger", str(rows)]
            scratch = {**os.environ, "CHATSITE_DATA": folder, "DATABASE_URL": "", "REDIS_URL": ""}
            scratch.pop("DATABASE_URL_FILE", None)
            if subprocess.run(child, cwd=settings.BASE_DIR, env=scratch, check=False).returncode:  # noqa: S603
                raise CommandError("Not every page opened in time.")
