"""The words of a recording, for the message box."""

from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router, Schema
from ninja.files import UploadedFile

from conversations.accounts.signed_in import person_of
from conversations.api.schemas import Failure
from conversations.api.speech.places import paying_team
from conversations.reporting.streaming import stream_response
from conversations.speech import recording
from conversations.speech.transcribing import Transcription

router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 413, 429}): Failure}


class TranscriptionOut(Schema):
    """The words, or the error of a call that failed: the answer begins before the vendor's."""

    text: str | None = None
    error: dict[str, str] | None = None


@router.post("/transcriptions", response={200: TranscriptionOut, **_ERRORS})
def transcribe(
    request: HttpRequest,
    file: UploadedFile,
    conversation: UUID | None = None,
    team: UUID | None = None,
) -> StreamingHttpResponse:
    """Write down the speech of a WAV file of at most five minutes; nothing is sent and nothing kept.

    It is for a message in this conversation or, for a new one, in this team.
    """
    person = person_of(request)
    recording.check_size(file.size or 0)
    payer = paying_team(person, conversation, team)
    transcription = Transcription(person, recording.read(file.read()), conversation, payer)
    return stream_response(transcription.pieces(), "application/json", own_thread=True, hang_up=transcription.hang_up)
