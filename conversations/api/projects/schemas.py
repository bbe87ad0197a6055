"""Schemas of projects."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from conversations.api.schemas import FileOut, PersonOut, TeamOut
from conversations.protocol.commands import MAX_FILES


class LinkOut(Schema):
    title: str
    address: str


class ProjectFileOut(FileOut):
    looked_up: bool
    """Whether only the passages that fit a question go with it, instead of all of the file with every question."""


class ProjectOut(Schema):
    id: UUID
    name: str
    team: TeamOut | None
    owner: PersonOut
    """The person whom a private one is for; in a team the person who looks after it."""
    members: list[PersonOut] | None
    """The people for whom alone a narrow project is; null for all of the team, or for the owner."""
    instructions: str
    version: int
    """The number of the version that the instructions are; 0 before there were any."""
    model: UUID | None
    parameters: dict[str, Any]
    links: list[LinkOut]
    files: list[ProjectFileOut]
    """Files that go with every question, first and in this order, or are looked up."""
    archived: bool
    write: bool
    decide: bool
    """Whether this person may archive and delete it, hand it over, and name its members."""


class PlaceOut(Schema):
    id: UUID
    name: str


class ProjectDefaultsOut(Schema):
    project: PlaceOut
    model: UUID | None
    system_prompt: str
    parameters: dict[str, Any]


class ProjectIn(Schema):
    name: str
    team: UUID | None = None
    instructions: str | None = None
    model: UUID | None = None
    parameters: dict[str, Any] | None = None
    links: list[LinkOut] | None = None


class ProjectChange(Schema):
    name: str | None = None
    instructions: str | None = None
    version: int | None = None
    """The version that the new instructions replace; another one refuses them with conflict."""
    model: UUID | None = None
    parameters: dict[str, Any] | None = None
    links: list[LinkOut] | None = None
    archived: bool | None = None
    members: list[UUID] | None = None
    """The people of its team for whom alone it is; null for all of the team."""
    seen: dict[str, Any] | None = None
    """The values that you have read of these fields, by name; of `members` the ids.

    One that you send unchanged keeps what others have made of it meanwhile. One that you and others have changed is
    refused with conflict."""


class FilesIn(Schema):
    files: list[UUID] = Field(min_length=1, max_length=MAX_FILES)
    looked_up: bool = False


class FileChange(Schema):
    looked_up: bool


class VersionOut(Schema):
    number: int
    text: str
    author: PersonOut | None
    created_at: datetime
