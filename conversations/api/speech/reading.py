"""Words that are read aloud."""

from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router, Schema

from conversations.accounts.signed_in import person_of
from conversations.api.schemas import Failure
from conversations.api.speech.places import paying_team
from conversations.reporting.streaming import stream_response
from conversations.speech.reading_aloud import Reading

router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 413, 429}): Failure}


class SpeechIn(Schema):
    text: str


class SpeechOut(Schema):
    """A sound as base64, or the error of a call that failed: the answer begins before the vendor's."""

    media_type: str | None = None
    data: str | None = None
    error: dict[str, str] | None = None


@router.post("/speech", response={200: SpeechOut, **_ERRORS})
def read_aloud(
    request: HttpRequest, given: SpeechIn, conversation: UUID | None = None, team: UUID | None = None
) -> StreamingHttpResponse:
    """Read at most 4,000 characters of a conversation aloud; the same ones are paid once a day."""
    person = person_of(request)
    reading = Reading(person, given.text, conversation, paying_team(person, conversation, team))
    return stream_response(reading.pieces(), "application/json", own_thread=True, hang_up=reading.hang_up)
