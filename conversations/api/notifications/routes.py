"""The notifications of a person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from conversations.accounts.signed_in import person_of
from conversations.api.schemas import Failure, PersonOut, TeamOut
from conversations.live import events
from conversations.models import Notification
from conversations.models.notifications.notification import count_unread

router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 413, 429}): Failure}
MAX_PAGE = 50


class NotificationOut(Schema):
    id: UUID
    kind: str
    conversation: UUID | None
    message: UUID | None
    title: str
    """The title of the conversation now."""
    team: TeamOut | None
    person: PersonOut | None
    """The person who did it."""
    subject: str
    """The model that replied, or the key, endpoint or budget that it is about."""
    created_at: datetime
    read: bool


class NotificationsOut(Schema):
    results: list[NotificationOut]
    unread: int
    next: UUID | None
    """The `before` of the next page."""


@router.get("/notifications", response={200: NotificationsOut, **_ERRORS})
def notifications(request: HttpRequest, before: UUID | None = None, limit: int = MAX_PAGE) -> dict[str, Any]:
    """Return the notifications of what the person may still read, newest first, and how many are unread."""
    rows = Notification.objects.of(person_of(request))
    size = max(1, min(limit, MAX_PAGE))
    newest = rows.listed()
    page = list((newest.filter(pk__lt=before) if before else newest)[: size + 1])
    return {
        "results": [events.notification_json(row) for row in page[:size]],
        "unread": count_unread(person_of(request)),
        "next": page[size - 1].pk if len(page) > size else None,
    }
