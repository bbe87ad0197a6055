"""The ends of replies that no process writes any more, or whose asker has lost access."""

import logging
import time
from functools import partial

from django.core.exceptions import ObjectDoesNotExist
from django.db import DataError, transaction
from django.db.models import F, Q

from conversations import markdown
from conversations.content.segments import rendered
from conversations.files import storage
from conversations.generation import checkpoints, runner
from conversations.generation.checkpoints import AlreadyEnded
from conversations.generation.outcomes import Outcome
from conversations.ids import BOOT_ID
from conversations.live import hub
from conversations.models import Conversation, Message
from conversations.models.message import MessageQuerySet, Status
from conversations.usage import ledger
from providers.pool import cooldown, leases

RENDER_SECONDS = 1.0
"""Seconds for rendering such replies; the others are rendered at their first view."""
_logger = logging.getLogger(__name__)


def end_replies_of_earlier_boots() -> None:
    """End the replies that earlier processes left under way; only for a site with a single process."""
    end_replies(Message.objects.under_way().exclude(owner=BOOT_ID))


def end_replies(replies: MessageQuerySet) -> None:
    """End replies that no process writes any more, with the text that they have."""
    until = time.monotonic() + RENDER_SECONDS
    for reply in replies.exclude(pk__in=list(hub.replies)).select_related("conversation").order_by("id"):
        came = storage.parts_without_place(reply)
        reply.parts += came
        html = _rendered(reply, until)
        try:
            with transaction.atomic():
                owed = [partial(ledger.record_lost, reply)]
                checkpoints.end(
                    reply, reply.attempt, _outcome(reply), html, owed, **({"parts": reply.parts} if came else {})
                )
        except (AlreadyEnded, ObjectDoesNotExist):
            continue
        except DataError:
            _logger.exception("Reply %s cannot be ended; the others are.", reply.pk)
            continue
        leases.release(reply.pk)
        cooldown.release_probe(reply.pk)


def stop_for_those_who_lost_access() -> None:
    """Stop the replies of people who are deactivated, or read their conversation no more.

    They would pay for what they neither see nor can stop; whoever reads it can ask for another version.
    """
    asked = Message.objects.under_way().filter(stop_requested=False)
    asked.filter(author__is_active=False).update(stop_requested=True)
    in_own = Q(conversation__team=None, conversation__owner=F("author"))  # most of them: without a further query
    rows = list(asked.exclude(author=None).exclude(in_own).values_list("pk", "conversation", "author"))
    if not rows:
        return
    places = Conversation.objects.filter(pk__in={place for _, place, _ in rows})
    readers = places.readers({person for *_, person in rows})
    lost = [key for key, place, person in rows if (place, person) not in readers]
    Message.objects.under_way().filter(pk__in=lost).update(stop_requested=True)
    runner.stop_wherever(lost)


def _rendered(reply: Message, until: float) -> str | None:
    """Return the reply's HTML before its row is locked, or None if the others used up the time."""
    try:
        return rendered(reply.text, reply.parts, until - time.monotonic(), RENDER_SECONDS)
    except markdown.Away:
        return None


def _outcome(reply: Message) -> Outcome:
    if reply.stop_requested:
        return Outcome(Status.STOPPED)
    status = Status.INTERRUPTED if reply.seq or reply.parts else Status.FAILED
    return Outcome(status, error_code="server_restarted", error_text="The server was restarted while it replied.")
