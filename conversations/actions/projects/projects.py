"""Projects: create, change, archive, hand over and delete them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from conversations.actions.access import project_to_decide_on, project_to_write_in, team_to_write_in
from conversations.errors import NotFound, Refused
from conversations.live import events
from conversations.models import Instructions, Message, Project, ProjectMember, ReadMark, Team, User
from conversations.protocol import seen as shown
from conversations.usage import quotas
from providers.audit import log

MAX_UNUSED = 50
"""Versions back to which even those are kept that no reply was given."""
DECIDED = frozenset(["archived"])
"""Fields that only those change who decide on the project."""


def create_project(user: User, team: Team | None = None, **fields: Any) -> Project:
    """Create a project, private or in a team in which the person writes."""
    quotas.check_projects(user)
    with transaction.atomic():
        team = team and team_to_write_in(user, team.pk)
        instructions = fields.pop("instructions", "")
        project = Project.objects.create(owner=user, team=team, **fields)
        if instructions:
            _add_version(user, project, instructions)
        if team:
            log.added(user, project)
    return project


def change_project(
    user: User, project_id: UUID, *, over: int | None = None, seen: Mapping[str, str] | None = None, **changed: Any
) -> Project:
    """Change a project's name, instructions, defaults, links, or whether it is archived.

    With `over`, the version that the writer has read, instructions that others changed meanwhile refuse the change.
    With `seen`, digests of what the writer was shown, fields that they left as they were keep others' changes.
    """
    decides = bool(DECIDED & changed.keys())
    with transaction.atomic():
        project = (project_to_decide_on if decides else project_to_write_in)(user, project_id)
        if project.archived and (changed.keys() - DECIDED) and changed.get("archived", True):
            raise Refused("conflict", "This project is in the archive: take it out first.", "archived")
        if seen:
            changed = shown.changed(seen, project.settings(), changed)
        instructions = changed.pop("instructions", project.instructions)
        with _noted(user, project):
            if instructions != project.instructions:
                if over is not None and over != project.version:
                    raise Refused("conflict", "Somebody has changed the instructions meanwhile.", "instructions")
                _add_version(user, project, instructions)
            for field, value in changed.items():
                setattr(project, field, value)
            if changed:
                project.save(update_fields=list(changed))
        if "name" in changed:
            _announce(project)
    return project


def hand_over_project(user: User, project_id: UUID, person_id: UUID) -> None:
    """Let another of its writers look after a team's project."""
    with transaction.atomic():
        project = project_to_decide_on(user, project_id)
        places = project.readers().filter(user=person_id, user__is_active=True).select_related("user")
        place = places.first()
        if place is None or not place.can_write:
            raise NotFound
        with _noted(user, project):
            project.owner = place.user
            project.save(update_fields=["owner"])


def delete_project(user: User, project_id: UUID) -> None:
    """Delete a project with its instructions; its conversations stay where they are, for the same people.

    A narrow one with conversations is refused: without it, the whole team would read them.
    """
    with transaction.atomic():
        project = project_to_decide_on(user, project_id)
        if project.is_narrow and project.conversations.exists():
            raise Refused(
                "conflict",
                "The whole team would read its conversations: move them first, or open the project.",
                "members",
            )
        for conversation in project.conversations.select_related("team", "owner"):
            revision = conversation.advance(1, moves_up=False, project=None)
            ReadMark.objects.keep_up(conversation)
            if conversation.deleted_at is None:
                transaction.on_commit(partial(events.conversation_updated, conversation, revision))
        if project.team:
            log.removed(user, project)
        project.delete()


def delete_own_projects(person: User) -> None:
    """Delete a person's private projects without an announcement: their account is being closed."""
    own = Project.objects.filter(owner=person, team=None)
    person.conversations.filter(project__in=own).update(project=None)
    own.delete()


def hand_over_places(person: User, heir: User) -> None:
    """Give an heir the places in narrow projects, and the care for projects of teams; memberships are handed over."""
    for held in ProjectMember.objects.filter(membership__user=person).select_related("membership", "project"):
        place = heir.memberships.filter(team=held.membership.team_id).first()
        if place:
            ProjectMember.objects.get_or_create(project=held.project, membership=place)
    Project.objects.filter(owner=person, team__in=heir.memberships.values("team")).update(owner=heir)


def _add_version(user: User, project: Project, text: str) -> None:
    """Store the next version, and delete old ones that no reply was given; the project's row is locked or new."""
    project.version += 1
    project.instructions = text
    Instructions.objects.create(project=project, number=project.version, text=text, author=user)
    project.save(update_fields=["version", "instructions"])
    used = Message.objects.filter(instructions=OuterRef("pk"))
    project.versions.filter(~Exists(used), number__lte=project.version - MAX_UNUSED).delete()


def _announce(project: Project) -> None:
    """Announce a new name with each conversation, whose rows show it."""
    for conversation in project.conversations.filter(deleted_at=None).select_related("team", "project", "owner"):
        revision = conversation.advance(1, moves_up=False)
        ReadMark.objects.keep_up(conversation)
        transaction.on_commit(partial(events.conversation_updated, conversation, revision))


@contextmanager
def _noted(user: User, project: Project) -> Iterator[None]:
    """Tell the audit log of changes to a team's project; what a person does alone is nobody else's."""
    if project.team_id is None:
        yield
        return
    with log.watch(user, Project.objects.filter(pk=project.pk)):
        yield
