"""Access to rows; absent and forbidden rows are refused alike.

Access for writing is checked on locked rows. So until the transaction ends, no member is removed and no conversation
moved. SQLite has one writer at a time and needs no locks.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Q

from conversations.errors import NotFound, Refused
from conversations.models import Conversation, Membership, Message, Project, Team, User
from conversations.models.conversation import ConversationQuerySet
from conversations.models.message import MessageQuerySet, Role
from conversations.models.projects.project import ProjectQuerySet
from providers.prepared_queries import Prepared

Judge = Callable[[UUID, UUID], Sequence[Conversation]]
"""Returns the conversation with this id if it is among those of a rule for this person."""


def visible(user: User, conversation_id: UUID) -> Conversation:
    return _found(_VISIBLE(user.pk, conversation_id))


def writable(user: User, conversation_id: UUID) -> Conversation:
    return _found(_WRITABLE(user.pk, conversation_id))


def to_write_in(user: User, conversation_id: UUID) -> Conversation:
    """Return a conversation like `writable`, locked until the surrounding transaction ends."""
    return _kept(user, _found(_TO_WRITE_IN(user.pk, conversation_id)), _WRITABLE)


def to_arrange(user: User, conversation_id: UUID) -> Conversation:
    """Return a conversation that this person may read, locked until the surrounding transaction ends."""
    rows = _with_audience(Conversation.objects.visible_to(user).filter(pk=conversation_id))
    return _kept(user, _found(list(_locked(rows))), _VISIBLE)


def to_decide_on(user: User, conversation_id: UUID) -> Conversation:
    """Return a conversation whose readers this person decides, locked until the surrounding transaction ends."""
    return _to_end(user, Conversation.objects.decided_by(user), conversation_id)


def to_restore(user: User, conversation_id: UUID) -> Conversation:
    """Return a conversation in the bin that this person may restore, locked until the transaction ends."""
    return _to_end(user, Conversation.objects.restorable_by(user), conversation_id)


def to_end(user: User, conversation_id: UUID) -> Conversation:
    """Return a conversation on which this person decides, in the bin or not, locked until the transaction ends."""
    return _to_end(user, Conversation.objects.endable_by(user), conversation_id)


def team_to_write_in(user: User, team_id: UUID) -> Team:
    """Return a team in which this person writes, and lock the membership until the transaction ends."""
    places = Membership.objects.filter(user=user, team=team_id, role__in=Membership.WRITERS)
    place = places.select_related("team").select_for_update(of=("self",), no_key=True).first()
    if place is None:
        raise NotFound
    return place.team


def project_to_write_in(user: User, project_id: UUID) -> Project:
    """Return a project in which this person writes, locked until the transaction ends with the person's place."""
    project = _project(Project.objects.writable_by(user), project_id)
    if project.team_id is not None:
        project.team = team_to_write_in(user, project.team_id)
    if project.archived:
        raise Refused("conflict", "This project is in the archive: take it out first.", "archived")
    return project


def project_to_decide_on(user: User, project_id: UUID) -> Project:
    """Return a project on which this person decides, locked until the surrounding transaction ends."""
    project = _project(Project.objects.decided_by(user), project_id)
    if project.team_id is not None:
        project.team = team_to_write_in(user, project.team_id)
    return project


def _project(rows: ProjectQuerySet, project_id: UUID) -> Project:
    """Lock the project, and return it if it is among these rows; they are asked again behind the lock."""
    Project.objects.select_for_update(no_key=True).filter(pk=project_id).first()
    project = rows.filter(pk=project_id).first()
    if project is None:
        raise NotFound
    return project


def conversation_of(message_id: UUID) -> UUID:
    """Return the id of a message's conversation. No access check: callers make it."""
    found = Message.objects.filter(pk=message_id).values_list("conversation", flat=True).first()
    if found is None:
        raise NotFound
    return found


def visible_message(user: User, message_id: UUID) -> Message:
    """Return a message that this person may read, and lock its conversation until the transaction ends."""
    return _message(user, _VISIBLE_MESSAGE, message_id, _VISIBLE)


def writable_message(user: User, message_id: UUID) -> Message:
    """Return a message where `user` may write, and lock its conversation until the transaction ends."""
    return _message(user, _WRITABLE_MESSAGE, message_id, _WRITABLE)


def writable_question(user: User, message_id: UUID) -> Message:
    """Return a person's message where `user` may write, and lock its conversation until the transaction ends."""
    return _message(user, _WRITABLE_QUESTION, message_id, _WRITABLE)


def writable_reply(user: User, message_id: UUID) -> Message:
    """Return a model's message where `user` may write, and lock its conversation until the transaction ends."""
    return _message(user, _WRITABLE_REPLY, message_id, _WRITABLE)


def message_to_remark_on(user: User, message_id: UUID) -> Message:
    """Return a message on which `user` may remark, and lock its conversation until the transaction ends."""
    return _message(user, _TO_REMARK_ON, message_id, _OPEN_TO_REMARKS)


def writable_turn(user: User, message_id: UUID) -> Message:
    """Return a reply, or a message for people, where `user` may write; locks its conversation."""
    return _message(user, _WRITABLE_TURN, message_id, _WRITABLE)


_VISIBLE = Prepared(lambda user, key: _with_audience(Conversation.objects.visible_to(user).filter(pk=key)))
_WRITABLE = Prepared(lambda user, key: _with_audience(Conversation.objects.writable_by(user).filter(pk=key)))
_OPEN_TO_REMARKS = Prepared(lambda user, key: Conversation.objects.open_to_remarks_of(user).filter(pk=key))
_TO_WRITE_IN = Prepared(
    lambda user, key: _locked(_with_audience(Conversation.objects.writable_by(user).filter(pk=key)))
)


def _with_audience(rows: ConversationQuerySet) -> ConversationQuerySet:
    return rows.select_related("team", "project", "owner").defer("project__instructions")


def _locked(rows: ConversationQuerySet) -> ConversationQuerySet:
    return rows.select_for_update(of=("self",), no_key=True)


def _found(rows: Sequence[Conversation]) -> Conversation:
    if not rows:
        raise NotFound
    return rows[0]


def _message(user: User, rows: "Prepared[Message]", key: UUID, judge: Judge) -> Message:
    found = rows.one(user.pk, key)
    if found is None:
        raise NotFound
    _kept(user, found.conversation, judge)
    return found


def _visible_message(user: UUID, key: UUID) -> MessageQuerySet:
    return _with_locked(Message.objects.visible_to(User(pk=user)), key)


def _writable_message(user: UUID, key: UUID) -> MessageQuerySet:
    return _with_locked(Message.objects.writable_by(User(pk=user)), key)


def _to_remark_on(user: UUID, key: UUID) -> MessageQuerySet:
    return _with_locked(Message.objects.in_conversations(Conversation.objects.open_to_remarks_of(User(pk=user))), key)


def _with_locked(rows: MessageQuerySet, key: UUID) -> MessageQuerySet:
    rows = rows.select_related("conversation__team", "conversation__project", "conversation__owner", "parent")
    rows = rows.filter(conversation__deleted_at=None)  # of the locked row: it may have been deleted meanwhile
    return rows.select_for_update(of=("conversation",), no_key=True).filter(pk=key)


_VISIBLE_MESSAGE, _WRITABLE_MESSAGE = Prepared(_visible_message), Prepared(_writable_message)
_WRITABLE_QUESTION = Prepared(lambda user, key: _writable_message(user, key).filter(role=Role.USER))
_WRITABLE_REPLY = Prepared(lambda user, key: _writable_message(user, key).filter(role=Role.ASSISTANT))
_WRITABLE_TURN = Prepared(
    lambda user, key: _writable_message(user, key).filter(Q(role=Role.ASSISTANT) | Q(for_people=True))
)
_TO_REMARK_ON = Prepared(_to_remark_on)


def _to_end(user: User, rows: ConversationQuerySet, conversation_id: UUID) -> Conversation:
    found = _found(list(_locked(_with_audience(rows.filter(pk=conversation_id)))))
    return _kept(user, found, lambda _user, key: list(rows.filter(pk=key)))


def _kept(user: User, conversation: Conversation, judge: Judge) -> Conversation:
    """Check access again: while the lock was awaited, the membership may have ended or the conversation moved.

    The place in the team stays from here on; guests are named and removed under the conversation's own lock.
    """
    if not connection.features.has_select_for_update:
        return conversation
    if conversation.team_id is not None or conversation.has_guests:
        granted = conversation.team_grants.values("team") if conversation.has_guests else ()
        places = Membership.objects.filter(Q(team=conversation.team_id) | Q(team__in=granted), user=user)
        list(places.select_for_update(no_key=True).values_list("pk"))
    if not judge(user.pk, conversation.pk):
        raise NotFound
    if conversation.project_id != (conversation.project and conversation.project.pk):
        conversation._state.fields_cache.pop("project", None)
    if conversation.team_id != (conversation.team and conversation.team.pk):
        conversation._state.fields_cache.pop("team", None)  # the team before the move
    return conversation
