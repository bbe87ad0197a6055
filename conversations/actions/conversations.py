"""Actions on conversations: create, change, arrange and move them, read marks, typing."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from conversations.actions.access import (
    project_to_write_in,
    team_to_write_in,
    to_arrange,
    to_decide_on,
    to_write_in,
    visible,
    writable,
)
from conversations.actions.shared_place import keep_place
from conversations.errors import Held, NotFound
from conversations.live import events
from conversations.models import Arrangement, Conversation, Mention, Message, Notification, ReadMark, User
from conversations.models.sidebar import sidebar
from conversations.search import indexing
from conversations.usage import quotas
from providers.audit import log
from providers.audit.log import Act


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


def change_conversation(user: User, conversation_id: UUID, **changed: Any) -> Conversation:
    with transaction.atomic():
        conversation = to_write_in(user, conversation_id)
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


def move_conversation(user: User, conversation_id: UUID, team_id: UUID | None) -> None:
    """Move a conversation to a team in which this person may write, or (None) to its owner alone.

    Only its owner or, in a team, a lead may do so. People who lose it are told that it is gone. Raises Held where the
    team's legal hold would no longer keep it.
    """
    with transaction.atomic():
        conversation = to_decide_on(user, conversation_id)
        team = None if team_id is None else team_to_write_in(user, team_id)
        if conversation.team_id == team_id:
            return
        if conversation.team and conversation.team.legal_hold:
            raise Held("moved")
        before, old = set(conversation.audience_ids()), conversation.team_name
        leaf = Message.objects.leaf_for(user, conversation)
        revision = conversation.advance(1, team=team, project=None)
        keep_place(user, conversation, leaf)
        indexing.move(conversation)
        log.note(user, Act.CHANGED, conversation, name="", before={"team": old}, after={"team": team})
        lost = before - set(conversation.audience_ids())
        transaction.on_commit(lambda: events.conversation_gone(conversation_id, revision, lost))
        transaction.on_commit(lambda: events.conversation_updated(conversation, revision))


def move_to_project(user: User, conversation_id: UUID, project_id: UUID | None) -> None:
    """Move a conversation into a project, or (None) out of its project, in one act.

    It comes to the project's team or owner. Where that changes its readers, the mover must be one who decides on it.
    Raises Held where the team's legal hold would no longer keep it.
    """
    with transaction.atomic():
        project = None if project_id is None else project_to_write_in(user, project_id)
        conversation = to_write_in(user, conversation_id)
        if conversation.project_id == project_id:
            return
        team = project.team if project else conversation.team
        is_narrow = any(one is not None and one.is_narrow for one in (project, conversation.project))
        moves_away = (team and team.pk) != conversation.team_id
        if is_narrow or moves_away:
            conversation = to_decide_on(user, conversation_id)
        if project and team is None and project.owner_id != conversation.owner_id:
            raise NotFound
        if moves_away and conversation.team and conversation.team.legal_hold:
            raise Held("moved")
        before, old = set(conversation.audience_ids()), conversation.team_name
        leaf = Message.objects.leaf_for(user, conversation)
        revision = conversation.advance(1, moves_up=moves_away, team=team, project=project)
        if moves_away:
            keep_place(user, conversation, leaf)
            indexing.move(conversation)
        after = set(conversation.audience_ids())
        if before != after:
            told = {"team": conversation.team, "project": project}
            log.note(user, Act.CHANGED, conversation, name="", before={"team": old}, after=told)
        transaction.on_commit(lambda: events.conversation_gone(conversation_id, revision, before - after))
        transaction.on_commit(lambda: events.conversation_updated(conversation, revision))


def mark_read(user: User, conversation_id: UUID, revision: int, *, leaves_unseen: bool = False) -> None:
    """Note that this person has learnt of all changes up to `revision`, perhaps without seeing those elsewhere."""
    conversation = visible(user, conversation_id)
    seen = min(revision, conversation.revision)
    is_mentioned = conversation.team_id is not None and _mentions(user, conversation).exists()
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
