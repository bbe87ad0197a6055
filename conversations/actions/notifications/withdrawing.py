"""Withdrawal of what people were told, or would be, once it is no longer so."""

from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from conversations.live import events
from conversations.models import Delivery, Message, Notification


def withdraw(message: Message, key: str, *, of: UUID | None = None, but_of: UUID | None = None) -> None:
    """Delete what waits or is unread under keys that begin so: of everybody, one person, or all but one.

    What they have read stays in their lists.
    """
    about = {"message": message.pk, "key__startswith": key}
    rows, waiting = Notification.objects.unread().filter(**about), Delivery.objects.waiting().filter(**about)
    if of is not None:
        rows, waiting = rows.filter(person=of), waiting.filter(target__person=of)
    if but_of is not None:
        rows = rows.exclude(person=but_of)
        waiting = waiting.exclude(Q(target__person=but_of) | Q(target__person=None))
    waiting.delete()
    for row in rows.select_related("person"):
        transaction.on_commit(partial(events.notifications_read, row.person))
    rows.delete()
