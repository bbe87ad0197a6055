"""Moves of a conversation to a team or project, or to its owner alone."""

from uuid import UUID

from django.db import transaction

from conversations.actions.access import project_to_write_in, team_to_write_in, to_decide_on, to_write_in
from conversations.actions.audience.shared_place import keep_place
from conversations.errors import Held, NotFound
from conversations.live import events
from conversations.models import Message, ReadMark, User
from conversations.search import indexing
from providers.audit import log
from providers.audit.log import Act


def move_conversation(user: User, conversation_id: UUID, team_id: UUID | None) -> None:
    """Move a conversation to a team in which this person may write, or (None) to its owner alone.

    Only its owner or, in a team, a lead may do so. Whoever loses it is told that it is gone. That includes
    its guests, who were named beside other readers. Raises Held where the team's legal hold would no longer keep it.
    """
    with transaction.atomic():
        conversation = to_decide_on(user, conversation_id)
        team = None if team_id is None else team_to_write_in(user, team_id)
        if conversation.team_id == team_id and (team_id is not None or not conversation.has_guests):
            return
        if conversation.team and conversation.team.legal_hold:
            raise Held("moved")
        before, old = set(conversation.audience_ids()), conversation.team_name
        leaf = Message.objects.leaf_for(user, conversation)
        conversation.forget_names()
        revision = conversation.advance(1, team=team, project=None, has_guests=False)
        ReadMark.objects.keep_up(conversation)
        keep_place(user, conversation, leaf)
        indexing.move(conversation)
        log.note(user, Act.CHANGED, conversation, name="", before={"team": old}, after={"team": team})
        lost = before - set(conversation.audience_ids())
        transaction.on_commit(lambda: events.conversation_gone(conversation_id, revision, lost))
        transaction.on_commit(lambda: events.conversation_updated(conversation, revision))


def move_to_project(user: User, conversation_id: UUID, project_id: UUID | None) -> None:
    """Move a conversation into a project, or (None) out of its project, in one act.

    It comes to the project's team or owner. Where that changes its readers, the mover must be one who decides on it,
    and its guests lose it. Raises Held where the team's legal hold would no longer keep it.
    """
    with transaction.atomic():
        project = None if project_id is None else project_to_write_in(user, project_id)
        conversation = to_write_in(user, conversation_id)
        if conversation.project_id == project_id:
            return
        team = project.team if project else conversation.team
        is_narrow = any(one is not None and one.is_narrow for one in (project, conversation.project))
        moves_away = (team and team.pk) != conversation.team_id
        if is_narrow or moves_away or conversation.team is None:
            conversation = to_decide_on(user, conversation_id)
        if project and team is None and project.owner_id != conversation.owner_id:
            raise NotFound
        if moves_away and conversation.team and conversation.team.legal_hold:
            raise Held("moved")
        before, old = set(conversation.audience_ids()), conversation.team_name
        leaf = Message.objects.leaf_for(user, conversation)
        kept = {}
        if is_narrow or moves_away:
            conversation.forget_names()
            kept["has_guests"] = False
        revision = conversation.advance(1, moves_up=moves_away, team=team, project=project, **kept)
        ReadMark.objects.keep_up(conversation)
        if moves_away:
            keep_place(user, conversation, leaf)
            indexing.move(conversation)
        after = set(conversation.audience_ids())
        if before != after:
            told = {"team": conversation.team, "project": project}
            log.note(user, Act.CHANGED, conversation, name="", before={"team": old}, after=told)
        transaction.on_commit(lambda: events.conversation_gone(conversation_id, revision, before - after))
        transaction.on_commit(lambda: events.conversation_updated(conversation, revision))
