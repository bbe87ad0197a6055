"""The chores of a serving process, once a second: abandoned replies end, waiting ones wake, lost rights are taken."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import close_old_connections
from django.db.models import F
from django.utils import timezone

from conversations import markdown
from conversations.files import storage
from conversations.generation import runner
from conversations.generation.recovery import end_replies, end_replies_of_earlier_boots
from conversations.live import announcing, hub
from conversations.memory import give_back as give_memory_back
from conversations.models import Message, Receipt
from conversations.usage import budgets
from conversations.websocket import authentication
from providers.models import HealthEvent
from providers.pool import cooldown, leases

EVERY = 1.0
_logger = logging.getLogger(__name__)


TOLD_WITHIN = timedelta(seconds=2)
"""How long the news of a reply's end may be on its way between processes whose clocks agree about so well."""


SURE_AFTER = 1.5
"""Seconds in which a living process writes to its replies once the database takes writes."""
REMIND_EVERY = 20
"""Rounds after which those who look at a conversation are named again; pages forget them after three times that."""
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
    yield authentication.revalidate
    yield markdown.child.tend
    if number % REMIND_EVERY == 0:
        yield hub.remind
    if number % 60 == 0:
        yield give_memory_back
    if number % 3600 == 0:
        yield Receipt.remove_old
        yield storage.delete_unsent
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
        leases.release(holder)
        cooldown.release_probe(holder)


# Put right, from the rows, what a write that failed has left of replies that have ended.
def _note_ends_that_nobody_tells() -> None:
    """Of a process that died between the end of a reply and the news of it."""
    if watched := hub.peers.replies():
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


sweeper = Sweeper()
