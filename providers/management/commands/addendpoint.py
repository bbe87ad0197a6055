"""`addendpoint`: adds an endpoint, its key and its models from the command line."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from providers.audit import log
from providers.endpoints.adding import add_endpoint
from providers.endpoints.presets import presets


class Command(BaseCommand):
    help = "Adds an endpoint with its key (from a file or standard input) and models, or makes it what is given now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("preset", metavar="PRESET", help=", ".join(presets()))
        parser.add_argument("--name", default="", help="what the endpoint is called here (default: the preset's name)")
        parser.add_argument("--base-url", default="", help="the vendor's address, where the preset does not know it")
        parser.add_argument("--model", action="append", default=[], help="the vendor's id of a model; repeatable")
        parser.add_argument("--key-file", type=Path, help="the file that holds the key (default: standard input)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with log.by_command("addendpoint"):
                endpoint = add_endpoint(
                    options["preset"],
                    name=options["name"],
                    base_url=options["base_url"],
                    models=options["model"],
                    key=_read_key(options["key_file"]),
                )
        except (ValidationError, OSError, UnicodeDecodeError) as error:
            raise CommandError(_in_words(error)) from None
        self.stdout.write(f"{endpoint.name}: {endpoint.base_url}, {', '.join(options['model'])}")


def _read_key(path: Path | None) -> str:
    if path is not None:
        if key := path.read_text(encoding="utf-8").strip():
            return key
        raise CommandError("The key file is empty.")
    return "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read().strip()


def _in_words(error: ValidationError | OSError | UnicodeDecodeError) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return f"The key file cannot be read: {error.strerror if isinstance(error, OSError) else 'it is not text'}."
