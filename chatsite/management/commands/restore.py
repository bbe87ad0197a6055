"""`restore`: restores a backup into an empty site."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from chatsite import data_folder_lock
from chatsite.backup import archive
from providers.encryption import rotation


class Command(BaseCommand):
    help = "Restores what `backup` wrote, into an empty data folder and an empty database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="a file that `backup` wrote")

    def handle(self, *, file: Path, **_: Any) -> None:
        os.umask(0o077)
        try:
            data_folder_lock.acquire(settings.CHATSITE_DATA, shared=False)
            self.stdout.write(archive.restore(file))
        except data_folder_lock.Taken:
            raise CommandError(f"A server is running in {settings.CHATSITE_DATA}: end it first.") from None
        except archive.Unusable as problem:
            raise CommandError(str(problem)) from None
        if locked := rotation.problem():
            self.stderr.write(f"WARNING: {locked}")
