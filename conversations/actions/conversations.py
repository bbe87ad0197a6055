"""Actions on conversations: create, change and arrange them, read marks, typing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from conversations.actions.access import (
    project_to_write_in,
    team_to_write_in,
    to_arrange,
    to_write_in,
    visible,
    writable,
)
from conversations.errors import NotFound
from conversations.live import events
from conversations.models import Arrangement, Conversation, Mention, Notification, ReadMark, User
from conversations.models.sidebar import sidebar
from conversations.protocol import seen as shown
from conversations.search import indexing
from conversations.usage import quotas


def create_conversation(user: User, **fields: Any) -> Conversation:
    """Create an empty conversation, private or with the defaults of a `team` or `project` where the person writes."""
    quotas.check_conversations(user)
    with transaction.atomic():
        if project := fields.get("project"):
            project = project_to_write_in(user, project.pk)
            fields = {**project.defaults(), **fields, "team": project.team, "project": project}
        elif team := fields.get("team"):
            fields = {**team.defaults(), **fields, "team": team_to_write_in(user, team.pk)}
        conversation = Conversation.objects.create(owner=user, revision=1, **fields)
        ReadMark.objects.create(user=user, conversation=conversation, revision=1)
        if conversation.title:
            indexing.set_title(conversation)
        transaction.on_commit(lambda: events.conversation_updated(conversation, 1))
    return conversation


def change_conversation(
    user: User, conversation_id: UUID, *, seen: Mapping[str, str] | None = None, **changed: Any
) -> Conversation:
    """Change a conversation's title, model or parameters.

    With `seen`, digests of what the writer was shown, fields that they left as they were keep others' changes.
    """
    with transaction.atomic():
        conversation = to_write_in(user, conversation_id)
        if seen:
            changed = shown.changed(seen, {name: getattr(conversation, name) for name in changed}, changed)
        if not changed:
            return conversation
        revision = conversation.advance(1, **changed)
        if "title" in changed:
            indexing.set_title(conversation)
        transaction.on_commit(lambda: events.conversation_updated(conversation, revision))
    return conversation


def arrange_conversation(user: User, conversation_id: UUID, *, unread: bool | None = None, **changed: bool) -> None:
    """Set a conversation's place in this person's own list: `pinned`, `archived`, `muted` or `unread`."""
    with transaction.atomic():
        conversation = to_arrange(user, conversation_id)
        if unread:
            ReadMark.objects.take_back(user, conversation)
        elif unread is not None:
            ReadMark.objects.advance(user, conversation, conversation.revision, leaves_unseen=False)
            _see(user, conversation, conversation.revision)
        if changed:
            Arrangement.objects.arrange(user, conversation, **changed)
        arranged = sidebar(Conversation.objects.filter(pk=conversation_id), user).get()
        transaction.on_commit(lambda: events.conversation_arranged(arranged, user.pk))


def mark_read(user: User, conversation_id: UUID, revision: int, *, leaves_unseen: bool = False) -> None:
    """Note that this person has learnt of all changes up to `revision`, perhaps without seeing those elsewhere."""
    conversation = visible(user, conversation_id)
    seen = min(revision, conversation.revision)
    is_mentioned = not conversation.is_private and _mentions(user, conversation).exists()
    try:
        ReadMark.objects.advance(user, conversation, seen, leaves_unseen=leaves_unseen)
    except IntegrityError:  # it was deleted for good meanwhile
        raise NotFound from None
    if not leaves_unseen:
        _see(user, conversation, seen)
    if is_mentioned and not _mentions(user, conversation).exists():
        _tell_of_reading(user, conversation_id)


def _see(user: User, conversation: Conversation, revision: int) -> None:
    """Mark the person's notifications of what they have seen as read, on all their pages."""
    if Notification.objects.see(user, conversation, revision):
        transaction.on_commit(lambda: events.notifications_read(user))


def _mentions(user: User, conversation: Conversation) -> QuerySet[Mention]:
    return Mention.objects.unread().filter(person=user, conversation=conversation)


def _tell_of_reading(user: User, conversation_id: UUID) -> None:
    """Let the person's other pages know, so that none of them still calls for a mention that was read."""
    arranged = sidebar(Conversation.objects.visible_to(user).filter(pk=conversation_id), user).first()
    if arranged is not None:
        transaction.on_commit(lambda: events.conversation_arranged(arranged, user.pk))


def tell_typing(user: User, conversation_id: UUID) -> None:
    """Announce that this person is typing; raises NotFound if they may not write there."""
    events.typing(writable(user, conversation_id).id, user)


def changed_conversations(user: User, known: dict[UUID, int]) -> list[str]:
    """Return the conversations whose revision differs from the client's, or that this person lost."""
    rows = Conversation.objects.visible_to(user).filter(pk__in=list(known)).values_list("pk", "revision")
    current = dict(rows)
    return [str(key) for key, revision in known.items() if current.get(key) != revision]
