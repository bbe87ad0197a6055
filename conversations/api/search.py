"""The search of the HTTP API."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from conversations.accounts.signed_in import person_of
from conversations.api.schemas import Failure, PersonOut, TeamOut, VerifiedOut
from conversations.live import events
from conversations.search.queries import day, parse
from conversations.search.results import Result, Sort, search

router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 413, 429}): Failure}


class PieceOut(Schema):
    text: str
    hit: bool


class ResultOut(Schema):
    conversation: UUID
    message: UUID | None
    """Null where the title has the words."""
    title: str
    team: TeamOut | None
    author: PersonOut | None
    """The writer of a question, or of a title's conversation; null for a reply."""
    model: UUID | None
    model_name: str
    created_at: datetime
    snippet: list[PieceOut]
    verified: VerifiedOut | None


class SearchPage(Schema):
    results: list[ResultOut]
    next: str | None


@router.get("/search", response={200: SearchPage, **_ERRORS})
def find(
    request: HttpRequest,
    q: str = "",
    team: UUID | None = None,
    conversation: UUID | None = None,
    person: UUID | None = None,
    model: UUID | None = None,
    after: str = "",
    before: str = "",
    has_file: bool = False,
    titles: bool = False,
    sort: Sort = "relevance",
    cursor: str = "",
) -> dict[str, Any]:
    """Search titles, messages and names of files in all that this person may read.

    `q` takes words, phrases in quotes, `-word`, and `from:`, `model:`, `team:`, `before:`, `after:`, `has:file` and
    `title:`. By relevance, verified answers come first. `after` and `before` are days or moments in ISO 8601.
    """
    query = parse(q).narrowed(
        team=team,
        conversation=conversation,
        person=person,
        model=model,
        after=day(after, "after") if after else None,
        before=day(before, "before") if before else None,
        has_file=has_file,
        titles=titles,
    )
    page = search(person_of(request), query, sort, cursor)
    return {"results": list(map(_json, page.results)), "next": page.next or None}


def _json(result: Result) -> dict[str, Any]:
    return {
        "conversation": result.conversation,
        "message": result.message,
        "title": result.title,
        "team": {"id": result.team, "name": result.team_name} if result.team else None,
        "author": {"id": result.author, "name": result.author_name} if result.author else None,
        "model": result.model,
        "model_name": result.model_name,
        "created_at": result.created_at,
        "snippet": [{"text": piece.text, "hit": piece.hit} for piece in result.snippet],
        "verified": events.verified_json(result.verified),
    }
