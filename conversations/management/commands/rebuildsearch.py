"""The command `rebuildsearch`, which adds to the search index what it lacks."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from conversations.search import rebuilding


class Command(BaseCommand):
    help = "Adds to the search index what it lacks, while the site serves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="make every entry again")

    def handle(self, *, all: bool, **_: Any) -> None:  # noqa: A002  # the option's name
        if all:
            rebuilding.forget_all()
        self.stdout.write(f"Written: {sum(rebuilding.mend()):,}.")
