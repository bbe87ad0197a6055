"""The command `sumledger`, which recounts the daily sums from the ledger and corrects the wrong ones."""

from typing import Any

from django.core.management.base import BaseCommand

from conversations.usage import daily_sums


class Command(BaseCommand):
    help = "Counts every day of the ledger anew and makes the sums that the pages show equal to it."

    def handle(self, *args: Any, **options: Any) -> None:
        days = list(daily_sums.days())
        mended = [day for day in days if daily_sums.recount(day)]
        for day in mended:
            self.stdout.write(f"{day}: counted anew")
        self.stdout.write(f"Days looked at: {len(days)}, mended: {len(mended)}.")
