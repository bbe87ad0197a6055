"""Schemas of the HTTP API, for OpenAPI and for the check of requests."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from conversations.protocol.commands import MAX_FILES, MAX_MODELS
from conversations.text import MAX_TEXT_LENGTH


class TeamOut(Schema):
    id: UUID
    name: str


class RoleOut(TeamOut):
    role: Literal["lead", "member", "reader"]


class MeOut(Schema):
    id: UUID
    name: str
    language: str
    teams: list[RoleOut]


class ModelOut(Schema):
    id: UUID
    name: str
    endpoints: list[str]
    capabilities: list[str]


class PersonOut(Schema):
    id: UUID
    name: str


class AudienceOut(Schema):
    kind: Literal["private", "team"]
    team: TeamOut | None = None
    write: bool
    decide: bool
    """Whether this person may delete it and decide who reads it."""


class ConversationOut(Schema):
    id: UUID
    title: str
    owner: PersonOut
    audience: AudienceOut
    model: UUID | None
    system_prompt: str
    parameters: dict[str, Any]
    updated_at: datetime
    unread: bool
    streaming: bool
    revision: int


class ConversationPage(Schema):
    results: list[ConversationOut]
    next: str | None


class ConversationIn(Schema):
    title: str | None = None
    team: UUID | None = None
    model: UUID | None = None
    system_prompt: str | None = None
    parameters: dict[str, Any] | None = None


class ConversationChange(Schema):
    title: str | None = None
    team: UUID | None = None
    model: UUID | None = None
    system_prompt: str | None = None
    parameters: dict[str, Any] | None = None


class UsageOut(Schema):
    input_tokens: int | None
    output_tokens: int | None
    thought_tokens: int | None
    cached_tokens: int | None
    cost: int | None


class LeftOut(Schema):
    parameter: str
    sent: Any = None


class ErrorOut(Schema):
    code: str
    text: str


class FileOut(Schema):
    id: UUID
    name: str
    media_type: str
    bytes: int


class UploadOut(FileOut):
    left: int | None
    """Bytes left for this person's files, once nine tenths are used."""


class MessageOut(Schema):
    id: UUID
    conversation: UUID
    parent: UUID | None
    role: Literal["user", "assistant"]
    author: PersonOut | None
    text: str
    parts: list[dict[str, Any]]
    files: list[FileOut]
    status: Literal["waiting", "streaming", "complete", "stopped", "interrupted", "failed"]
    seq: int
    model: UUID | None
    model_name: str
    finish_reason: str | None
    usage: UsageOut
    error: ErrorOut | None
    quote: str = ""
    """The vendor's own words on the end of the reply, for the person who asked; empty for others."""
    left_out: list[LeftOut]
    """The parameters, or `image` or `file`, that were not sent as they were set; `sent` is null if left out."""
    created_at: datetime


class MessagePage(Schema):
    results: list[MessageOut]
    next: UUID | None
    revision: int


class EstimateIn(Schema):
    conversation: UUID | None = None
    parent: UUID | None = None
    team: UUID | None = None
    models: list[UUID] = Field([], max_length=MAX_MODELS)
    text: str = Field("", max_length=MAX_TEXT_LENGTH)
    files: list[UUID] = Field([], max_length=MAX_FILES)


class BudgetOut(Schema):
    kind: Literal["person", "team", "model", "key"]
    period: Literal["day", "month"]
    limit: int | None
    left: int | None
    warns: bool


class EstimateOut(Schema):
    """Amounts are millionths of the currency; tokens and cost are of all models together."""

    currency: str
    input_tokens: int
    output_tokens: int
    cost: int
    budgets: list[BudgetOut]


class RefusalOut(ErrorOut):
    field: str = ""
    """The one field that the refusal is about, if any."""


class Failure(Schema):
    error: RefusalOut
