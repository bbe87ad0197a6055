"""The drafts of the HTTP API: a person's own unsent words, for their other devices."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.api.schemas import Failure
from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Draft, User
from conversations.text import MAX_TEXT_LENGTH, clean

MAX_OVER = 40
router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 413, 429}): Failure}


class DraftOut(Schema):
    origin: UUID
    version: UUID
    text: str
    """Empty once it was sent or deleted."""


class DraftIn(Schema):
    origin: UUID
    """Chosen by whoever begins the draft, and kept by those who go on with it."""
    version: UUID
    """A new one for each text."""
    over: list[UUID] = Field(default=[], max_length=MAX_OVER)
    """The versions that this text may replace: the last one known, and those sent since without an answer."""
    conversation: UUID | None = None
    text: str


@router.get("/drafts", response={200: list[DraftOut], **_ERRORS})
def drafts(request: HttpRequest, conversation: UUID | None = None) -> list[dict[str, str]]:
    """List this person's newest drafts in a conversation, or outside of any."""
    person = person_of(request)
    return [draft.to_json() for draft in Draft.objects.at(person, _writable(person, conversation))]


@router.put("/drafts", response={200: DraftOut, **_ERRORS})
def save_draft(request: HttpRequest, given: DraftIn) -> dict[str, Any]:
    """Store a draft, and return it as it stays: another text if another device has stored one meanwhile."""
    person = person_of(request)
    if rate_limits.draft(person.pk):
        raise Refused("rate_limited", "You have saved too many drafts in the last minute.")
    text = clean(given.text, "text")
    if len(text) > MAX_TEXT_LENGTH:
        raise Refused("too_long", f"A draft may have {MAX_TEXT_LENGTH:,} characters.", "text")
    place = _writable(person, given.conversation)
    kept = Draft.objects.keep(person, given.origin, given.over, version=given.version, text=text, conversation=place)
    return kept.to_json()


def _writable(person: User, conversation: UUID | None) -> Conversation | None:
    if conversation is None:
        return None
    found = Conversation.objects.writable_by(person).filter(pk=conversation).first()
    if found is None:
        raise NotFound
    return found
