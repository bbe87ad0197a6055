"""The call that sums up what is above before the next reply: one at a time in a conversation."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import Error, IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from conversations.errors import Refused
from conversations.generation.folding import words
from conversations.generation.folding.planning import Plan
from conversations.generation.outcomes import closing
from conversations.generation.side_calls import side_call
from conversations.generation.side_calls.side_call import SideCall
from conversations.live import events
from conversations.models import (
    Conversation,
    Installation,
    Message,
    ReadMark,
    Summary,
    SummaryVersion,
    UsageRecord,
    User,
)
from conversations.models.marks.summary import LONGEST, MAX_SUMMARY_LENGTH, PAUSE, SummaryQuerySet
from conversations.usage import model_access
from conversations.usage.billing import BillingContext
from conversations.workers import database_threads
from providers import clock
from providers.client.route import Route
from providers.errors import ContextTooLong, VendorError
from providers.models import LanguageModel
from providers.pool.route_search import Waiting
from providers.types import Prompt

SECONDS = 60.0
"""Seconds after which a summary is no longer waited for."""
LOOK_AGAIN = timedelta(seconds=1)
"""Time after which a reply looks whether another one's summary has come."""

UNPAID = ("busy", "over_budget")
"""Why nobody was asked: that costs nothing, so the next reply tries again at once."""

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Folding:
    """A summary that is about to be asked for."""

    row: Summary
    call: SideCall
    plan: Plan

    def run(self) -> None:
        """Make the call and store its outcome; blocks the calling thread."""
        self.call.run(SECONDS, MAX_SUMMARY_LENGTH)
        try:
            database_threads.submit_change(self._conclude).result()
        except Error:
            _logger.exception("A summary could not be stored; the oldest replies are left out.")

    def _conclude(self) -> None:
        """Record the call and store the summary, or why there is none."""
        is_whole = self.call.conclude()
        text = words.summary_in(self.call.words, self.plan, breaks_off=self.call.breaks_off) if is_whole else ""
        if text:
            _store(self.row, text)
        elif self.call.is_stopped or closing.is_set():
            self.row.delete()
        else:
            error = self.call.error
            _end(self.row, error.code if error else "bad_reply" if is_whole else "vendor_timeout")


def begun(reply: Message, planned: Callable[[], Plan | None], window: int | None) -> Folding | Waiting | None:
    """Return the summary to ask for, or the wait for another reply's; None if none can be had now.

    What to fold is planned once no other reply can store a summary. `window` is assumed of a model for summaries whose
    context window is not known. Half as much is told after a summary for which the conversation was too long.
    """
    model = _model_for(reply)
    if model is None or reply.parent_id is None:
        return None
    rows = Summary.objects.filter(conversation=reply.conversation_id)
    _end_left(reply, rows.filter(status=Summary.Status.WAITING))
    failed = rows.filter(status=Summary.Status.FAILED)
    if failed.exclude(error_code__in=UNPAID).filter(asked_at__gt=timezone.now() - PAUSE).exists():
        return None
    share = 0.5 if failed.filter(error_code=ContextTooLong.code).exists() else 1.0
    claimed = Summary(conversation=reply.conversation, message_id=reply.parent_id, model_name=model.name)
    try:
        with transaction.atomic():
            failed.delete()
            claimed.save(force_insert=True)
    except IntegrityError:
        return Waiting("folding", clock.now() + LOOK_AGAIN, frozenset([reply.pk]))
    plan = planned()
    if plan is None:
        claimed.delete()
        return None
    claimed.message_id, claimed.room = plan.message, plan.room
    claimed.save(update_fields=["message", "room"])
    call = _prepared(reply, partial(words.prompt, plan, model.context_window or window, share), model, claimed)
    return Folding(claimed, call, plan) if call else None


def _end_left(reply: Message, waiting: SummaryQuerySet) -> None:
    """End what a dead process has left: no other reply is under way, or a call is over by now."""
    if not waiting.exists():
        return
    others = Message.objects.under_way().filter(conversation=reply.conversation_id).exclude(pk=reply.pk)
    if others.exists():
        waiting.filter(asked_at__lt=timezone.now() - LONGEST).update(status=Summary.Status.FAILED)
    else:
        waiting.delete()


def _model_for(reply: Message) -> LanguageModel | None:
    """Return the model that the administrator names, if who asks may use it."""
    named = Installation.summary_model_of_site()
    asker = User.objects.filter(pk=reply.author_id, is_active=True).first() if named and reply.author_id else None
    return model_access.model_for(asker, reply.conversation.team_id, named) if asker and named else None


def _prepared(
    reply: Message, prompt_for: Callable[[Route], Prompt], model: LanguageModel, claimed: Summary
) -> SideCall | None:
    """Return the call; None ends the claim, as where nobody pays or all keys are busy."""
    purpose = UsageRecord.Purpose.SUMMARY
    team = reply.conversation.team_id
    payer = BillingContext(claimed.pk, reply.conversation_id, reply.author_id, team, model.pk, model.name, purpose)
    code = "busy"
    try:
        call = side_call.prepared(payer, prompt_for)
        if isinstance(call, SideCall):
            return call
    except (VendorError, Refused) as failure:
        code = failure.code
    _end(claimed, code)
    return None


def _store(row: Summary, text: str) -> None:
    """Store the summary and announce it; nothing moves up and nothing becomes unread."""
    with transaction.atomic():
        rows = Conversation.objects.filter(pk=row.conversation_id, deleted_at=None)
        conversation = rows.select_related("owner", "team", "project").select_for_update(of=("self",)).first()
        if conversation is None or not Summary.objects.filter(pk=row.pk, status=Summary.Status.WAITING).exists():
            return
        row.cost = UsageRecord.objects.filter(message=row.pk).aggregate(sum=Sum("cost"))["sum"]
        row.text, row.status = text, Summary.Status.READY
        row.revision = conversation.advance(1, moves_up=False)
        row.save()
        SummaryVersion.objects.create(summary=row, number=row.version, text=text, is_by_model=True)
        ReadMark.objects.keep_up(conversation)
        transaction.on_commit(lambda: events.summary_changed(conversation, row))


def _end(row: Summary, code: str) -> None:
    _logger.info("A conversation could not be summed up: %s; its oldest replies are left out.", code)
    waiting = Summary.objects.filter(pk=row.pk, status=Summary.Status.WAITING)
    waiting.update(status=Summary.Status.FAILED, error_code=code)
