"""Schemas of the prompts of the HTTP API."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from conversations.api.schemas import PersonOut, TeamOut
from conversations.errors import Refused
from conversations.models import Prompt
from conversations.protocol.prompts import MAX_CHOICES, MAX_VARIABLES, Place


class VariableOut(Schema):
    name: str
    type: Literal["text", "paragraph", "number", "date", "choice"]
    default: str
    choices: list[str]


class ScopeOut(Schema):
    kind: Literal["own", "team", "project", "site"]
    team: TeamOut | None = None
    project: TeamOut | None = None


class PromptOut(Schema):
    id: UUID
    name: str
    text: str
    variables: list[VariableOut]
    """In the order of the text, in which each stands as `{{name}}`."""
    scope: ScopeOut
    version: int
    """0 as long as it is only proposed."""
    updated_at: datetime
    updated_by: PersonOut | None


class PromptPage(Schema):
    results: list[PromptOut]
    next: str | None


class PromptsImported(Schema):
    found: int
    imported: int
    """How many are new in this place; of a team's, members have proposed them."""
    refused: list[str]
    """The names of those that are too long, or have no text."""


class VariableIn(Schema):
    name: str
    type: str = "text"
    default: str = ""
    choices: list[str] = Field([], max_length=MAX_CHOICES)


class ScopeIn(Schema):
    kind: Literal["own", "team", "project", "site"] = "own"
    team: UUID | None = None
    project: UUID | None = None

    def place(self) -> Place:
        """Return the place; a team or a project stands for its kind, and must be named for it."""
        if self.kind in ("team", "project") and self.team is None and self.project is None:
            raise Refused("bad_field", f"“{self.kind}” must be the id of one.", self.kind)
        return Place(self.kind, self.team, self.project)


class PromptIn(Schema):
    name: str
    text: str
    variables: list[VariableIn] = Field([], max_length=10 * MAX_VARIABLES)
    scope: ScopeIn = ScopeIn()


class PromptChange(Schema):
    name: str | None = None
    text: str | None = None
    variables: list[VariableIn] | None = Field(None, max_length=10 * MAX_VARIABLES)
    version: int | None = None
    """The version over which this was written: `conflict` if there is a newer one."""


class PromptFilter(Schema):
    scope: Literal["own", "team", "project", "site"] | None = None
    team: UUID | None = None
    project: UUID | None = None

    def conditions(self) -> dict[str, Any]:
        """Return the conditions of a query of prompts."""
        kinds: dict[str, dict[str, Any]] = {
            "own": {"owner__isnull": False},
            "team": {"team__isnull": False},
            "project": {"project__isnull": False},
            "site": {"owner__isnull": True, "team__isnull": True, "project__isnull": True},
        }
        named = {name: value for name, value in (("team", self.team), ("project", self.project)) if value}
        return {**(kinds[self.scope] if self.scope else {}), **named}


def prompt_json(prompt: Prompt) -> dict[str, Any]:
    """Return a prompt as the HTTP API shows it."""
    who = prompt.updated_by
    return {
        "id": prompt.pk,
        **prompt.words(),
        "scope": {"kind": prompt.scope, "team": prompt.team, "project": prompt.project},
        "version": prompt.version,
        "updated_at": prompt.updated_at,
        "updated_by": {"id": who.pk, "name": who.name} if who else None,
    }
