"""The assistants of the HTTP API: a person's own, their teams' and the site's."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from conversations.accounts import rate_limits
from conversations.accounts.signed_in import person_of
from conversations.actions.assistants import writing
from conversations.api.assistants.schemas import (
    AssistantFilter,
    AssistantIn,
    AssistantOut,
    AssistantPage,
    AssistantPatch,
    Shown,
)
from conversations.api.schemas import Failure, start_of
from conversations.errors import NotFound, Refused
from conversations.models import Assistant, User
from conversations.models.assistants.assistant import AssistantQuerySet
from conversations.protocol.assistants import checked
from conversations.text import clean

PAGE_SIZE, MAX_PAGE_SIZE = 50, 50
"""Assistants of a page by default, and at most."""
MAX_WORDS = 120
"""Characters of a search."""
router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 409, 413, 429}): Failure}


@router.get("/assistants", response={200: AssistantPage, **_ERRORS})
def assistants(
    request: HttpRequest, chosen: Query[AssistantFilter], q: str = "", cursor: str = "", limit: int = PAGE_SIZE
) -> dict[str, Any]:
    """List the assistants that this person may use, by name, archived ones last. `q` searches names."""
    person, words = person_of(request), clean(q, "q").strip()[:MAX_WORDS]
    size, start = max(1, min(limit, MAX_PAGE_SIZE)), start_of(cursor)
    rows = _rows(person).filter(name__icontains=words, **chosen.conditions())
    page = list(rows[start : start + size + 1])
    following = str(start + size) if len(page) > size else None
    return {"results": Shown(person, page[:size]).as_json(), "next": following}


@router.post("/assistants", response={201: AssistantOut, **_ERRORS})
def create_assistant(request: HttpRequest, given: AssistantIn) -> Status[dict[str, Any]]:
    """Keep an assistant of the person, of a team where they publish, or of the site."""
    person = person_of(request)
    made = writing.create_assistant(person, given.scope.place(), **_settings(person, given.settings()))
    return Status(201, _shown(person, made.pk))


@router.get("/assistants/{uuid:assistant_id}", response={200: AssistantOut, **_ERRORS})
def assistant(request: HttpRequest, assistant_id: UUID) -> dict[str, Any]:
    return _shown(person_of(request), assistant_id)


@router.patch("/assistants/{uuid:assistant_id}", response={200: AssistantOut, **_ERRORS})
def change_assistant(request: HttpRequest, assistant_id: UUID, given: AssistantPatch) -> dict[str, Any]:
    """Change what is said of it, from the next question on; what is left out or null stays."""
    person = person_of(request)
    settings = _settings(person, given.settings())
    writing.change_assistant(person, assistant_id, over=given.updated_at, **settings)
    return _shown(person, assistant_id)


@router.delete("/assistants/{uuid:assistant_id}", response={204: None, **_ERRORS})
def delete_assistant(request: HttpRequest, assistant_id: UUID) -> Status[None]:
    """Delete an assistant with its instructions; conversations go on without it, and replies keep its name."""
    writing.delete_assistant(person_of(request), assistant_id)
    return Status(204, None)


def _rows(person: User) -> AssistantQuerySet:
    return Assistant.objects.visible_to(person).listed().prefetch_related("held__file")


def _shown(person: User, key: UUID) -> dict[str, Any]:
    found = list(_rows(person).filter(pk=key))
    if not found:
        raise NotFound
    return Shown(person, found).as_json()[0]


def _settings(person: User, said: dict[str, Any]) -> dict[str, Any]:
    """Return what is said, checked; refuses whoever saves very many."""
    if rate_limits.prompt(person.pk):
        raise Refused("rate_limited", "You have saved too many assistants in the last minute.")
    return checked(said) | {name: said[name] for name in ("models", "archived") if name in said}
