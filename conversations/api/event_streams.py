"""The event stream of the API: what goes over the websocket, for clients that no websocket reaches."""

from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Router
from ninja.errors import HttpError

from conversations.accounts.signed_in import person_of
from conversations.api.schemas import Failure
from conversations.connections import event_stream
from conversations.connections.authentication import credential_of
from conversations.errors import Refused

router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 413, 429}): Failure}
_COMMANDS: dict[str, Any] = {
    "description": "Commands of the websocket, one a line",
    "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
}
_EVENTS = {"200": {"description": "Events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}}


@router.post("/events", response=_ERRORS, openapi_extra={"requestBody": _COMMANDS, "responses": _EVENTS})
def open_stream(
    request: HttpRequest, person: UUID | None = None, until: Literal["answered"] | None = None
) -> StreamingHttpResponse:
    """Open an event stream, and carry out the commands in the body.

    `person` refuses a session that is somebody else's. `until=answered` ends the stream after the commands' answers.
    """
    _check_origin(request)
    stream = event_stream.EventStream(
        person_of(request).id,
        credential_of(request),
        _commands(request),
        None if person is None else str(person),
        is_brief=until is not None,
    )
    return event_stream.respond(stream.events())


@router.post("/events/{stream}", response={202: None, **_ERRORS}, openapi_extra={"requestBody": _COMMANDS})
def send_commands(request: HttpRequest, stream: str) -> HttpResponse:
    """Carry out commands of an open stream, which answers them. The `open` event at its beginning has its name."""
    _check_origin(request)
    event_stream.send_up(stream, person_of(request).id, _commands(request))
    return HttpResponse(status=202)


def _check_origin(request: HttpRequest) -> None:
    """Refuse a browser's request from another origin, beside the check of its CSRF token."""
    if not credential_of(request).token and request.headers.get("Origin") not in settings.CHATSITE_ORIGINS:
        raise HttpError(403, "The Origin is not one of this site")


def _commands(request: HttpRequest) -> list[str]:
    try:
        lines = request.body.decode().split("\n")
    except UnicodeDecodeError:
        raise Refused("bad_frame", "The body is not UTF-8.") from None
    return [line for line in lines if line.strip()]
