"""The projects of the sidebar: teams, their projects, the newest conversations of each."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q

from conversations.models.conversation import Conversation
from conversations.models.people import User
from conversations.models.personal.read_state import ReadMark
from conversations.models.projects.project import Project, ProjectQuerySet
from conversations.models.sidebar import arranged
from providers.prepared_queries import Prepared

MOST_ROWS, MOST_OF_ALL = 5, 300
"""Conversations that are listed of each project, and among how many of the newest they are looked for."""


@dataclass(frozen=True, slots=True)
class ListedProject:
    """A project with its newest conversations, and how many of all have news for the person."""

    project: Project
    unread: int
    rows: list[Conversation] = field(default_factory=list)


def in_sidebar(person: User) -> list[tuple[str, list[ListedProject]]]:
    """Return the person's projects by the name of their team, their own first; archived ones are left out."""
    listed = _LISTED(person.pk)
    if not listed:
        return []
    read = ReadMark.objects.filter(user=person, conversation=OuterRef("pk"), revision__gte=OuterRef("revision"))
    seen = arranged(Conversation.objects.visible_to(person).filter(project__in=listed), person)
    seen = seen.filter(Q(is_archived=False)).annotate(is_unread=~Exists(read))
    news = seen.filter(Q(is_unread=True, is_muted=False)).order_by().values("project").annotate(count=Count("pk"))
    counts = {row["project"]: row["count"] for row in news}
    rows = defaultdict(list)
    for conversation in seen.order_by("-updated_at", "-pk")[:MOST_OF_ALL]:
        rows[conversation.project_id].append(conversation)
    found = [ListedProject(one, counts.get(one.pk, 0), rows[one.pk][:MOST_ROWS]) for one in listed]
    return [(name, list(group)) for name, group in groupby(sorted(found, key=_team), _team)]


def _listed(person: UUID) -> ProjectQuerySet:
    return Project.objects.visible_to(User(pk=person)).listed()


_LISTED = Prepared(_listed)


def _team(one: ListedProject) -> str:
    return one.project.team.name if one.project.team else ""
