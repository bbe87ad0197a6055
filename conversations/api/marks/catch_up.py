"""Catching up on a conversation: its cost before, the telling of it, and its end."""

from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from ninja import Field, Router, Schema, Status

from conversations.accounts.signed_in import person_of
from conversations.api.schemas import Failure, PersonOut
from conversations.catch_up import making, words
from conversations.catch_up.missed import Missed, missed, model_for
from conversations.errors import NotFound, Refused
from conversations.models import CatchUp, Conversation, Message, User
from conversations.usage import estimates
from conversations.usage.budgets import likely_cost
from providers.types import Usage

router = Router()
_ERRORS = {frozenset({400, 401, 402, 403, 404, 409, 429, 503}): Failure}
_PATH = "/conversations/{uuid:conversation_id}/catch-up"
_REVISION = Field(ge=0, lt=2**63)


class ItemOut(Schema):
    kind: Literal["decided", "asked", "open"]
    message: UUID
    by: PersonOut | None
    """The person who wrote the message; null for a model's."""
    text: str


class CatchUpOut(Schema):
    id: UUID
    status: Literal["waiting", "ready", "stopped", "failed"]
    model_name: str
    items: list[ItemOut]
    error: str | None
    """The code of a failure, as of a refusal or of a reply."""


class OfferOut(Schema):
    messages: int
    """Messages of others that are told of."""
    last: int
    """The revision up to which they go."""
    model_name: str | None
    """Null where no model may tell of them."""
    cost: int
    """The most that is expected, in millionths of the currency."""
    currency: str
    made: CatchUpOut | None
    """The telling of the same messages that is there already and costs nothing."""


class CatchUpIn(Schema):
    since: int = _REVISION
    last: int = _REVISION


@router.get(_PATH, response={200: OfferOut, **_ERRORS})
def catch_up_offer(request: HttpRequest, conversation_id: UUID, since: int) -> dict[str, Any]:
    """Say what it would cost to be told of the messages behind revision `since`; nothing is sent."""
    person = person_of(request)
    conversation = _visible(person, conversation_id)
    news = missed(conversation, max(0, min(since, 2**63 - 1)))
    if not news.messages or not news.is_worth_telling(person):
        raise Refused("conflict", "There is too little to tell of.")
    model = model_for(person, conversation) if conversation.can_write(person) else None
    made = news.made(_language())
    return {
        "messages": news.by_others(person),
        "last": news.last,
        "model_name": model and model.name,
        "cost": likely_cost(model, Usage(_tokens(news), words.MAX_TOKENS)) if model else 0,
        "currency": settings.CHATSITE_CURRENCY,
        "made": made and _json(made),
    }


@router.post(_PATH, response={202: CatchUpOut, **_ERRORS})
def ask_catch_up(request: HttpRequest, conversation_id: UUID, given: CatchUpIn) -> Status[dict[str, Any]]:
    """Let a model tell of these messages; the asker or their team pays.

    The same messages in the same language are told of once, for all who ask.
    """
    return Status(202, _json(making.ask(person_of(request), conversation_id, given.since, given.last, _language())))


@router.get(f"{_PATH}/{{uuid:catch_up_id}}", response={200: CatchUpOut, **_ERRORS})
def catch_up(request: HttpRequest, conversation_id: UUID, catch_up_id: UUID) -> dict[str, Any]:
    """Return what is told, or that it is still being written."""
    return _json(_found(request, conversation_id, catch_up_id))


@router.delete(f"{_PATH}/{{uuid:catch_up_id}}", response={204: None, **_ERRORS})
def stop_catch_up(request: HttpRequest, conversation_id: UUID, catch_up_id: UUID) -> Status[None]:
    """Stop what one has asked for."""
    found = _found(request, conversation_id, catch_up_id)
    if found.asker_id != person_of(request).pk:
        raise NotFound
    making.stop(person_of(request), found.pk)
    return Status(204, None)


def _visible(person: User, conversation_id: UUID) -> Conversation:
    rows = Conversation.objects.visible_to(person).select_related("team", "project")
    if (found := rows.filter(pk=conversation_id).first()) is None:
        raise NotFound
    return found


def _found(request: HttpRequest, conversation_id: UUID, catch_up_id: UUID) -> CatchUp:
    rows = CatchUp.objects.visible_to(person_of(request)).filter(conversation=conversation_id)
    if (found := rows.filter(pk=catch_up_id).first()) is None:
        raise NotFound
    return found


def _language() -> str:
    return (get_language() or "en").lower()


def _tokens(news: Missed) -> int:
    return estimates.prompt_tokens(words.prompt(news, _language(), ""))


def _json(row: CatchUp) -> dict[str, Any]:
    rows = Message.objects.filter(conversation=row.conversation_id).select_related("author").only("author", "role")
    messages = rows.in_bulk([item["message"] for item in row.items])
    writers = {str(key): None if message.is_reply else message.author for key, message in messages.items()}
    return {
        "id": row.pk,
        "status": CatchUp.Status.FAILED if row.is_left else row.status,
        "model_name": row.model_name,
        "items": [{**item, "by": writers[item["message"]]} for item in row.items if item["message"] in writers],
        "error": "server_restarted" if row.is_left else row.error_code or None,
    }
