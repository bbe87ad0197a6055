"""The one thread that writes the rows of live replies: heartbeats, text so far, and the end of each.

One conditional UPDATE is the write, the heartbeat, and the check that nobody has ended the reply.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import close_old_connections, transaction
from django.utils import timezone

from conversations import markdown
from conversations.content.message_body import show_as_written
from conversations.content.parts import text_of, with_thought_apart
from conversations.generation.outcomes import Outcome
from conversations.live import LiveReply, announcing, hub
from conversations.models import Message, Notification
from conversations.models.message import Status
from conversations.search import indexing
from conversations.usage import budgets
from conversations.workers.database_threads import AWAY, write_in_turn
from providers.prepared_queries import Prepared

ROUND_SECONDS = 0.25
"""Seconds between two rounds of the thread."""
DUE_SECONDS = 0.7
"""Seconds after which a reply's row is written again; with ROUND, the most that a killed server loses."""
MAX_AT_ONCE = 100
"""Rows written in one transaction, during which their texts are in memory twice."""
MAX_ENDS = 10
"""Ends written in one transaction, during which questions wait."""

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Ending:
    """An end that is not stored yet; after `is_tried`, it may be stored all the same."""

    reply: LiveReply
    outcome: Outcome
    html: str | None
    is_tried: bool = False

    @property
    def is_bare(self) -> bool:
        return self.outcome == self.outcome.bare and not self.reply.owed


class Writer:
    """Writes checkpoints and ends of all replies of this process, in batches, in one thread with one connection."""

    def __init__(self) -> None:
        self._endings: deque[_Ending] = deque()
        self._wake = threading.Event()
        self._closing = False
        self.when_ended: Callable[[UUID], None] = lambda reply_id: None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._closing = False
            self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
            self._thread.start()

    def stop(self, seconds: float) -> None:
        """Wait, at most this long, until each reply of this process has its end in its row."""
        self._closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def end(self, reply: LiveReply, outcome: Outcome, html: str | None) -> None:
        """Make this reply's row terminal, soon; `html` is the whole rendered, or None if that is still to be done."""
        self._endings.append(_Ending(reply, outcome, html))
        self._wake.set()

    def _run(self) -> None:
        while not (self._closing and not hub.replies):
            self._wake.wait(ROUND_SECONDS)
            self._wake.clear()
            try:
                self._write_endings()
                self._write_checkpoints()
                write_in_turn(_obey_stops)
            except Exception:  # the thread's outermost frame: if it died, no reply would end any more
                _logger.exception("The replies under way could not be written; they are kept and tried again.")
                close_old_connections()
                time.sleep(ROUND_SECONDS)
        close_old_connections()

    def _write_endings(self) -> None:
        """Write all ends, and due checkpoints between them, so that live replies do not count as abandoned."""
        while self._endings:
            self._write_checkpoints()
            endings = list(islice(self._endings, MAX_ENDS))
            if len(endings) == 1 or not write_in_turn(_write_ends, endings):
                endings = endings[:1]
                if not write_in_turn(_write_alone, endings[0]):
                    continue
            for ending in endings:
                self._endings.popleft()
                hub.forget(ending.reply.id)
                self.when_ended(ending.reply.id)

    def _write_checkpoints(self) -> None:
        now = time.monotonic()
        due = [reply for reply in list(hub.replies.values()) if now - reply.checkpoint_at >= DUE_SECONDS]
        for first in range(0, len(due), MAX_AT_ONCE):
            batch = due[first : first + MAX_AT_ONCE]
            write_in_turn(_write_batch, batch)
            for reply in batch:
                reply.checkpoint_at = now
                if reply.pending or reply.when_flushed:
                    hub.mark_dirty(reply)  # its deltas may have waited for a confirmed row


def _write_batch(replies: list[LiveReply]) -> None:
    snapshots = [(reply, reply.snapshot()) for reply in replies]
    said = [
        {
            "id": reply.id,
            "attempt": reply.attempt,
            "text": now.text,
            "parts": now.parts,
            "seq": now.seq,
            "status": Status.STREAMING if now.seq or now.is_drawn else Status.WAITING,
        }
        for reply, now in snapshots
    ]
    with transaction.atomic():
        written = Message.objects.checkpoint(said)
    for reply in replies:
        if reply.id not in written:
            reply.lost = True  # another process ended it
            reply.stop()


def _obey_stops() -> None:
    """Stop the replies whose row asks for it, as other processes request."""
    mine = {reply.id: reply for reply in list(hub.replies.values()) if not reply.stopped}
    if not mine:
        return
    asked = Message.objects.under_way().filter(stop_requested=True)
    for reply_id in mine.keys() & set(asked.values_list("pk", flat=True)):
        mine[reply_id].stop()


class AlreadyEnded(Exception):
    """Says that another process ended the row; this transaction is rolled back."""


def _write_ends(endings: list[_Ending]) -> bool:
    """Write these ends in one transaction; returns False if one of them has to be written alone."""
    try:
        with transaction.atomic():
            for ending in endings:
                _write_end(ending)
    except AWAY:
        for ending in endings:
            ending.is_tried = True
        raise  # the endings stay first in the queue
    except Exception:
        _logger.info("One of %d ends cannot be stored with the others; each is stored by itself.", len(endings))
        return False
    return True


def _write_alone(ending: _Ending) -> bool:
    """Write this end; returns False if it is to be tried again without details but with its text.

    If that fails too, the sweep ends the reply.
    """
    try:
        _write_end(ending)
    except AWAY:
        ending.is_tried = True
        raise
    except Exception:
        _logger.exception("The end of reply %s cannot be stored as it is.", ending.reply.id)
        if ending.is_bare:
            return True
        _pay_at_least(ending.reply)
        ending.outcome = ending.outcome.bare
        return False
    return True


def _pay_at_least(reply: LiveReply) -> None:
    """Write the ledger's rows of a reply whose end cannot be stored; what cannot be written either is given up."""
    try:
        _pay(reply.owed)
    except AWAY:
        raise
    except Exception:
        _logger.exception("The calls of reply %s cannot be written to the ledger.", reply.id)
    reply.owed = []


def _write_end(ending: _Ending) -> None:
    """Write the one end of a reply; does nothing if another process was first."""
    reply = ending.reply
    try:
        with transaction.atomic():
            if (message := _MESSAGE.one(reply.id)) is None:
                raise Message.DoesNotExist
            _end_row(message, reply, ending.outcome, ending.html)
    except (AlreadyEnded, ObjectDoesNotExist):  # ended by another process, or deleted with its conversation
        _pay(reply.owed)
        if ending.is_tried:  # perhaps our own earlier try ended it, without an announcement
            announcing.queue_announcement(reply.id)


def _pay(owed: Sequence[Callable[[], None]]) -> None:
    if owed:
        with transaction.atomic():
            for write in owed:
                write()


def _end_row(message: Message, reply: LiveReply, outcome: Outcome, html: str | None) -> None:
    said = reply.snapshot()
    parts = with_thought_apart(said.parts)
    end(message, reply.attempt, outcome, html, reply.owed, text=text_of(parts), parts=parts, seq=said.seq)


def end(
    message: Message,
    attempt: int,
    outcome: Outcome,
    html: str | None,
    owed: Sequence[Callable[[], None]] = (),
    **said: Any,
) -> None:
    """Make the row terminal and announce it, inside a transaction; raises AlreadyEnded if it already is.

    It also writes the `owed` rows of its calls. Without `html` the reply is announced as it was written, and rendered
    at its first view.
    """
    conversation = message.conversation
    revision = conversation.advance(2)
    for write in owed:  # after the conversation's lock: a question locks the conversation first, then budgets
        write()
    changed = {
        **said,
        "status": outcome.status,
        "html": html or "",
        "html_version": 0 if html is None else markdown.RENDERER_VERSION,
        "revision": revision,
        "ended_at": timezone.now(),
        "finish_reason": outcome.finish.reason if outcome.finish else "",
        "input_tokens": outcome.usage.input_tokens,
        "output_tokens": outcome.usage.output_tokens,
        "thought_tokens": outcome.usage.thought_tokens,
        "cached_tokens": outcome.usage.cached_tokens,
        "cost": budgets.close(message.pk),
        "error_code": outcome.error_code,
        "error_text": outcome.error_text,
        "left_out": outcome.left_out,
    }
    if not Message.objects.end_attempt(message.pk, attempt, **changed):
        raise AlreadyEnded
    for name, value in changed.items():
        setattr(message, name, value)
    indexing.add_messages([message])
    Notification.objects.note_end(message)
    if html is None:
        show_as_written(message)
    streaming = bool(_UNDER_WAY(conversation.pk))
    # Robust: a failed announcement must not undo the end of the reply.
    transaction.on_commit(partial(announcing.announce_end, message, revision + 1, streaming), robust=True)


_MESSAGE = Prepared(
    lambda key: Message.objects.filter(pk=key).select_related(
        "author", "conversation__owner", "conversation__team", "verification__by"
    )
)
_UNDER_WAY = Prepared(lambda conversation: Message.objects.under_way().filter(conversation=conversation).only("pk")[:1])

writer = Writer()
