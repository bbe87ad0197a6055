"""People's pages are told what was not read at once; a team's places, whoever has read it."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from conversations.live import events
from conversations.models import Arrangement, Conversation, Notification
from conversations.models.notifications.notification import count_unread
from conversations.notifications.routing import route

MAX_AT_ONCE = 200


def tell() -> None:
    """Tell of all that is due. Several processes may do so at once: each row is told by one of them."""
    if Notification.objects.untold().exists():
        with transaction.atomic():
            due = Notification.objects.untold().select_for_update(skip_locked=True, of=("self",))
            rows = due.select_related("person", "conversation__project", "team", "by").order_by("pk")
            _tell(list(rows[:MAX_AT_ONCE]))


def _tell(rows: Sequence[Notification]) -> None:
    now = timezone.now()
    muted = _muted(rows)
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(told_at=now)
    Notification.objects.filter(pk__in=muted).update(read_at=now)
    people = {row.person_id: row.person for row in rows if row.person.is_active and row.read_at is None}
    unread = {key: count_unread(person) for key, person in people.items()}
    told = {row.pk for row in rows if row.read_at is None and row.person_id in people} & _readable(rows) - muted
    route(rows, told)
    for row in rows:
        if row.pk in told:
            transaction.on_commit(partial(events.notification_created, row, unread[row.person_id]))


def _muted(rows: Sequence[Notification]) -> set[UUID]:
    """Return those of conversations that their person muted: the mark in the list is enough there."""
    about = {row.conversation_id for row in rows}
    places = set(Arrangement.objects.filter(muted=True, conversation__in=about).values_list("user", "conversation"))
    return {row.pk for row in rows if (row.person_id, row.conversation_id) in places}


def _readable(rows: Sequence[Notification]) -> set[UUID]:
    """Return those whose person may read now what they are about."""
    about = Conversation.objects.filter(pk__in={row.conversation_id for row in rows if row.conversation_id})
    readers = about.readers({row.person_id for row in rows})
    return {row.pk for row in rows if row.conversation_id is None or (row.conversation_id, row.person_id) in readers}
