"""The verified answers that are close to a question, and the remarks on a conversation's messages."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from conversations.accounts.signed_in import person_of
from conversations.api.schemas import Failure, RemarksOut, TeamOut, VerifiedOut
from conversations.errors import NotFound
from conversations.live import events
from conversations.models import Conversation
from conversations.templatetags.parts import first_words
from conversations.text import clean, title_of
from conversations.verified.offers import Offer, offers
from conversations.verified.words import MAX_CHARACTERS

router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 413, 429}): Failure}
QUESTION_LENGTH, ANSWER_LENGTH = 160, 400
"""Characters of a question and of an answer that are shown."""


class OfferOut(Schema):
    conversation: UUID
    message: UUID
    """The verified reply."""
    title: str
    team: TeamOut | None
    question: str
    """The beginning of the question, on one line."""
    text: str
    """The beginning of the answer, on one line."""
    model_name: str
    verified: VerifiedOut
    closeness: float
    """From 0 to 1; what is further away is not offered."""


class OffersOut(Schema):
    results: list[OfferOut]


@router.get("/verified", response={200: OffersOut, **_ERRORS})
def verified(request: HttpRequest, q: str = "") -> dict[str, Any]:
    """Return the verified answers, at most two, to questions that share most of their words with `q`.

    Of `q` the first 1,000 characters count.
    """
    return {"results": list(map(_json, offers(person_of(request), clean(q, "q")[:MAX_CHARACTERS])))}


@router.get("/conversations/{uuid:conversation_id}/remarks", response={200: RemarksOut, **_ERRORS})
def remarks(request: HttpRequest, conversation_id: UUID) -> dict[str, Any]:
    """Return the remarks on a conversation's messages, the oldest first; `revision` was read before them."""
    found = Conversation.objects.visible_to(person_of(request)).filter(pk=conversation_id).first()
    if found is None:
        raise NotFound
    standing = found.remarks.standing().told()
    return {"results": [events.remark_json(remark) for remark in standing], "revision": found.revision}


def _json(offer: Offer) -> dict[str, Any]:
    reply, conversation = offer.mark.message, offer.mark.conversation
    return {
        "conversation": conversation.pk,
        "message": reply.pk,
        "title": conversation.title,
        "team": conversation.team,
        "question": title_of(offer.question.text, QUESTION_LENGTH),
        "text": first_words(reply, ANSWER_LENGTH),
        "model_name": reply.model_name,
        "verified": events.verified_json(offer.mark),
        "closeness": round(offer.closeness, 2),
    }
