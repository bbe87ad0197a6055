"""The calls of projects: each parses, calls one action or query, and answers."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Schema, Status

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.actions.projects import files as project_files
from conversations.actions.projects.members import name_members
from conversations.api.projects.fields import project_json, projects_json
from conversations.api.projects.schemas import (
    FileChange,
    FilesIn,
    ProjectChange,
    ProjectDefaultsOut,
    ProjectIn,
    ProjectOut,
    VersionOut,
)
from conversations.api.schemas import Failure
from conversations.errors import NotFound, Refused
from conversations.models import Project, Team, User
from conversations.models.projects.project import NAME_LENGTH
from conversations.protocol.links import checked_links
from conversations.protocol.parameters import validate
from conversations.protocol.seen import digests
from conversations.text import MAX_TEXT_LENGTH, clean, lines_of, title
from conversations.usage.model_access import models_for
from providers.blank_text import is_blank
from providers.models import LanguageModel

MAX_VERSIONS = 100
router = Router()
_ERRORS = {frozenset({400, 401, 403, 404, 409, 413, 429}): Failure}


@router.get("/projects", response={200: list[ProjectOut], **_ERRORS})
def projects(request: HttpRequest, team: UUID | None = None, archived: bool = False) -> list[dict[str, Any]]:
    """List the projects that this person may read, by name; `archived` those in the archive."""
    person = person_of(request)
    rows = Project.objects.visible_to(person).filter(archived=archived, **({"team": team} if team else {}))
    return projects_json(rows.select_related("team", "owner").order_by("name", "pk"), person)


@router.post("/projects", response={201: ProjectOut, **_ERRORS})
def create_project(request: HttpRequest, given: ProjectIn) -> Status[dict[str, Any]]:
    """Create a project of one's own or, with `team`, of a team in which one writes."""
    person = person_of(request)
    team = _found(Team.objects.writable_by(person), given.team) if given.team is not None else None
    project = actions.create_project(person, team, **_fields(given, person, given.team))
    return Status(201, _shown(person, project.pk))


@router.get("/projects/{uuid:project_id}", response={200: ProjectOut, **_ERRORS})
def project(request: HttpRequest, project_id: UUID) -> dict[str, Any]:
    return _shown(person_of(request), project_id)


@router.patch("/projects/{uuid:project_id}", response={200: ProjectOut, **_ERRORS})
def change_project(request: HttpRequest, project_id: UUID, given: ProjectChange) -> dict[str, Any]:
    """Change a project; `archived` and `members` are for those who decide on it, all else for its writers."""
    person = person_of(request)
    found: Project = _found(Project.objects.writable_by(person), project_id)
    with transaction.atomic():
        if fields := _fields(given, person, found.team_id, found.model):
            seen = digests(given.seen or {})
            actions.change_project(person, project_id, over=given.version, seen=seen, **fields)
        if "members" in given.model_fields_set:
            name_members(person, project_id, given.members, seen=_seen_members(given))
    return _shown(person, project_id)


@router.delete("/projects/{uuid:project_id}", response={204: None, **_ERRORS})
def delete_project(request: HttpRequest, project_id: UUID) -> Status[None]:
    """Delete a project with its instructions and files; its conversations stay."""
    actions.delete_project(person_of(request), project_id)
    return Status(204, None)


@router.get("/projects/{uuid:project_id}/defaults", response={200: ProjectDefaultsOut, **_ERRORS})
def project_defaults(request: HttpRequest, project_id: UUID) -> dict[str, Any]:
    """Return what a project's new conversations begin with, its team's defaults below its own."""
    rows = Project.objects.visible_to(person_of(request)).select_related("team", "model")
    found: Project = _found(rows, project_id)
    defaults = found.defaults()
    model = defaults.pop("model")
    return {**defaults, "model": model and model.pk, "project": {"id": found.pk, "name": found.name}}


@router.get("/projects/{uuid:project_id}/versions", response={200: list[VersionOut], **_ERRORS})
def versions(request: HttpRequest, project_id: UUID) -> list[dict[str, Any]]:
    """List the last versions of the instructions, the newest first."""
    found: Project = _found(Project.objects.visible_to(person_of(request)), project_id)
    rows = found.versions.select_related("author").order_by("-number")[:MAX_VERSIONS]
    return [
        {
            "number": row.number,
            "text": row.text,
            "author": {"id": row.author.id, "name": row.author.name} if row.author else None,
            "created_at": row.created_at,
        }
        for row in rows
    ]


@router.post("/projects/{uuid:project_id}/files", response={200: ProjectOut, **_ERRORS})
def add_files(request: HttpRequest, project_id: UUID, given: FilesIn) -> dict[str, Any]:
    """Let uploaded files go with every question, first and in this order, or be looked up for each."""
    person = person_of(request)
    project_files.add_files(person, project_id, given.files, looked_up=given.looked_up)
    return _shown(person, project_id)


@router.patch("/projects/{uuid:project_id}/files/{uuid:file_id}", response={200: ProjectOut, **_ERRORS})
def change_file(request: HttpRequest, project_id: UUID, file_id: UUID, given: FileChange) -> dict[str, Any]:
    """Let a file be looked up for each question, or go with every one."""
    person = person_of(request)
    project_files.change_file(person, project_id, file_id, looked_up=given.looked_up)
    return _shown(person, project_id)


@router.delete("/projects/{uuid:project_id}/files/{uuid:file_id}", response={200: ProjectOut, **_ERRORS})
def remove_file(request: HttpRequest, project_id: UUID, file_id: UUID) -> dict[str, Any]:
    person = person_of(request)
    project_files.remove_file(person, project_id, file_id)
    return _shown(person, project_id)


# --- Parts of the above --------------------------------------------------------------------------------------------


def _found(rows: Any, key: UUID) -> Any:
    found = rows.filter(pk=key).first()
    if found is None:
        raise NotFound
    return found


def _shown(person: User, project_id: UUID) -> dict[str, Any]:
    rows = Project.objects.visible_to(person).select_related("team", "owner")
    return project_json(_found(rows, project_id), person)


def _fields(given: Schema, person: User, team: UUID | None, present: LanguageModel | None = None) -> dict[str, Any]:
    """Return the given fields, checked; null means unchanged. The `present` model may stay, whoever may use it."""
    asked = {name: value for name, value in given.dict(exclude_unset=True).items() if value is not None}
    asked = {name: value for name, value in asked.items() if name not in ("team", "version", "members", "seen")}
    if "name" in asked:
        asked["name"] = title(asked["name"], "name", NAME_LENGTH)
    if "instructions" in asked:
        asked["instructions"] = _instructions(asked["instructions"])
    if "model" in asked and present and asked["model"] == present.pk:
        asked["model"] = present
    elif "model" in asked:
        asked["model"] = models_for(person, team).filter(pk=asked["model"]).first()
        if asked["model"] is None:
            raise Refused("no_model", "This model is not there, or not for you.")
    if "parameters" in asked:
        asked["parameters"] = validate(asked["parameters"])
    if "links" in asked:
        asked["links"] = checked_links(asked["links"])
    return asked


def _seen_members(given: ProjectChange) -> str:
    """Return the digest of the members that the writer has read; empty where they say nothing of it."""
    if not given.seen or "members" not in given.seen:
        return ""
    members = given.seen["members"]
    return digests({"people": sorted(map(str, members)) if isinstance(members, list) else None})["people"]


def _instructions(given: str) -> str:
    text = lines_of(clean(given, "instructions"))
    if len(text) > MAX_TEXT_LENGTH:
        raise Refused("too_long", f"Instructions may have {MAX_TEXT_LENGTH:,} characters.", "instructions")
    return "" if is_blank(text) else text
