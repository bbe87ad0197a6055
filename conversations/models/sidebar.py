"""The list of conversations, newest first, and cursors for its pages."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, FilteredRelation, OuterRef, Q
from django.db.models.functions import Coalesce

from conversations.errors import Refused
from conversations.models.conversation import Conversation, ConversationQuerySet
from conversations.models.message import Message
from conversations.models.people import Membership, User
from conversations.models.personal.mention import Mention
from conversations.models.personal.read_state import ReadMark
from providers.prepared_queries import Prepared


def sidebar(rows: ConversationQuerySet, user: User) -> ConversationQuerySet:
    """Annotate each conversation with its state for this person, as `is_…`, newest first."""
    read = ReadMark.objects.filter(user=user, conversation=OuterRef("pk"), revision__gte=OuterRef("revision"))
    streaming = Message.objects.under_way().filter(conversation=OuterRef("pk"))
    seen = {"is_streaming": Exists(streaming), "is_unread": ~Exists(read)}
    seen["is_led"] = Exists(Membership.objects.leads().filter(user=user, team=OuterRef("team")))
    rules = {"is_writable": rows.where_writes(user), "is_decided": rows.where_decides(user)}
    judged = {name: ExpressionWrapper(condition, BooleanField()) for name, condition in rules.items()}
    seen["is_mentioned"] = Exists(Mention.objects.unread().filter(person=user, conversation=OuterRef("pk")))
    rows = placed(rows.select_related("team", "project", "owner", "model").defer("project__instructions"), user)
    return rows.annotate(**seen, **judged)


def one_listed(user: User, key: UUID) -> Conversation | None:
    """Return this conversation as the person's list shows it, or None if they may not read it."""
    return _LISTED.one(user.pk, key)


def _listed(person: UUID, key: UUID) -> ConversationQuerySet:
    user = User(pk=person)
    return sidebar(Conversation.objects.visible_to(user), user).filter(pk=key)


_LISTED = Prepared(_listed)


def placed(rows: ConversationQuerySet, user: User) -> ConversationQuerySet:
    """Annotate what tells each conversation's section in this person's list, newest first."""
    named = rows.where_named(user) & ~rows.where_placed(user)
    rows = arranged(rows, user).annotate(is_named=ExpressionWrapper(named, BooleanField()))
    return rows.order_by("-updated_at", "-id")


def first(rows: ConversationQuerySet, most: int) -> list[Conversation]:
    """Return the first rows, found without their annotations: a database computes those of all before it sorts."""
    found = list(rows.values_list("pk", flat=True)[:most])
    return list(rows.filter(pk__in=found))


def archived_by(user: User) -> ConversationQuerySet:
    """Return the conversations in this person's archive."""
    return sidebar(Conversation.objects.visible_to(user), user).filter(Q(is_archived=True))


def in_bin(user: User) -> ConversationQuerySet:
    """Return the conversations in the bin that this person may restore, the last one deleted first, with `is_held`."""
    rows = sidebar(Conversation.objects.restorable_by(user), user).select_related("deleted_by")
    rows = rows.annotate(is_held=~Exists(Conversation.objects.not_held().filter(pk=OuterRef("pk"))))
    return rows.order_by("-deleted_at", "-id")


def arranged(rows: ConversationQuerySet, user: User) -> ConversationQuerySet:
    """Annotate `is_pinned`, `is_muted` and `is_archived`; what is archived returns with news, unless it is muted."""
    news = Message.objects.filter(conversation=OuterRef("pk"), revision__gt=OuterRef("own__archived_at"))
    archived = Q(own__archived_at__isnull=False) & (Q(own__muted=True) | ~Exists(news))
    return rows.annotate(
        own=FilteredRelation("arrangements", condition=Q(arrangements__user=user)),
        is_pinned=Coalesce("own__pinned", False),
        is_muted=Coalesce("own__muted", False),
        is_archived=ExpressionWrapper(archived, BooleanField()),
    )


def cursor_of(row: Conversation, order: str = "updated_at") -> str:
    """Return the position after this row, as a text for a URL; rows are listed by the time `order`."""
    return urlsafe_b64encode(f"{getattr(row, order).isoformat()} {row.id}".encode()).decode()


def after(rows: ConversationQuerySet, cursor: str | None, order: str = "updated_at") -> ConversationQuerySet:
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
    return rows.filter(Q(**{f"{order}__lt": last}) | Q(**{order: last, "pk__lt": row_id}))
