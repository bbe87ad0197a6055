"""Notifications are read, one or all of them."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from conversations.errors import NotFound
from conversations.live import events
from conversations.models import Notification, User
from conversations.models.notifications.notification import count_unread


def read_notifications(user: User, notification: UUID | None = None) -> dict[str, int]:
    """Mark one of the person's notifications, or all, as read on all their pages; return how many are unread."""
    rows = Notification.objects.of(user)
    if notification is not None:
        rows = rows.filter(pk=notification)
        if not rows.exists():
            raise NotFound
    if rows.unread().update(read_at=timezone.now()):
        transaction.on_commit(lambda: events.notifications_read(user))
    return {"unread": count_unread(user)}
