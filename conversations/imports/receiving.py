"""Large files that come in pieces, each added to the one on the disk; what comes twice is kept once."""

import os
import shutil
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from conversations.errors import NotFound, Refused
from conversations.imports import jobs
from conversations.models import ConversationImport, User

MAX_BYTES = 2 * 2**30
"""Bytes of a file that comes in pieces."""
LEFT_BYTES = 2**30
"""Bytes of the disk that stay free for all else."""
Status = ConversationImport.Status


def begin(owner: User, name: str, size: int) -> ConversationImport:
    """Begin a file of so many bytes in the place of this person's last unfinished one; refuses one without room.

    One of the same name and size goes on where it ended, if its first piece is the same.
    """
    if size > MAX_BYTES:
        raise Refused("too_long", f"A file of conversations may have {MAX_BYTES // 2**20} MB.")
    if shutil.disk_usage(settings.CHATSITE_DATA).free < size + LEFT_BYTES:
        raise Refused("unavailable", "This site has no room for a file just now.")
    if owner.imports.under_way().exists():
        raise _busy()
    shown = jobs.shown_name(name)
    for unfinished in owner.imports.filter(status=Status.UPLOADING):
        if (unfinished.name, unfinished.size) == (shown, size):
            return unfinished
        unfinished.path.unlink(missing_ok=True)
        unfinished.delete()
    jobs.forget_waiting(owner)
    return ConversationImport.objects.create(owner=owner, name=shown, status=Status.UPLOADING, size=size)


def add_piece(owner: User, import_id: UUID, at: int, piece: bytes) -> int:
    """Add a piece that begins where the file ends, and return how many bytes are there.

    The last one begins the dry run; sent again, it changes nothing. Another first piece begins another file. Raises
    NotFound, and Refused if the dry run cannot begin or the disk is full.
    """
    batch = owner.imports.filter(pk=import_id, size__gt=0).first()
    if batch is None:
        raise NotFound
    end = at + len(piece)
    if batch.status == Status.UPLOADING and at == 0 < batch.received and not _begins_with(batch, piece):
        owner.imports.filter(pk=import_id, status=Status.UPLOADING).update(received=0)
        batch.received = 0
    if batch.status != Status.UPLOADING or at != batch.received or end > batch.size:
        return batch.received
    try:
        _write(batch, at, piece)
    except OSError:
        raise Refused("unavailable", "This site has no room for a file just now.") from None
    mine = owner.imports.filter(pk=import_id, status=Status.UPLOADING, received=at)
    try:
        with transaction.atomic():
            is_added = mine.update(received=end, alive_at=timezone.now())
            if is_added and end == batch.size:
                jobs.look_through(batch)
    except IntegrityError:
        raise _busy() from None
    return end if is_added else at


def _begins_with(batch: ConversationImport, piece: bytes) -> bool:
    try:
        with batch.path.open("rb") as source:
            return source.read(len(piece)) == piece[: batch.received]
    except FileNotFoundError:
        return False


def _write(batch: ConversationImport, at: int, piece: bytes) -> None:
    batch.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = os.open(batch.path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(target, piece, at)
    finally:
        os.close(target)


def _busy() -> Refused:
    return Refused("busy", "An import of yours is under way; wait until it has ended.")
