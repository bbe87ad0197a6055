"""The list of conversations, newest first: its search, and cursors for its pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from conversations.errors import Refused
from conversations.models.conversation import Conversation, ConversationQuerySet
from conversations.models.message import Message
from conversations.models.people import Membership, User
from conversations.models.personal.read_state import ReadMark


def sidebar(rows: ConversationQuerySet, user: User) -> ConversationQuerySet:
    """Annotate `is_streaming`, `is_unread`, `is_writable` and `is_led` as this person sees them, newest first."""
    read = ReadMark.objects.filter(user=user, conversation=OuterRef("pk"), revision__gte=OuterRef("revision"))
    streaming = Message.objects.under_way().filter(conversation=OuterRef("pk"))
    writer = Membership.objects.filter(user=user, team=OuterRef("team"), role__in=Membership.WRITERS)
    seen = {"is_streaming": Exists(streaming), "is_unread": ~Exists(read), "is_writable": Exists(writer)}
    led = Exists(writer.filter(role=Membership.Role.LEAD))
    return rows.select_related("team", "owner", "model").annotate(**seen, is_led=led).order_by("-updated_at", "-id")


def matching(rows: ConversationQuerySet, words: str) -> ConversationQuerySet:
    """Return the conversations with these words in their title or in a message."""
    messages = Message.objects.filter(conversation=OuterRef("pk"), text__icontains=words)
    return rows.filter(Q(title__icontains=words) | Exists(messages))


def cursor_of(row: Conversation) -> str:
    """Return the position after this row, as a text for a URL."""
    return urlsafe_b64encode(f"{row.updated_at.isoformat()} {row.id}".encode()).decode()


def after(rows: ConversationQuerySet, cursor: str | None) -> ConversationQuerySet:
    """Return the rows after the cursor; refuses a malformed one with bad_field."""
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
