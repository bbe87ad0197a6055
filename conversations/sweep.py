"""What looks after the living and the dead, once a second: abandoned replies, waiting ones, lost permissions."""

import logging
import threading

from django.core.exceptions import ObjectDoesNotExist
from django.db import close_old_connections, transaction
from django.utils import timezone

from conversations import admission, checkpoints, files, generation, markdown, spending
from conversations.checkpoints import AlreadyEnded, Outcome
from conversations.ids import BOOT_ID
from conversations.live import hub
from conversations.models import Message, Receipt
from conversations.models.message import MessageQuerySet, Status
from conversations.models.receipt import KEPT
from providers import cooling, leases
from providers.models import HealthEvent

EVERY = 1.0
REMIND_EVERY = 20
"""Rounds after which those who look at a conversation are named again; pages forget them after three times that."""
_logger = logging.getLogger(__name__)


class Sweeper:
    """A thread that comes round once a second until it is told to stop."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(EVERY)

    def _run(self) -> None:
        rounds = 0
        while not self._stopping.wait(EVERY):
            try:
                self._round(rounds)
            except Exception:  # this thread's outermost frame: without it nothing heals any more
                _logger.exception("A round of the sweep failed; the next one tries again.")
                close_old_connections()
            rounds += 1
        close_old_connections()

    def _round(self, rounds: int) -> None:
        end_replies(Message.objects.abandoned())
        _stop_for_the_deactivated()
        generation.hang_up_on_withdrawn_keys()
        generation.wake_waiting()
        admission.recheck()
        if rounds % REMIND_EVERY == 0:
            hub.remind()
        if rounds % 60 == 0:
            spending.release_forgotten()
        if rounds % 3600 == 0:
            Receipt.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
            files.remove_forgotten()
            HealthEvent.remove_old()


def _stop_for_the_deactivated() -> None:
    """Who may not come in any more spends nothing either."""
    Message.objects.under_way().filter(author__is_active=False, stop_requested=False).update(stop_requested=True)


def end_replies_of_earlier_boots() -> None:
    """Where one process serves this database, what another one left under way has nobody to write it."""
    end_replies(Message.objects.under_way().exclude(owner=BOOT_ID))


def end_replies(replies: MessageQuerySet) -> None:
    """Give replies that nobody writes any more their end, with the text they have."""
    for reply in replies.exclude(pk__in=list(hub.replies)).select_related("conversation").order_by("id"):
        try:
            with transaction.atomic():
                spending.record_lost(reply)
                checkpoints.end(reply, reply.attempt, _outcome(reply), markdown.render(reply.text))
        except (AlreadyEnded, ObjectDoesNotExist):
            continue
        leases.give_back(reply.pk)
        cooling.let_go(reply.pk)


def _outcome(reply: Message) -> Outcome:
    if reply.stop_requested:
        return Outcome(Status.STOPPED)
    status = Status.INTERRUPTED if reply.seq else Status.FAILED
    return Outcome(status, error_code="server_restarted", error_text="The server was restarted while it replied.")


sweeper = Sweeper()
