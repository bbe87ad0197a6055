"""The two halves of an import, each safe to be killed and run again: the dry run, and the writing."""

import time
from collections.abc import Iterator

from django.db import DataError, IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from conversations.ids import BOOT_ID
from conversations.imports import reading
from conversations.imports.growing import existing, gained
from conversations.imports.reading import Read
from conversations.imports.thread import Problem, Said, Thread
from conversations.imports.writing import Writer, key_of, prepared, title_for
from conversations.live import events
from conversations.models import Conversation, ConversationImport, ImportItem, Membership
from conversations.models.personal.conversation_import import Reason
from conversations.text import title_of

BATCH = 100
HEARTBEAT_SECONDS = 2.0
Status, Outcome = ConversationImport.Status, ImportItem.Outcome


class Superseded(Exception):
    """Says that another process works on this import, or that it is gone."""


def work_on(batch: ConversationImport) -> None:
    """Do what is left of an import: look through the file, or write what is not written yet."""
    try:
        if batch.status == Status.CHECKING:
            _check(batch)
        elif batch.status == Status.RUNNING:
            _write(batch)
    except Problem as problem:
        _note(batch, status=Status.FAILED, problem=problem.reason)
        batch.path.unlink(missing_ok=True)
    except FileNotFoundError:
        _note(batch, status=Status.FAILED, problem=Reason.BROKEN)
    except Superseded:
        return


def _check(batch: ConversationImport) -> None:
    """List what the file holds, from the beginning: an earlier try may have ended in the middle."""
    with transaction.atomic():
        _note(batch, found=0, skipped=0)
        batch.items.all().delete()
    listed: list[ImportItem] = []
    seen: set[str] = set()
    here = _here(batch)
    for position, read in enumerate(reading.conversations(batch.path)):
        listed.append(_item(batch, position, read, seen, here))
        if len(listed) == BATCH:
            _keep(batch, listed)
            listed = []
    _keep(batch, listed, status=Status.READY)


def _item(batch: ConversationImport, position: int, read: Read, seen: set[str], here: set[str]) -> ImportItem:
    item = ImportItem(batch=batch, owner=batch.owner, position=position, outcome=Outcome.NEW)
    try:
        if read.thread is None:
            item.title = title_of(read.title)
            raise Problem(read.problem)
        item.key = key_of(read.format_name, read.thread)
        item.title, item.messages = title_for(read.thread), len(read.thread.messages)
        item.team = read.thread.team
        messages = prepared(read.thread)
        item.messages = len(messages)
        if item.key in seen:
            raise Problem(Reason.HERE)
        seen.add(item.key)
        if item.key in here:
            item.messages, item.reason = _grown(batch, item.key, messages), Reason.GROWN
    except Problem as problem:
        item.outcome, item.reason = Outcome.SKIPPED, problem.reason
    return item


def _keep(batch: ConversationImport, listed: list[ImportItem], **changed: object) -> None:
    """Store these items and count them, unless another process works on this import by now."""
    skipped = sum(item.outcome == Outcome.SKIPPED for item in listed)
    with transaction.atomic():
        _note(batch, found=F("found") + len(listed), skipped=F("skipped") + skipped, **changed)
        ImportItem.objects.bulk_create(listed)


def _here(batch: ConversationImport) -> set[str]:
    """Return the keys whose conversation exists."""
    rows = ImportItem.objects.filter(owner=batch.owner, conversation__isnull=False)
    return set(rows.values_list("key", flat=True))


def _is_here(batch: ConversationImport, item: ImportItem) -> bool:
    return ImportItem.objects.filter(owner=batch.owner, key=item.key, conversation__isnull=False).exists()


def _grown(batch: ConversationImport, key: str, messages: list[Said]) -> int:
    """Return how many messages a conversation has gained since it came; raises Problem if that is none."""
    conversation = existing(batch.owner, key)
    new = gained(conversation, messages)[0] if conversation else []
    if not new:
        raise Problem(Reason.HERE)
    return len(new)


def _write(batch: ConversationImport) -> None:
    alive = _Heartbeat(batch)
    writer = Writer(batch.owner, alive, batch.team)
    for item, read in _unwritten(batch):
        alive()
        if read.thread:
            _write_one(batch, writer, item, read.thread)
        else:
            _skip(batch, item, Reason.BROKEN)
    _note(batch, status=Status.DONE)
    batch.path.unlink(missing_ok=True)
    _announce(batch)


def _announce(batch: ConversationImport) -> None:
    """Let the lists of everybody who has got conversations be asked for anew."""
    imported = batch.items.filter(outcome=Outcome.IMPORTED).count()
    members = Membership.objects.filter(team=batch.team_id).values_list("user", flat=True) if batch.team_id else ()
    if imported:
        events.import_ended(batch.pk, imported, {batch.owner_id, *members})


def _unwritten(batch: ConversationImport) -> Iterator[tuple[ImportItem, Read]]:
    """Yield what is still to come. The file is read again in the order in which it was listed."""
    waiting = dict(batch.items.filter(outcome=Outcome.NEW).values_list("position", "pk"))
    for position, read in enumerate(reading.conversations(batch.path) if waiting else ()):
        if position in waiting:
            yield ImportItem.objects.get(pk=waiting[position]), read


def _write_one(batch: ConversationImport, writer: Writer, item: ImportItem, thread: Thread) -> None:
    try:
        if not _is_here(batch, item):
            writer.write(item, thread)
        elif conversation := existing(batch.owner, item.key):
            writer.extend(item, thread, conversation)
        else:
            raise Problem(Reason.HERE)
    except Problem as problem:
        _skip(batch, item, problem.reason)
    except Conversation.DoesNotExist:
        _skip(batch, item, Reason.HERE)
    except (DataError, IntegrityError, ValueError):  # another process was sooner, or the database takes no such row
        _skip(batch, item, Reason.HERE if _is_here(batch, item) else Reason.BROKEN)


def _skip(batch: ConversationImport, item: ImportItem, reason: str) -> None:
    with transaction.atomic():
        item.outcome, item.reason = Outcome.SKIPPED, reason
        item.save(update_fields=["outcome", "reason"])
        ConversationImport.objects.filter(pk=batch.pk).update(skipped=F("skipped") + 1)


class _Heartbeat:
    """Notes a sign of life when it is called, at most every HEARTBEAT_SECONDS."""

    def __init__(self, batch: ConversationImport) -> None:
        self._batch, self._noted = batch, 0.0

    def __call__(self) -> None:
        if time.monotonic() - self._noted > HEARTBEAT_SECONDS:
            _note(self._batch)
            self._noted = time.monotonic()


def _note(batch: ConversationImport, **changed: object) -> None:
    """Note a sign of life with these changes; raises Superseded if the import is another process's by now."""
    mine = ConversationImport.objects.filter(pk=batch.pk, boot=BOOT_ID, status=batch.status)
    if not mine.update(alive_at=timezone.now(), **changed):
        raise Superseded
