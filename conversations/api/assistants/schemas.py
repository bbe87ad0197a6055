"""Schemas of the assistants of the HTTP API."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from conversations.api.schemas import FileOut, TeamOut
from conversations.files import storage
from conversations.models import Assistant, User
from conversations.protocol.assistants import MAX_MODELS, MAX_STARTERS
from conversations.protocol.prompts import Place
from conversations.usage.model_access import models_anywhere


class AssistantScopeOut(Schema):
    kind: Literal["own", "team", "site"]
    team: TeamOut | None = None


class AssistantOut(Schema):
    id: UUID
    name: str
    symbol: str
    """One letter or emoji, or nothing."""
    instructions: str
    models: list[UUID]
    """The favourite one first; without those that this person may not use, unless they change the assistant."""
    parameters: dict[str, Any]
    starters: list[str]
    files: list[FileOut]
    """The files that go with every question; `GET /files/<id>` has their bytes."""
    scope: AssistantScopeOut
    archived: bool
    version: int
    """The number of the version of its instructions; 0 without any."""
    updated_at: datetime
    decide: bool
    """Whether this person may change and delete it."""


class AssistantPage(Schema):
    results: list[AssistantOut]
    next: str | None


class AssistantsImported(Schema):
    found: int
    imported: int
    """How many are new in this place."""
    refused: list[str]
    """The names of those that are too long, or have no name."""


class AssistantScopeIn(Schema):
    kind: Literal["own", "team", "site"] = "own"
    team: UUID | None = None

    def place(self) -> Place:
        """Return the place; a team stands for its kind."""
        return Place(self.kind, self.team)


class AssistantChange(Schema):
    name: str | None = None
    symbol: str | None = None
    instructions: str | None = None
    models: list[UUID] | None = Field(None, max_length=10 * MAX_MODELS)
    parameters: dict[str, Any] | None = None
    """All that it is to set: others are taken away."""
    starters: list[str] | None = Field(None, max_length=10 * MAX_STARTERS)
    archived: bool | None = None

    def settings(self) -> dict[str, Any]:
        """Return what is said; null says nothing."""
        return {name: getattr(self, name) for name in AssistantChange.model_fields if getattr(self, name) is not None}


class AssistantIn(AssistantChange):
    name: str
    scope: AssistantScopeIn = AssistantScopeIn()


class AssistantPatch(AssistantChange):
    updated_at: datetime | None = None
    """The time of the state over which this was written: `conflict` if somebody has changed it since."""


class AssistantFilter(Schema):
    scope: Literal["own", "team", "site"] | None = None
    team: UUID | None = None
    archived: bool | None = None

    def conditions(self) -> dict[str, Any]:
        """Return the conditions of a query of assistants."""
        kinds: dict[str, dict[str, Any]] = {
            "own": {"owner__isnull": False},
            "team": {"team__isnull": False},
            "site": {"owner__isnull": True, "team__isnull": True},
        }
        named = {"team": self.team, "archived": self.archived}
        said = {name: value for name, value in named.items() if value is not None}
        return {**(kinds[self.scope] if self.scope else {}), **said}


class Shown:
    """The assistants of an answer, as this person may see them."""

    def __init__(self, reader: User, rows: list[Assistant]) -> None:
        """Look up what the reader may use and change of these, in two queries."""
        keys = [row.pk for row in rows]
        self.rows = rows
        self._decided = set(Assistant.objects.decided_by(reader).filter(pk__in=keys).values_list("pk", flat=True))
        wanted = {key for row in rows for key in row.model_ids}
        usable = models_anywhere(reader).filter(pk__in=wanted) if wanted else ()
        self._usable = {str(model.pk) for model in usable}

    def as_json(self) -> list[dict[str, Any]]:
        return [self._json(row) for row in self.rows]

    def _json(self, row: Assistant) -> dict[str, Any]:
        decides = row.pk in self._decided
        return {
            **{name: getattr(row, name) for name in ("id", "name", "symbol", "instructions", "parameters", "starters")},
            "models": [key for key in row.model_ids if decides or key in self._usable],
            "files": [storage.file_json(one.file) for one in row.held.all()],
            "scope": {"kind": row.scope, "team": row.team},
            **{name: getattr(row, name) for name in ("archived", "version", "updated_at")},
            "decide": decides,
        }
