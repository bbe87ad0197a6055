"""The people for whom a team's project is: all of the team, or named members alone."""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from django.db import transaction

from conversations.actions.access import project_to_decide_on
from conversations.errors import NotFound, Refused
from conversations.live import events
from conversations.models import Conversation, Membership, Project, ProjectMember, User
from providers.audit import log


def name_members(user: User, project_id: UUID, people: Collection[UUID] | None) -> None:
    """Let these people of its team alone read the project and its conversations; None lets the whole team in.

    The person who names them is always among them. Those who lose the conversations are told that they are gone.
    """
    with transaction.atomic():
        project = project_to_decide_on(user, project_id)
        if project.team is None:
            raise Refused("conflict", "A private project has no members.")
        places = _places(project, {user.pk, *people}) if people is not None else []
        conversations = list(project.conversations.select_related("team", "project", "owner"))
        before = {one.pk: set(one.audience_ids()) for one in conversations}
        held = ProjectMember.objects.filter(project=project)
        with log.watch(user, Project.objects.filter(pk=project.pk), held):
            project.is_narrow = people is not None
            project.save(update_fields=["is_narrow"])
            held.exclude(membership__in=places).delete()
            for place in places:
                ProjectMember.objects.get_or_create(project=project, membership=place)
        for conversation in conversations:
            conversation.project = project
            _tell(conversation, before[conversation.pk])


def _places(project: Project, people: Collection[UUID]) -> list[Membership]:
    found = list(Membership.objects.filter(team=project.team_id, user__in=people))
    if len(found) < len(set(people)):
        raise NotFound
    return found


def _tell(conversation: Conversation, before: set[UUID]) -> None:
    """Advance the revision and announce the change to those who read it now, and to those who no longer do."""
    revision = conversation.advance(1, moves_up=False)
    if conversation.deleted_at is not None:
        return
    lost = before - set(conversation.audience_ids())
    transaction.on_commit(partial(events.conversation_gone, conversation.pk, revision, lost))
    transaction.on_commit(partial(events.conversation_updated, conversation, revision))
