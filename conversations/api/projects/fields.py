"""A project as the HTTP API shows it."""

from typing import Any

from conversations.files import storage
from conversations.models import File, Project, User


def project_json(project: Project, reader: User) -> dict[str, Any]:
    """Return a project as this person, who may read it, sees it."""
    files = File.objects.filter(project_places__project=project).order_by("project_places")
    places = project.readers().select_related("user") if project.is_narrow else None
    return {
        "id": project.id,
        "name": project.name,
        "team": {"id": project.team.id, "name": project.team.name} if project.team else None,
        "owner": _person(project.owner),
        "members": None if places is None else [_person(place.user) for place in places],
        "instructions": project.instructions,
        "version": project.version,
        "model": project.model_id,
        "parameters": project.parameters,
        "links": project.links,
        "files": [storage.file_json(file) for file in files],
        "archived": project.archived,
        "write": Project.objects.writable_by(reader).filter(pk=project.pk).exists(),
        "decide": Project.objects.decided_by(reader).filter(pk=project.pk).exists(),
    }


def _person(person: User) -> dict[str, Any]:
    return {"id": person.id, "name": person.name}
