"""The routes of exports: conversations as files to take along."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from ninja import Query, Router

from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.api.schemas import Failure
from conversations.errors import NotFound, Refused
from conversations.exports import archive
from conversations.exports.conversation_file import Format, file_response
from conversations.exports.file_names import file_name
from conversations.models import Conversation, Team, User
from conversations.reporting.streaming import stream_response
from providers.audit import log
from providers.audit.log import Act

MAX_CHOSEN = 200
"""Conversations that one address names."""
router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 413, 429}): Failure}
_FILE = {"responses": {200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}}


@router.get("/conversations/{uuid:conversation_id}/export", response={200: None, **_ERRORS}, openapi_extra=_FILE)
def export_conversation(
    request: HttpRequest,
    conversation_id: UUID,
    wanted: Annotated[Format, Query(alias="format")],
    leaf: UUID | None = None,
) -> StreamingHttpResponse:
    """Return the conversation as a file.

    JSON holds all branches; the others hold the branch shown to this person. `leaf` is the last message of another one.
    """
    person = person_of(request)
    rows = Conversation.objects.visible_to(person).select_related("owner", "team", "model")
    found = rows.filter(pk=conversation_id).first()
    if found is None:
        raise NotFound
    return file_response(request, person, found, wanted, leaf)


@router.get("/export", response={200: None, **_ERRORS}, openapi_extra=_FILE)
def export_all(
    request: HttpRequest,
    team: UUID | None = None,
    conversation: Annotated[list[UUID], Query(max_length=MAX_CHOSEN)] = [],  # noqa: B006 (ninja copies it)
) -> StreamingHttpResponse:
    """Return a zip of all conversations that this person began, of a team's for its leads, or of those named."""
    person = person_of(request)
    led = _led(person, team) if team else None
    if rate_limits.archive(person.pk):
        raise Refused("rate_limited", "You have exported very often in this hour.")
    if led:
        keys = archive.of_team(person, led)
        log.note(person, Act.DOWNLOADED, led, after={"conversations": len(keys)})
    else:
        keys = archive.chosen_by(person, conversation) if conversation else archive.begun_by(person)
    response = stream_response(archive.pieces(person, keys), "application/zip")
    name = f"Chatsite {led.name if led else person.name} {timezone.localdate():%Y-%m-%d}"
    response.headers["Content-Disposition"] = content_disposition_header(True, file_name(name, ".zip")) or ""
    return response


def _led(person: User, team: UUID) -> Team:
    found = Team.objects.led_by(person).filter(pk=team).first()
    if found is None:
        raise NotFound
    return found
