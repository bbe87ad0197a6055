"""Imports from upload to end: one long and one short at once in a process."""

import logging
import time
from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from conversations.errors import NotFound, Refused
from conversations.ids import BOOT_ID
from conversations.imports import run
from conversations.models import ConversationImport, User
from conversations.models.personal.conversation_import import KEPT, Reason
from conversations.text import one_line
from conversations.workers.database_threads import AWAY
from conversations.workers.thread_pool import ThreadPool

MAX_BYTES = 100 * 2**20
MAX_WAITING = 2
"""Files of one person that wait for their start; older ones go when another comes."""
MAX_TRIES = 5
"""Processes that may die over one import before it has failed."""
MAX_INTERRUPTIONS = 100
"""Times that a database which takes writes may keep one process from going on."""
SHORT_BYTES = 4 * 2**20
"""Bytes of a file that does not wait behind longer ones."""
_short, _long = ThreadPool("short-import", 1), ThreadPool("import", 1)
_here: set[UUID] = set()
"""The imports that this process works on or will."""
_interrupted: list[ConversationImport] = []
"""Those of them that the database kept from going on."""
_interruptions: Counter[UUID] = Counter()
_logger = logging.getLogger(__name__)
Status = ConversationImport.Status


def receive(owner: User, name: str, chunks: Iterable[bytes]) -> ConversationImport:
    """Keep a file and begin to look through it; refuses it while another import of this person is under way."""
    batch = ConversationImport(owner=owner, name=shown_name(name), boot=BOOT_ID)
    try:
        _keep(batch, chunks)
        with transaction.atomic():
            batch.save(force_insert=True)
            transaction.on_commit(lambda: _submit(batch))
    except IntegrityError:
        batch.path.unlink(missing_ok=True)
        raise Refused("busy", "An import of yours is under way; wait until it has ended.") from None
    forget_waiting(owner)
    return batch


def forget_waiting(owner: User) -> None:
    """Delete this person's files that wait for their start, but for the newest: they fill the disk."""
    _remove(owner.imports.filter(status=Status.READY).order_by("-id")[MAX_WAITING - 1 :])


def look_through(batch: ConversationImport) -> None:
    """Begin the dry run of a file that has come in pieces; raises IntegrityError while another import is under way."""
    ConversationImport.objects.filter(pk=batch.pk).update(status=Status.CHECKING, boot=BOOT_ID, alive_at=timezone.now())
    batch.refresh_from_db()
    transaction.on_commit(lambda: _submit(batch))


def shown_name(name: str) -> str:
    """Return the name of a file without its folders."""
    return one_line(name.replace("\\", "/").rsplit("/", 1)[-1][-200:], "name", 200) or "import"


def start(owner: User, import_id: UUID, team_id: UUID | None = None) -> None:
    """Write what the dry run has listed; raises NotFound, and refuses an import that is not ready.

    What was a team's goes to this one, while its importer writes there.
    """
    try:
        with transaction.atomic():
            mine = owner.imports.filter(pk=import_id, status=Status.READY)
            if not mine.update(status=Status.RUNNING, team=team_id, boot=BOOT_ID, alive_at=timezone.now()):
                raise _not_ready(owner, import_id)
            batch = owner.imports.get(pk=import_id)
            transaction.on_commit(lambda: _submit(batch))
    except IntegrityError:
        raise Refused("busy", "An import of yours is under way; wait until it has ended.") from None


def resume_abandoned() -> None:
    """Go on with the imports of processes that have died."""
    if _here:  # one that waits its turn, or reads a long conversation, gives no sign of life
        ConversationImport.objects.under_way().filter(pk__in=set(_here), boot=BOOT_ID).update(alive_at=timezone.now())
    for _ in range(len(_interrupted)):  # the database takes writes again
        _submit(_interrupted.pop(0))
    for batch in ConversationImport.objects.abandoned().select_related("owner"):
        claimed = ConversationImport.objects.abandoned().filter(pk=batch.pk)
        if batch.tries >= MAX_TRIES:
            claimed.update(status=Status.FAILED, problem=Reason.BROKEN)
        elif claimed.update(boot=BOOT_ID, alive_at=timezone.now(), tries=F("tries") + 1):
            _submit(batch)


def remove_forgotten() -> None:
    """Delete the imports that nobody has started within a day, with their files."""
    _remove(ConversationImport.objects.forgotten())
    _remove_orphans()


def wait() -> None:
    """Return once all work so far is done."""
    for pool in (_short, _long):
        pool.submit(bool).result()


def _remove(listed: Iterable[ConversationImport]) -> None:
    """Delete these imports with their files, unless one has gone on meanwhile."""
    for batch in listed:
        path = batch.path
        if ConversationImport.objects.filter(pk=batch.pk, status=batch.status, alive_at=batch.alive_at).delete()[0]:
            path.unlink(missing_ok=True)


def _remove_orphans() -> None:
    """Delete old files that no import needs, after a crash, a failure or the end of an account."""
    old = time.time() - KEPT.total_seconds()
    known = {key.hex for key in ConversationImport.objects.needing_a_file().values_list("pk", flat=True)}
    for path in (settings.CHATSITE_DATA / "imports").glob("*"):
        if path.name not in known and path.stat().st_mtime < old:
            path.unlink(missing_ok=True)


def _not_ready(owner: User, import_id: UUID) -> Refused:
    if not owner.imports.filter(pk=import_id).exists():
        return NotFound()
    return Refused("conflict", "This import is not ready to start.")


def _keep(batch: ConversationImport, chunks: Iterable[bytes]) -> None:
    size = 0
    try:
        batch.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with batch.path.open("xb") as target:
            batch.path.chmod(0o600)
            for chunk in chunks:
                size += len(chunk)
                if size > MAX_BYTES:
                    raise Refused("too_long", f"A file of conversations may have {MAX_BYTES // 2**20} MB.")
                target.write(chunk)
    except OSError:
        batch.path.unlink(missing_ok=True)
        raise Refused("unavailable", "This site has no room for a file just now.") from None
    except Refused:
        batch.path.unlink(missing_ok=True)
        raise


def _submit(batch: ConversationImport) -> None:
    batch.boot = BOOT_ID
    _here.add(batch.pk)
    pool = _short if batch.path.exists() and batch.path.stat().st_size <= SHORT_BYTES else _long
    pool.submit(_done, batch)


def _done(batch: ConversationImport) -> None:
    try:
        run.work_on(batch)
    except AWAY:
        _logger.exception("An import could not go on; the sweep tries again.")
        _interruptions[batch.pk] += 1
        if _interruptions[batch.pk] < MAX_INTERRUPTIONS:
            _interrupted.append(batch)
            return
        _fail(batch)
    except Exception:  # the thread's outermost frame
        _logger.exception("An import has failed.")
        _fail(batch)
    _here.discard(batch.pk)
    _interruptions.pop(batch.pk, None)


def _fail(batch: ConversationImport) -> None:
    mine = ConversationImport.objects.under_way().filter(pk=batch.pk, boot=BOOT_ID)
    if mine.update(status=Status.FAILED, problem=Reason.BROKEN):
        batch.path.unlink(missing_ok=True)
