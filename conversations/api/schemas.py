"""Schemas of the HTTP API, for OpenAPI and for the check of requests."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from conversations.errors import Refused
from conversations.protocol.commands import MAX_FILES, MAX_MODELS
from conversations.text import MAX_TEXT_LENGTH


class TeamOut(Schema):
    id: UUID
    name: str


class KeepingOut(TeamOut):
    keeps_days: int | None
    """Days without a new message after which a conversation of the team is deleted for ever; null for none."""


class RoleOut(KeepingOut):
    role: Literal["lead", "member", "reader"]


class TeamDefaultsOut(Schema):
    team: KeepingOut
    model: UUID | None
    system_prompt: str
    parameters: dict[str, Any]


class MeOut(Schema):
    id: UUID
    name: str
    language: str
    teams: list[RoleOut]


class ModelOut(Schema):
    id: UUID
    name: str
    description: str
    endpoints: list[str]
    capabilities: list[str]
    context_window: int | None
    """Tokens, if an administrator has told them."""
    favourite: bool
    rests_until: datetime | None
    """The end of the cooldown of all its keys or endpoints; None if a question would be answered at once."""


class PersonOut(Schema):
    id: UUID
    name: str


class GuestOut(PersonOut):
    write: bool


class GuestIn(Schema):
    name: str
    write: bool = False


class TeamIn(Schema):
    team: UUID
    write: bool = False


class AudienceOut(Schema):
    kind: Literal["private", "people", "team"]
    team: KeepingOut | None = None
    write: bool
    decide: bool
    """Whether this person may delete it and decide who reads it."""
    guests: list[GuestOut]
    """The people to whom it is open by name."""
    teams: list[GuestOut]
    """The teams to which it is open beside its own."""
    named: bool
    """Whether this person reads it by a name alone: their own or one of these teams'."""


class AssistantNote(Schema):
    id: UUID
    name: str
    symbol: str
    version: int
    """The number of the version of its instructions; 0 without any."""


class ConversationOut(Schema):
    id: UUID
    title: str
    owner: PersonOut
    audience: AudienceOut
    project: UUID | None
    project_name: str
    model: UUID | None
    assistant: UUID | None
    """The assistant of the next questions, for those who may use it."""
    began_with: AssistantNote | None
    system_prompt: str
    parameters: dict[str, Any]
    updated_at: datetime
    pinned: bool
    archived: bool
    """Out of this person's list until something new is said, or, if `muted`, until they take it back."""
    muted: bool
    unread: bool
    mentioned: bool
    """True while a message that mentions this person is unread."""
    streaming: bool
    revision: int
    deleted_at: datetime | None
    """The time at which it was put into the bin, which it leaves for ever after 30 days."""


class ConversationPage(Schema):
    results: list[ConversationOut]
    hits: dict[str, UUID]
    """The newest message with the words of a search, by conversation; a title that has them is no hit."""
    next: str | None


class ConversationFilter(Schema):
    team: UUID | None = None
    kind: Literal["private", "named", "team"] | None = None
    """`named`: open to this person by name; the others are not."""
    project: UUID | None = None
    pinned: bool | None = None
    archived: bool | None = None
    bin: bool = False

    def conditions(self) -> dict[str, Any]:
        """Return the conditions of a query of `models.sidebar`."""
        is_private = None if self.kind in (None, "named") else self.kind == "private"
        asked = {"team__isnull": is_private, "is_pinned": self.pinned, "is_archived": self.archived, "team": self.team}
        asked |= {"project": self.project, "is_named": self.kind and self.kind == "named"}
        return {name: value for name, value in asked.items() if value is not None}


class ConversationIn(Schema):
    title: str | None = None
    team: UUID | None = None
    project: UUID | None = None
    model: UUID | None = None
    system_prompt: str | None = None
    parameters: dict[str, Any] | None = None


class ArrangementChange(Schema):
    """The place that a person gives a conversation in their own list."""

    pinned: bool | None = None
    archived: bool | None = None
    muted: bool | None = None
    unread: bool | None = None


class ConversationChange(ArrangementChange):
    title: str | None = None
    team: UUID | None = None
    project: UUID | None = None
    model: UUID | None = None
    system_prompt: str | None = None
    parameters: dict[str, Any] | None = None
    seen: dict[str, Any] | None = None
    """The values that you have read of these fields, by name.

    One that you send unchanged keeps what others have made of it meanwhile. One that you and others have changed is
    refused with conflict."""


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
    text_tokens: int | None
    """Estimated tokens of what is read from it; null for a picture, and a PDF without text."""
    cut: bool
    """Whether it is longer than what is read from it."""
    left: int | None
    """Bytes left for this person's files, once nine tenths are used."""


class PromptSource(Schema):
    id: UUID
    name: str
    version: int


class VerifiedOut(Schema):
    by: PersonOut | None
    """Null where the account is gone."""
    note: str
    until: date | None
    """The day on which it wants looking at again."""
    at: datetime


class ResolvedOut(Schema):
    by: PersonOut | None
    at: datetime


class RemarkOut(Schema):
    """`start` and `end` are the place of the words in the message's text, in characters."""

    id: UUID
    message: UUID
    remark: UUID | None
    """The remark that this one replies to."""
    author: PersonOut | None
    """Null where the account is gone."""
    text: str
    quote: str
    """The beginning of the words; empty where it is about the message as a whole."""
    start: int | None
    end: int | None
    assignee: PersonOut | None
    resolved: ResolvedOut | None
    created_at: datetime
    revision: int


class RemarksOut(Schema):
    results: list[RemarkOut]
    revision: int


class MessageOut(Schema):
    id: UUID
    conversation: UUID
    parent: UUID | None
    role: Literal["user", "assistant"]
    author: PersonOut | None
    for_people: bool
    """True for a person's message that no model was asked."""
    asked_by: UUID | None = None
    """The person for whom a reply is written; null for a person's message."""
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
    """The parameters, or `image`, `file` or `replies`, not sent as they were set; `sent` is null if left out."""
    prompt: PromptSource | None = None
    """The kept prompt from which a question came, as it was then."""
    assistant: AssistantNote | None = None
    """The assistant that a reply was asked of, as it was then."""
    verified: VerifiedOut | None
    """The person who vouches for a reply; null for nobody."""
    created_at: datetime


class MessagePage(Schema):
    results: list[MessageOut]
    next: UUID | None
    revision: int


class EstimateIn(Schema):
    conversation: UUID | None = None
    parent: UUID | None = None
    team: UUID | None = None
    assistant: UUID | None = None
    """Without it the conversation's is asked; with null, none is."""
    models: list[UUID] = Field([], max_length=MAX_MODELS)
    text: str = Field("", max_length=MAX_TEXT_LENGTH)
    files: list[UUID] = Field([], max_length=MAX_FILES)


class BudgetOut(Schema):
    kind: Literal["person", "team", "model", "key"]
    period: Literal["day", "month"]
    limit: int | None
    left: int | None
    warns: bool


class FileEstimateOut(Schema):
    id: UUID
    form: Literal["native", "text", "pictures", "either", "name"]
    """Its bytes, its text, one of them by the model or its vendor, or only its name."""
    tokens: int
    """The most that one model gets."""
    cost: int
    """Of all models together."""


class EstimateOut(Schema):
    """Amounts are millionths of the currency; tokens and cost are of all models together."""

    currency: str
    input_tokens: int
    output_tokens: int
    cost: int
    """The most that is expected, which is set aside in the budgets."""
    likely_cost: int | None
    """By the lengths of the last answers in this conversation; null before there are any."""
    window_share: float | None
    folds_at: float
    """The share from which on what is above is folded."""
    """The share of the smallest known context window that this takes. From 0.8 on, the oldest replies are left out."""
    budgets: list[BudgetOut]
    files: list[FileEstimateOut]


class RefusalOut(ErrorOut):
    field: str = ""
    """The one field that the refusal is about, if any."""


class Failure(Schema):
    error: RefusalOut


MAX_PAGES = 10_000
"""The last row that a list by numbers reaches."""


def start_of(cursor: str) -> int:
    """Return the number of the first row of a page; refuses what no page before has named."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 6 and int(cursor) <= MAX_PAGES):
        raise Refused("bad_field", "“cursor” must be the “next” of a page before.")
    return int(cursor)
