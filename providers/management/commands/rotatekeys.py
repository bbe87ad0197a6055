"""`rotatekeys`: reseals every stored key with the newest encryption key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from providers.audit import log
from providers.audit.log import Act
from providers.encryption import rotation, sealing
from providers.models import ApiKey


class Command(BaseCommand):
    help = "Seals every stored key with the newest encryption key; may be interrupted and run again while chats go on."

    def handle(self, *args: Any, **options: Any) -> None:
        if not sealing.prefix():
            raise CommandError(rotation.problem())
        done = rotation.rotate()
        with log.by_command("rotatekeys"):
            log.note(None, Act.SEALED, ApiKey, after={"sealed": done.sealed, "locked": done.locked})
        rate = done.sealed / done.seconds if done.seconds else 0
        self.stdout.write(f"{done.sealed} keys re-encrypted in {done.seconds:.2f} s ({rate:.0f} a second).")
        if done.locked:
            raise CommandError(f"{done.locked} keys cannot be opened with any encryption key given; they stay as is.")
        self.stdout.write("Earlier encryption keys are no longer needed here; backups made before still need them.")
