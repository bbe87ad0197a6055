"""The chores of a serving process, once a second: they end abandoned replies, wake waiting ones and end lost access."""

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

from conversations import actions, markdown
from conversations.connections import authentication
from conversations.files import storage
from conversations.generation import runner
from conversations.generation.recovery import (
    end_replies,
    end_replies_of_earlier_boots,
    stop_for_those_who_lost_access,
)
from conversations.imports import jobs as imports
from conversations.live import announcing, hub
from conversations.malloc_settings import give_back as give_memory_back
from conversations.models import Delivery, Draft, Message, Notification, Receipt
from conversations.models.message import UNDER_WAY
from conversations.notifications import sending, telling
from conversations.search.rebuilding import mending
from conversations.speech import kept_sounds
from conversations.usage import budgets
from providers import clock
from providers.endpoints.price_sync import apply_due
from providers.models import HealthEvent
from providers.pool import cooldown, leases

ROUND_SECONDS = 1.0
_logger = logging.getLogger(__name__)


TOLD_WITHIN = timedelta(seconds=2)
"""Time that an announced end may take between processes, whose clocks may differ by as much."""


LONGEST_SIDE_CALL = timedelta(minutes=2)
"""The longest that a call without a row, for a title or for speech, keeps its key."""


SILENT_SECONDS = 1.5
"""Seconds in which a live process writes to its replies once the database accepts writes."""
ROUNDS_BETWEEN_REMINDERS = 20
"""Rounds between two announcements of all present people; pages forget them after three times that."""
_suspected: dict[UUID, tuple[datetime | None, float]] = {}
"""Silent replies: the last heartbeat, and when a write of ours succeeded after it: monotonic seconds."""


class Sweeper:
    """A thread that runs the chores once a second until it is stopped."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_heir = False

    def start(self, *, is_heir: bool = False) -> None:
        """Start the thread; with `is_heir`, it first ends the replies that earlier processes left under way."""
        self._is_heir = is_heir
        if self._thread is None or not self._thread.is_alive():
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(ROUND_SECONDS)

    def _run(self) -> None:
        """Run the first round at once: the start leaves to it all work that can wait."""
        go_round(is_heir=self._is_heir)
        rounds = 1
        while not self._stopping.wait(ROUND_SECONDS):
            go_round(rounds)
            rounds += 1
        close_old_connections()


def go_round(number: int = 0, *, is_heir: bool = False) -> None:
    """Run the chores due in this round; a failing one does not keep the others from running."""
    for step in _steps(number, is_heir):
        try:
            step()
        except Exception:  # each step's outermost frame: a failure must not keep the later steps from running
            _logger.exception("A step of the sweep failed; the next round tries it again.")
            close_old_connections()


def _steps(number: int, is_heir: bool) -> Iterator[Callable[[], None]]:
    if is_heir:
        yield end_replies_of_earlier_boots
    yield _end_abandoned
    yield from RECONCILED
    yield stop_for_those_who_lost_access
    yield runner.hang_up_on_withdrawn_keys
    yield runner.wake_waiting
    yield authentication.revalidate
    yield markdown.child.tend
    yield telling.tell
    yield sending.send
    yield mending.go_on
    yield imports.resume_abandoned
    if number % 3600 == 0:
        yield actions.purge.begin
    yield actions.purge.go_on
    if number % ROUNDS_BETWEEN_REMINDERS == 0:
        yield hub.remind
    if number % 60 == 0:
        yield give_memory_back
        yield apply_due
    if number % 3600 == 0:
        yield mending.begin
        yield Receipt.remove_old
        yield Draft.remove_old
        yield Notification.objects.note_due
        yield Notification.objects.trim
        yield Delivery.objects.remove_old
        yield storage.delete_unsent
        yield imports.remove_forgotten
        yield HealthEvent.remove_old
        yield _remove_ended_sessions
        yield kept_sounds.remove_old


def _remove_ended_sessions() -> None:
    """Delete expired sessions, and the records of their browsers."""
    SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


def _release_of_ended() -> None:
    """Release leases of capped keys and probes of cooldowns that ended replies still hold, and forgotten calls."""
    since = leases.holders()
    held = cooldown.holders().union(since)
    known = dict(Message.objects.filter(pk__in=held).values_list("pk", "status")) if held else {}
    for holder in held:
        is_alive = known[holder] in UNDER_WAY if holder in known else _is_recent(since.get(holder))
        if not is_alive:
            leases.release(holder)
            cooldown.release_probe(holder)


def _is_recent(begun: datetime | None) -> bool:
    """Return whether a call that is no reply may still go on: it has no row that tells."""
    return begun is not None and begun > clock.now() - LONGEST_SIDE_CALL


# Repairs, from the rows, of what failed writes have left of ended replies.
def _queue_unannounced_ends() -> None:
    """Queue the ends whose process died before it announced them."""
    if watched := hub.peers.replies():
        ended = Message.objects.filter(pk__in=watched, ended_at__lt=timezone.now() - TOLD_WITHIN)
        for reply in ended.values_list("pk", flat=True):
            announcing.queue_announcement(reply)


RECONCILED = (
    budgets.release_forgotten,
    _release_of_ended,
    _queue_unannounced_ends,
    announcing.announce_pending,
)


def _end_abandoned() -> None:
    """End the replies of dead processes, but not of live ones that a stalled disk keeps from writing."""
    silent = Message.objects.abandoned().exclude(pk__in=list(hub.replies))
    end_replies(Message.objects.abandoned().filter(pk__in=_still_silent(dict(silent.values_list("pk", "heartbeat")))))


def _still_silent(heartbeats: dict[UUID, datetime | None]) -> list[UUID]:
    """Return the replies without a new heartbeat since a write of ours succeeded, SURE_AFTER ago."""
    now = time.monotonic()
    known = {
        key: _suspected[key] for key, beat in heartbeats.items() if key in _suspected and _suspected[key][0] == beat
    }
    new = {key: beat for key, beat in heartbeats.items() if key not in known}
    if new:
        Message.objects.filter(pk__in=new).update(heartbeat=F("heartbeat"))  # returns once the disk accepts writes
    _suspected.clear()
    _suspected.update(known | {key: (beat, time.monotonic()) for key, beat in new.items()})
    return [key for key, (_beat, since) in known.items() if now - since >= SILENT_SECONDS]


sweeper = Sweeper()
