"""Pages of conversations, newest first: a cursor is the place of the last row, so new ones do not shift the pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from conversations.errors import Refused
from conversations.models import Conversation
from conversations.models.conversation import ConversationQuerySet


def cursor_of(row: Conversation) -> str:
    """The place behind this row, as a text for a URL."""
    return urlsafe_b64encode(f"{row.updated_at.isoformat()} {row.id}".encode()).decode()


def after(rows: ConversationQuerySet, cursor: str | None) -> ConversationQuerySet:
    """The rows behind the cursor; refuses one that is not ours."""
    if not cursor:
        return rows
    try:
        moment, key = urlsafe_b64decode(cursor).decode().split(" ")
        last, row_id = datetime.fromisoformat(moment), UUID(key)
        if last.utcoffset() != timedelta(0):
            raise ValueError
    except ValueError:
        raise Refused("bad_field", "“cursor” is not one of ours.") from None
    return rows.filter(Q(updated_at__lt=last) | Q(updated_at=last, pk__lt=row_id))
