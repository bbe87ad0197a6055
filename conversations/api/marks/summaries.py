"""The summaries that models are told in a long conversation, and other words for one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.api.schemas import Failure, PersonOut
from conversations.errors import NotFound
from conversations.live import events
from conversations.models import Conversation

router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 409, 413, 429}): Failure}
_PATH = "/conversations/{uuid:conversation_id}/summaries"


class SummaryVersionOut(Schema):
    number: int
    author: PersonOut | None
    """The person who wrote it; null for the model, and where the account is gone."""
    text: str
    created_at: datetime


class SummaryOut(Schema):
    id: UUID
    message: UUID
    """The last message that it sums up."""
    text: str
    version: int
    model_name: str
    cost: int | None
    """In millionths of the currency; null if no price is known."""
    revision: int
    versions: list[SummaryVersionOut]


class SummariesOut(Schema):
    results: list[SummaryOut]
    revision: int


class SummaryIn(Schema):
    text: str
    version: int = Field(ge=1, lt=2**31)
    """The version over which it was written."""


@router.get(_PATH, response={200: SummariesOut, **_ERRORS})
def summaries(request: HttpRequest, conversation_id: UUID) -> dict[str, Any]:
    """Return the summaries of all branches, the oldest first; `revision` was read before them."""
    found = Conversation.objects.visible_to(person_of(request)).filter(pk=conversation_id).first()
    if found is None:
        raise NotFound
    return {"results": [events.summary_json(one) for one in found.summaries.told()], "revision": found.revision}


@router.put(f"{_PATH}/{{uuid:summary_id}}", response={200: SummaryOut, **_ERRORS})
def change_summary(request: HttpRequest, conversation_id: UUID, summary_id: UUID, given: SummaryIn) -> dict[str, Any]:
    """Give a summary other words: its next version, by this person. Models are told these from the next reply on."""
    person = person_of(request)
    return events.summary_json(actions.change_summary(person, conversation_id, summary_id, given.text, given.version))
