"""What looks after the living and the dead, once a second: abandoned replies, waiting ones, lost permissions."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.exceptions import ObjectDoesNotExist
from django.db import DataError, close_old_connections, transaction
from django.db.models import F
from django.utils import timezone

from conversations import markdown
from conversations.content.segments import rendered
from conversations.files import storage
from conversations.generation import checkpoints, runner
from conversations.generation.checkpoints import AlreadyEnded
from conversations.generation.outcomes import Outcome
from conversations.ids import BOOT_ID
from conversations.live import announcing, hub
from conversations.memory import give_back as give_memory_back
from conversations.models import Message, Receipt
from conversations.models.message import MessageQuerySet, Status
from conversations.usage import budgets, ledger
from conversations.websocket import authentication
from providers.models import HealthEvent
from providers.pool import cooldown, leases

EVERY = 1.0
RENDERING = 1.0
"""Seconds in which dead replies are rendered; those behind them when somebody looks at them."""
TOLD_WITHIN = timedelta(seconds=2)
"""How long the news of a reply's end may be on its way between processes whose clocks agree about so well."""
SURE_AFTER = 1.5
"""Seconds in which a living process writes to its replies once the database takes writes."""
REMIND_EVERY = 20
"""Rounds after which those who look at a conversation are named again; pages forget them after three times that."""
_logger = logging.getLogger(__name__)
_suspected: dict[UUID, tuple[datetime | None, float]] = {}
"""Silent replies: their last heartbeat, and when (monotonic seconds) a write of ours went through after it was seen."""


class Sweeper:
    """A thread that comes round once a second until it is told to stop."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_heir = False

    def start(self, *, is_heir: bool = False) -> None:
        """Come round from now on; first, as the one heir of earlier processes, end what they left under way."""
        self._is_heir = is_heir
        if self._thread is None or not self._thread.is_alive():
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(EVERY)

    def _run(self) -> None:
        """The first round is at once: a start leaves everything to it that can wait until the site is served."""
        go_round(is_heir=self._is_heir)
        rounds = 1
        while not self._stopping.wait(EVERY):
            go_round(rounds)
            rounds += 1
        close_old_connections()


def go_round(number: int = 0, *, is_heir: bool = False) -> None:
    """Everything that is due in this round; what fails keeps nothing else from being done."""
    for step in _steps(number, is_heir):
        try:
            step()
        except Exception:  # each step's outermost frame: without it what follows would wait for what cannot be done
            _logger.exception("A step of the sweep failed; the next round tries it again.")
            close_old_connections()


def _steps(number: int, is_heir: bool) -> Iterator[Callable[[], None]]:
    if is_heir:
        yield end_replies_of_earlier_boots
    yield _end_abandoned
    yield from RECONCILED
    yield _stop_for_the_deactivated
    yield runner.hang_up_on_withdrawn_keys
    yield runner.wake_waiting
    yield authentication.recheck
    yield markdown.child.tend
    if number % REMIND_EVERY == 0:
        yield hub.remind
    if number % 60 == 0:
        yield give_memory_back
    if number % 3600 == 0:
        yield Receipt.remove_old
        yield storage.remove_forgotten
        yield HealthEvent.remove_old
        yield _remove_ended_sessions


def _remove_ended_sessions() -> None:
    """Forget sessions whose time is over, and what is known of the browsers that had them."""
    SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


def _free_what_the_ended_hold() -> None:
    """Places at capped keys, and the right to find out whether something works again."""
    held = leases.holders() | cooldown.holders()
    alive = Message.objects.under_way().filter(pk__in=held).values_list("pk", flat=True) if held else ()
    for holder in held.difference(alive):
        leases.give_back(holder)
        cooldown.let_go(holder)


# Put right, from the rows, what a write that failed has left of replies that have ended.
def _note_ends_that_nobody_tells() -> None:
    """Of a process that died between the end of a reply and the news of it."""
    if watched := hub.neighbours.replies() if hub.neighbours else []:
        ended = Message.objects.filter(pk__in=watched, ended_at__lt=timezone.now() - TOLD_WITHIN)
        for reply in ended.values_list("pk", flat=True):
            announcing.again(reply)


RECONCILED = (
    budgets.release_forgotten,
    _free_what_the_ended_hold,
    _note_ends_that_nobody_tells,
    announcing.tell_what_is_untold,
)


def _end_abandoned() -> None:
    """End the replies of dead processes; a disk that stands still silences the living, too."""
    silent = Message.objects.abandoned().exclude(pk__in=list(hub.replies))
    end_replies(Message.objects.abandoned().filter(pk__in=_still_silent(dict(silent.values_list("pk", "heartbeat")))))


def _still_silent(heartbeats: dict[UUID, datetime | None]) -> list[UUID]:
    """Return those whose heartbeat has stayed the same since the database took a write of ours, SURE_AFTER ago."""
    now = time.monotonic()
    known = {
        key: _suspected[key] for key, beat in heartbeats.items() if key in _suspected and _suspected[key][0] == beat
    }
    new = {key: beat for key, beat in heartbeats.items() if key not in known}
    if new:
        Message.objects.filter(pk__in=new).update(heartbeat=F("heartbeat"))  # returns once the disk takes writes
    _suspected.clear()
    _suspected.update(known | {key: (beat, time.monotonic()) for key, beat in new.items()})
    return [key for key, (_beat, since) in known.items() if now - since >= SURE_AFTER]


def _stop_for_the_deactivated() -> None:
    """Who may not come in any more spends nothing either."""
    Message.objects.under_way().filter(author__is_active=False, stop_requested=False).update(stop_requested=True)


def end_replies_of_earlier_boots() -> None:
    """Where one process serves this database, what another one left under way has nobody to write it."""
    end_replies(Message.objects.under_way().exclude(owner=BOOT_ID))


def end_replies(replies: MessageQuerySet) -> None:
    """Give replies that nobody writes any more their end, with the text they have."""
    until = time.monotonic() + RENDERING
    for reply in replies.exclude(pk__in=list(hub.replies)).select_related("conversation").order_by("id"):
        html = _rendered(reply, until)
        try:
            with transaction.atomic():
                owed = [partial(ledger.record_lost, reply)]
                checkpoints.end(reply, reply.attempt, _outcome(reply), html, owed)
        except (AlreadyEnded, ObjectDoesNotExist):
            continue
        except DataError:
            _logger.exception("Reply %s cannot be ended; the others are.", reply.pk)
            continue
        leases.give_back(reply.pk)
        cooldown.let_go(reply.pk)


def _rendered(reply: Message, until: float) -> str | None:
    """Return its HTML, before its row is locked; None where the dead before it have taken all the time there is."""
    try:
        return rendered(reply.text, reply.parts, until - time.monotonic(), RENDERING)
    except markdown.Away:
        return None


def _outcome(reply: Message) -> Outcome:
    if reply.stop_requested:
        return Outcome(Status.STOPPED)
    status = Status.INTERRUPTED if reply.seq else Status.FAILED
    return Outcome(status, error_code="server_restarted", error_text="The server was restarted while it replied.")


sweeper = Sweeper()
