"""The call that tells of missed messages: once for a range and a language, stopped by its asker."""

import logging
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from django.db import Error, transaction
from django.utils import timezone

from conversations.actions.access import to_write_in
from conversations.catch_up import words
from conversations.catch_up.missed import Missed, missed, model_for
from conversations.errors import Refused
from conversations.generation.outcomes import closing
from conversations.generation.side_calls import side_call
from conversations.generation.side_calls.side_call import SideCall
from conversations.models import CatchUp, Conversation, UsageRecord, User
from conversations.models.marks.catch_up import CatchUpQuerySet
from conversations.models.spending import NOBODY
from conversations.usage import model_access
from conversations.usage.billing import BillingContext
from conversations.workers import database_threads
from conversations.workers.thread_pool import Full, ThreadPool
from providers.client.route import Route
from providers.errors import VendorError
from providers.pool.route_search import Waiting
from providers.types import Prompt

SECONDS = 60.0
"""Seconds after which an answer is no longer waited for."""
MAX_SAID = 20_000
"""Characters of an answer after which the call is hung up."""

_logger = logging.getLogger(__name__)
_threads = ThreadPool("catch-up", 4, each=lambda _: 1, waiting=2, kept=0)
_calls: dict[tuple[UUID, datetime], SideCall] = {}
"""Calls under way, by what they tell and since when: it may be asked for anew once it was stopped."""


def ask(user: User, conversation_id: UUID, since: int, last: int, language: str) -> CatchUp:
    """Return what is told of the messages behind `since` up to `last`, which is written now unless it was before."""
    with transaction.atomic():
        conversation = to_write_in(user, conversation_id)
        news = missed(conversation, since, last)
        if not news.messages or not news.is_worth_telling(user):
            raise Refused("conflict", "There is too little to tell of.")
        if made := news.made(language):
            return made
        model = model_for(user, conversation)
        if model is None:
            raise Refused("no_model", "There is no model that may tell of it.")
        row, _ = CatchUp.objects.update_or_create(
            conversation=conversation, first=news.first, last=news.last, language=language,
            defaults={"status": "waiting", "asker": user, "model_name": model.name, "items": [], "error_code": "",
                      "asked_at": timezone.now()},
        )  # fmt: skip
        transaction.on_commit(partial(_submit, row, model.pk))
    return row


def stop(user: User, key: UUID) -> bool:
    """Stop what this person has asked for; returns whether it was under way."""
    row = CatchUp.objects.visible_to(user).filter(pk=key, asker=user, status=CatchUp.Status.WAITING).first()
    if row is None:
        return False
    _end(row, status=CatchUp.Status.STOPPED)
    call = _calls.get((row.pk, row.asked_at))
    if call is not None:
        call.stop()
    return True


def _submit(row: CatchUp, model: UUID) -> None:
    try:
        _threads.submit_for(row.asker_id, partial(_tell, row, model))
    except Full:
        _end(row, status=CatchUp.Status.FAILED, error_code="busy")


def _tell(row: CatchUp, model: UUID) -> None:
    code = "unavailable"
    try:
        call, news = database_threads.submit_change(_prepared, row, model).result()
        if isinstance(call, SideCall):
            _calls[row.pk, row.asked_at] = call
            if not database_threads.submit(_is_wanted, row).result():  # stopped before the call could be found
                call.stop()
            call.run(SECONDS, MAX_SAID)
            database_threads.submit_change(_conclude, row, call, news).result()
            return
        code = "busy"
    except VendorError as error:
        code = error.code
    except Refused as refusal:
        code = refusal.code
    except Error:
        _logger.exception("What somebody has missed could not be told or stored.")
    finally:
        _calls.pop((row.pk, row.asked_at), None)
    database_threads.submit_change(partial(_end, row, status=CatchUp.Status.FAILED, error_code=code)).result()


def _prepared(row: CatchUp, model: UUID) -> tuple[SideCall | Waiting, Missed]:
    """Return the call to make, or the wait for a key, and what it tells. Refuses what is not wanted or allowed."""
    asker = User.objects.filter(pk=row.asker_id or NOBODY, is_active=True).first()
    rows = Conversation.objects.writable_by(asker) if asker else Conversation.objects.none()
    conversation = rows.filter(pk=row.conversation_id).first()
    if asker is None or conversation is None or closing.is_set() or not _is_wanted(row):
        raise Refused("unavailable", "This is no longer wanted.")
    if model_access.model_for(asker, conversation.team_id, model) is None:
        raise Refused("unavailable", "This model may not be asked.")
    purpose = UsageRecord.Purpose.CATCH_UP
    payer = BillingContext(uuid4(), conversation.pk, asker.pk, conversation.team_id, model, row.model_name, purpose)
    news = missed(conversation, row.first - 1, row.last)
    return side_call.prepared(payer, partial(_prompt, news, row.language)), news


def _prompt(news: Missed, language: str, route: Route) -> Prompt:
    return words.prompt(news, language, route.vendor_id)


def _conclude(row: CatchUp, call: SideCall, news: Missed) -> None:
    """Record the call, and keep what it told of these messages, if nobody has stopped it."""
    if call.conclude():
        _end(row, status=CatchUp.Status.READY, items=words.items_in(call.words, news))
    else:
        _end(row, status=CatchUp.Status.FAILED, error_code=call.error.code if call.error else "vendor_timeout")


def _end(row: CatchUp, **fields: object) -> None:
    _waiting(row).update(**fields)


def _is_wanted(row: CatchUp) -> bool:
    return _waiting(row).exists()


def _waiting(row: CatchUp) -> CatchUpQuerySet:
    """Return the row as it was asked for at this time, if it has not ended."""
    return CatchUp.objects.filter(pk=row.pk, asked_at=row.asked_at, status=CatchUp.Status.WAITING)
