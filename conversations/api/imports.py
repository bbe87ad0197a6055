"""The routes of imports: a file of conversations, what it holds, and the start of its writing."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import NonNegativeInt, PositiveInt

from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.api.schemas import Failure
from conversations.errors import NotFound, Refused
from conversations.imports import jobs, receiving
from conversations.models import ConversationImport, ImportItem, Team

PAGE_SIZE = 200
"""Items of one answer."""
router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 409, 413, 429}): Failure}


class ImportStarted(Schema):
    id: UUID


class UploadIn(Schema):
    name: str
    bytes: PositiveInt


class PieceTaken(Schema):
    received: int
    """How many bytes of the file are there: the next piece begins with this one."""


class ItemOut(Schema):
    title: str
    messages: int
    outcome: ImportItem.Outcome
    team: str
    """The name of the team whose conversation it was, or empty."""
    reason: str
    """Why it does not come, or what of it does not; empty if all of it does."""
    conversation: UUID | None = Field(None, alias="conversation_id")


class ImportOut(Schema):
    id: UUID
    name: str
    status: ConversationImport.Status
    problem: str
    """The reason for which the whole file cannot come, or empty."""
    found: int
    imported: int
    skipped: int
    items: list[ItemOut]
    next: int | None
    """The position to ask for next (`after`), if there are more items."""


@router.post("/imports", response={202: ImportStarted, **_ERRORS})
def create_import(request: HttpRequest, file: UploadedFile) -> Status[dict[str, Any]]:
    """Keep a file of conversations and look through it. Nothing is imported before the start."""
    person = person_of(request)
    if rate_limits.import_file(person.pk):
        raise Refused("rate_limited", "You have imported very often in this hour.")
    return Status(202, {"id": jobs.receive(person, file.name or "", file.chunks()).pk})


@router.post("/imports/uploads", response={201: ImportStarted, **_ERRORS})
def begin_upload(request: HttpRequest, given: UploadIn) -> Status[dict[str, Any]]:
    """Begin a file that is sent in pieces: one of more than 100 MB, or over a poor connection."""
    person = person_of(request)
    if rate_limits.import_file(person.pk):
        raise Refused("rate_limited", "You have imported very often in this hour.")
    return Status(201, {"id": receiving.begin(person, given.name, given.bytes).pk})


@router.post("/imports/{uuid:import_id}/pieces", response={200: PieceTaken, **_ERRORS})
def add_piece(request: HttpRequest, import_id: UUID, at: NonNegativeInt) -> dict[str, int]:
    """Add up to 1 MB to the file, which is the whole body, and return the byte that comes next.

    A piece that does not begin there is not kept. The dry run begins with the last one.
    After a break, begin with the same name and size. The answer to the first piece says where to go on.
    """
    return {"received": receiving.add_piece(person_of(request), import_id, at, request.body)}


@router.get("/imports/{uuid:import_id}", response={200: ImportOut, **_ERRORS})
def show_import(request: HttpRequest, import_id: UUID, after: int = -1) -> dict[str, Any]:
    """Return how far an import is, and what came or will come of each conversation."""
    found = person_of(request).imports.filter(pk=import_id).first()
    if found is None:
        raise NotFound
    page = list(found.items.filter(position__gt=min(after, 2**31 - 1)).order_by("position")[: PAGE_SIZE + 1])
    names = ("id", "name", "status", "problem", "found", "imported", "skipped")
    return {
        **{name: getattr(found, name) for name in names},
        "items": page[:PAGE_SIZE],
        "next": page[PAGE_SIZE - 1].position if len(page) > PAGE_SIZE else None,
    }


@router.post("/imports/{uuid:import_id}/start", response={202: None, **_ERRORS})
def start_import(request: HttpRequest, import_id: UUID, team: UUID | None = None) -> Status[None]:
    """Import what the list announces as new; what was a team's goes to `team`, or is private."""
    person = person_of(request)
    if team is not None and not Team.objects.writable_by(person).filter(pk=team).exists():
        raise NotFound
    jobs.start(person, import_id, team)
    return Status(202, None)
