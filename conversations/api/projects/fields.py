"""A project as the HTTP API shows it."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from conversations.files import storage
from conversations.models import Project, ProjectFile, ProjectMember, User


def project_json(project: Project, reader: User) -> dict[str, Any]:
    """Return a project as this person, who may read it, sees it."""
    return projects_json([project], reader)[0]


def projects_json(projects: Collection[Project], reader: User) -> list[dict[str, Any]]:
    """Return projects as this person, who may read all of them, sees them; in four queries."""
    own = Project.objects.filter(pk__in=[project.pk for project in projects])
    files: dict[UUID, list[Any]] = defaultdict(list)
    for held in ProjectFile.objects.filter(project__in=own).select_related("file"):
        files[held.project_id].append({**storage.file_json(held.file), "looked_up": held.looked_up})
    members: dict[UUID, list[Any]] = defaultdict(list)
    for place in ProjectMember.objects.filter(project__in=own).select_related("membership__user").order_by("pk"):
        members[place.project_id].append(_person(place.membership.user))
    writable, decided = (
        set(rows.filter(pk__in=own.values("pk")).values_list("pk", flat=True))
        for rows in (Project.objects.writable_by(reader), Project.objects.decided_by(reader))
    )
    return [
        {
            "id": project.id,
            "name": project.name,
            "team": {"id": project.team.id, "name": project.team.name} if project.team else None,
            "owner": _person(project.owner),
            "members": members[project.pk] if project.is_narrow else None,
            "instructions": project.instructions,
            "version": project.version,
            "model": project.model_id,
            "parameters": project.parameters,
            "links": project.links,
            "files": files[project.pk],
            "archived": project.archived,
            "write": project.pk in writable,
            "decide": project.pk in decided,
        }
        for project in projects
    ]


def _person(person: User) -> dict[str, Any]:
    return {"id": person.id, "name": person.name}
