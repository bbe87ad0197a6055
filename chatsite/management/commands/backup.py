"""`backup`: writes a consistent copy of everything but the keys, while the server runs."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError

from chatsite.backup import archive
from conversations.models import Installation
from providers.audit import log
from providers.audit.log import Act


class Command(BaseCommand):
    help = "Writes rows and uploaded files into FILE, while the server runs. Keep the encryption keys elsewhere."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="a new .tar.gz file")

    def handle(self, *, file: Path, **_: Any) -> None:
        os.umask(0o077)
        try:
            archive.write(file.absolute())
        except FileExistsError:
            raise CommandError(f"{file} exists already: choose another name.") from None
        except OSError as problem:
            raise CommandError(f"Nothing was written to {file.parent}: {problem.strerror or problem}.") from None
        except DatabaseError as problem:
            raise CommandError(f"Nothing was written: {problem}") from None
        with log.by_command("backup"):
            log.note(None, Act.BACKED_UP, Installation, name=file.name)
        size = file.stat().st_size / 2**20
        self.stdout.write(
            f"Wrote {file}, {size:.1f} MB. The encryption keys are not in it: without them its vendor keys stay locked."
        )
