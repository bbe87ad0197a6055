"""The routes of the HTTP API: each parses, calls one action or query, and answers."""

from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from ninja.files import UploadedFile

from conversations import actions
from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.actions import access
from conversations.actions.assistants.choosing import picked
from conversations.api import estimates, model_list
from conversations.api.schemas import (
    ArrangementChange,
    ConversationChange,
    ConversationFilter,
    ConversationIn,
    ConversationOut,
    ConversationPage,
    EstimateIn,
    EstimateOut,
    Failure,
    GuestIn,
    MeOut,
    MessagePage,
    ModelOut,
    PersonOut,
    TeamDefaultsOut,
    TeamIn,
    UploadOut,
)
from conversations.errors import NotFound, Refused
from conversations.files import response, storage
from conversations.live import events
from conversations.models import Conversation, File, Project, Team, User
from conversations.models.conversation import MAX_TITLE_LENGTH
from conversations.models.sidebar import after, cursor_of, first, in_bin, one_listed, sidebar
from conversations.protocol.parameters import validate
from conversations.protocol.seen import digests
from conversations.search.entries import entries, newest_messages
from conversations.search.indexing import by_the_index
from conversations.search.queries import parse
from conversations.text import MAX_TEXT_LENGTH, clean, title
from conversations.usage import quotas
from conversations.usage.model_access import models_anywhere, models_for
from providers.blank_text import is_blank

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 50, 200
"""Rows of a page by default, and at most."""


router = Router()
_ANY_BYTES = {"responses": {200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}}
_ERRORS = {frozenset({400, 401, 403, 404, 413, 429}): Failure}


@router.get("/me", response={200: MeOut, **_ERRORS})
def me(request: HttpRequest) -> dict[str, Any]:
    person = person_of(request)
    places = person.memberships.select_related("team").order_by("team__name")
    teams = [{**events.team_json(place.team), "role": place.role} for place in places]
    return {"id": person.id, "name": person.name, "language": person.language, "teams": teams}


@router.get("/models", response={200: list[ModelOut], **_ERRORS})
def models(request: HttpRequest, team: UUID | None = None) -> list[dict[str, Any]]:
    """Return the models that this person may use anywhere or, with `team`, in that team's conversations."""
    person = person_of(request)
    if team is not None:
        _found(Team.objects.writable_by(person), team)
    usable = models_for(person, team) if team else models_anywhere(person)
    return model_list.of(person, team, usable)


@router.put("/models/{uuid:model_id}/favourite", response={204: None, **_ERRORS})
def add_favourite(request: HttpRequest, model_id: UUID) -> Status[None]:
    """Put a model first in this person's list."""
    person = person_of(request)
    person.favourite_models.add(_found(models_anywhere(person), model_id))
    return Status(204, None)


@router.delete("/models/{uuid:model_id}/favourite", response={204: None, **_ERRORS})
def remove_favourite(request: HttpRequest, model_id: UUID) -> Status[None]:
    person = person_of(request)
    person.favourite_models.remove(_found(models_anywhere(person), model_id))
    return Status(204, None)


@router.get("/teams/{uuid:team_id}/defaults", response={200: TeamDefaultsOut, **_ERRORS})
def team_defaults(request: HttpRequest, team_id: UUID) -> dict[str, Any]:
    """Return what a team's new conversations begin with."""
    team = _found(Team.objects.visible_to(person_of(request)), team_id)
    return {**team.defaults(), "model": team.model_id, "team": team}


@router.get("/people", response={200: list[PersonOut], **_ERRORS})
def people(request: HttpRequest, conversation: UUID | None = None, team: UUID | None = None) -> list[User]:
    """Return the people who can read a conversation, or a team's: those who can be mentioned there."""
    person = person_of(request)
    if conversation is not None:
        place: Conversation = _found(Conversation.objects.visible_to(person), conversation)
        return place.people()
    if team is None:
        return [person]
    found: Team = _found(Team.objects.visible_to(person), team)
    return found.named()


@router.get("/conversations", response={200: ConversationPage, **_ERRORS})
def conversations(
    request: HttpRequest,
    chosen: Query[ConversationFilter],
    cursor: str | None = None,
    q: str = "",
    limit: int = DEFAULT_PAGE_SIZE,
) -> dict[str, Any]:
    """List conversations, newest first; `q` searches titles and messages. `bin`: those that one may restore."""
    person, size = person_of(request), max(1, min(limit, MAX_PAGE_SIZE))
    rows = in_bin(person) if chosen.bin else sidebar(Conversation.objects.visible_to(person), person)
    order = "deleted_at" if chosen.bin else "updated_at"
    rows = rows.filter(**chosen.conditions())
    query = parse(clean(q, "q")[:MAX_TITLE_LENGTH])
    if not query.is_empty:
        rows = rows.filter(pk__in=entries(person, query).order_by().values("conversation"))
    with by_the_index() if query.terms else nullcontext():
        page = first(after(rows, cursor, order), size + 1)
    return {
        "results": [events.conversation_json(row, person) for row in page[:size]],
        "hits": {} if query.is_empty else newest_messages(person, query, page[:size]),
        "next": cursor_of(page[size - 1], order) if len(page) > size else None,
    }


@router.post("/conversations", response={201: ConversationOut, **_ERRORS})
def create(request: HttpRequest, given: ConversationIn) -> Status[dict[str, Any]]:
    person = person_of(request)
    team = _found(Team.objects.writable_by(person), given.team) if given.team is not None else None
    project = _found(Project.objects.writable_by(person), given.project) if given.project is not None else None
    place = {**({"team": team} if team else {}), **({"project": project} if project else {})}
    fields = {**_fields(given, person, project.team_id if project else given.team), **place}
    conversation = actions.create_conversation(person, **fields)
    return Status(201, _shown(person, conversation.id))


@router.get("/conversations/{uuid:conversation_id}", response={200: ConversationOut, **_ERRORS})
def conversation(request: HttpRequest, conversation_id: UUID) -> dict[str, Any]:
    return _shown(person_of(request), conversation_id)


@router.patch("/conversations/{uuid:conversation_id}", response={200: ConversationOut, 204: None, **_ERRORS})
def change(request: HttpRequest, conversation_id: UUID, given: ConversationChange) -> Status[dict[str, Any] | None]:
    """Change a conversation; 204: it left this person's sight.

    `team` moves it: an id, or null for its owner alone. `project` moves it, too: an id, with which it comes to that
    project's team or owner, or null for none.

    `pinned`, `archived`, `muted` and `unread` are each reader's own; all else is for people who write here.
    """
    person, own = person_of(request), _arrangement(given)
    is_personal = bool(given.model_fields_set) and given.model_fields_set <= set(ArrangementChange.model_fields)
    found = (access.visible if is_personal else access.writable)(person, conversation_id)
    team = given.team if "team" in given.model_fields_set else found.team_id
    with transaction.atomic():
        if own:
            actions.arrange_conversation(person, conversation_id, **own)
        if fields := _fields(given, person, team):
            seen = digests(given.seen or {})
            actions.change_conversation(person, conversation_id, seen=seen, **fields)
        if "team" in given.model_fields_set:
            actions.move_conversation(person, conversation_id, given.team)
        if "project" in given.model_fields_set:
            actions.move_to_project(person, conversation_id, given.project)
    shown = one_listed(person, conversation_id)
    return Status(204, None) if shown is None else Status(200, events.conversation_json(shown, person))


@router.post("/conversations/{uuid:conversation_id}/guests", response={200: ConversationOut, **_ERRORS})
def name_guest(request: HttpRequest, conversation_id: UUID, given: GuestIn) -> dict[str, Any]:
    """Open a conversation to the person of this name, or change whether they write: as who decides on it."""
    person = person_of(request)
    if rate_limits.guest_named(person.pk):
        raise Refused("rate_limited", "You have shared conversations very often in the last hour.")
    actions.name_guest(person, conversation_id, clean(given.name, "name"), writes=given.write)
    return _shown(person, conversation_id)


@router.delete("/conversations/{uuid:conversation_id}/guests/{uuid:person_id}", response={204: None, **_ERRORS})
def end_guest(request: HttpRequest, conversation_id: UUID, person_id: UUID) -> Status[None]:
    """Take a conversation from a person who has it by name: as who decides on it, or for oneself."""
    actions.end_guest(person_of(request), conversation_id, person_id)
    return Status(204, None)


@router.post("/conversations/{uuid:conversation_id}/teams", response={200: ConversationOut, **_ERRORS})
def name_team(request: HttpRequest, conversation_id: UUID, given: TeamIn) -> dict[str, Any]:
    """Open a conversation to another team in which one writes, or change whether it writes: as who decides on it."""
    person = person_of(request)
    if rate_limits.guest_named(person.pk):
        raise Refused("rate_limited", "You have shared conversations very often in the last hour.")
    actions.name_team(person, conversation_id, given.team, writes=given.write)
    return _shown(person, conversation_id)


@router.delete("/conversations/{uuid:conversation_id}/teams/{uuid:team_id}", response={204: None, **_ERRORS})
def end_team(request: HttpRequest, conversation_id: UUID, team_id: UUID) -> Status[None]:
    """Take a conversation from a team that was given it: as who decides on it, or as a lead there."""
    actions.end_team(person_of(request), conversation_id, team_id)
    return Status(204, None)


@router.delete("/conversations/{uuid:conversation_id}", response={204: None, **_ERRORS})
def delete(request: HttpRequest, conversation_id: UUID, for_good: bool = False) -> Status[None]:
    """Put a conversation into the bin for 30 days, or delete it at once with `for_good`, also from the bin."""
    if for_good:
        actions.end_conversation(person_of(request), conversation_id)
    else:
        actions.delete_conversation(person_of(request), conversation_id)
    return Status(204, None)


@router.post("/conversations/{uuid:conversation_id}/restore", response={200: ConversationOut, **_ERRORS})
def restore(request: HttpRequest, conversation_id: UUID) -> dict[str, Any]:
    """Take a conversation back out of the bin; its links stay revoked."""
    person = person_of(request)
    actions.restore_conversation(person, conversation_id)
    return _shown(person, conversation_id)


@router.get(
    "/conversations/{uuid:conversation_id}/messages", response={200: MessagePage, **_ERRORS}, exclude_unset=True
)
def messages(
    request: HttpRequest, conversation_id: UUID, before: UUID | None = None, limit: int = DEFAULT_PAGE_SIZE
) -> dict[str, Any]:
    """List the newest messages of all branches, oldest first within the page; `next` goes into `before`."""
    size = max(1, min(limit, MAX_PAGE_SIZE))
    person = person_of(request)
    found: Conversation = _found(Conversation.objects.visible_to(person), conversation_id)
    rows = found.messages.select_related("author").prefetch_related("verification__by").order_by("-id")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: size + 1])
    return {
        "results": [events.message_json(message, person) for message in reversed(page[:size])],
        "next": page[size - 1].id if len(page) > size else None,
        "revision": found.revision,
    }


@router.post("/estimate", response={200: EstimateOut, **_ERRORS})
def estimate(request: HttpRequest, given: EstimateIn) -> dict[str, Any]:
    """Estimate a question's cost, and what is left for it; nothing is sent and nothing reserved."""
    person = person_of(request)
    if given.team is not None:
        _found(Team.objects.writable_by(person), given.team)
    conversation: Conversation = (
        _found(Conversation.objects.writable_by(person), given.conversation)
        if given.conversation
        else Conversation(owner=person, team_id=given.team)
    )
    assistant = picked(person, conversation, given.assistant, is_said="assistant" in given.model_fields_set)
    asked = estimates.Asked(given.parent, given.models, given.text, given.files, assistant)
    return estimates.estimate(person, conversation, asked)


@router.post("/files", response={201: UploadOut, **_ERRORS})
def upload(request: HttpRequest, file: UploadedFile) -> Status[dict[str, Any]]:
    """Store a file for a later message; unsent files are their owner's only and are deleted after 24 hours."""
    if (file.size or 0) > storage.MAX_BYTES:
        raise Refused("too_long", f"A file may have {storage.MAX_BYTES // 2**20} MB.")
    kept = storage.receive(person_of(request), file.name or "", file.read())
    return Status(201, {**storage.upload_json(kept), "left": quotas.left_for_files(person_of(request))})


@router.get("/files/{uuid:file_id}", response={200: None, **_ERRORS}, openapi_extra=_ANY_BYTES)
def download(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Return the bytes to readers of a message that holds the file."""
    return response.response_of(_found(File.objects.visible_to(person_of(request)), file_id))


@router.api_operation(["GET", "POST", "PUT", "PATCH", "DELETE"], "/{path:anything}", include_in_schema=False)
def no_such_call(request: HttpRequest, anything: str) -> None:
    """Raise NotFound for any path that no route above takes."""
    raise NotFound


# --- Parts of the above --------------------------------------------------------------------------------------------


def _found(rows: Any, key: UUID) -> Any:
    found = rows.filter(pk=key).first()
    if found is None:
        raise NotFound
    return found


def _shown(person: User, conversation_id: UUID) -> dict[str, Any]:
    found = one_listed(person, conversation_id)
    if found is None:
        raise NotFound
    return events.conversation_json(found, person)


def _arrangement(given: ConversationChange) -> dict[str, bool]:
    """Return what this person sets for themselves alone; null means unchanged."""
    asked = given.dict(include=set(ArrangementChange.model_fields), exclude_unset=True)
    return {name: value for name, value in asked.items() if value is not None}


def _fields(given: Schema, person: User, team: UUID | None) -> dict[str, Any]:
    """Return the given fields, checked; null means unchanged."""
    asked = {name: value for name, value in given.dict(exclude_unset=True).items() if value is not None}
    apart = {"team", "project", "seen", *ArrangementChange.model_fields}
    asked = {name: value for name, value in asked.items() if name not in apart}
    if "title" in asked:
        asked["title"] = title(asked["title"], "title", MAX_TITLE_LENGTH)
    if "system_prompt" in asked:
        asked["system_prompt"] = clean(asked["system_prompt"], "system_prompt")
        if is_blank(asked["system_prompt"]):
            asked["system_prompt"] = ""
        if len(asked["system_prompt"]) > MAX_TEXT_LENGTH:
            raise Refused("too_long", f"A system prompt may have {MAX_TEXT_LENGTH:,} characters.", "system_prompt")
    if "model" in asked:
        asked["model"] = models_for(person, team).filter(pk=asked["model"]).first()
        if asked["model"] is None:
            raise Refused("no_model", "This model is not there, or not for you.")
    if "parameters" in asked:
        asked["parameters"] = validate(asked["parameters"])
    return asked
