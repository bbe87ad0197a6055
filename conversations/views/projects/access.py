"""Access to a project's pages, and the frame that all of them share."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound
from conversations.forms.kept.projects import sentence_of
from conversations.models import Project
from conversations.views.acts import Page, acting


def act(*methods: str) -> Callable[[Page], Page]:
    """Return a view of one action; a refusal is shown on the project's page."""
    return acting(methods, sentence_of, lambda places: ("project", places["project_id"]))


def own(request: HttpRequest, project_id: UUID) -> Project:
    rows = Project.objects.visible_to(person_of(request)).select_related("team", "owner", "model")
    project = rows.filter(pk=project_id).first()
    if project is None:
        raise NotFound
    return project


def written(request: HttpRequest, project_id: UUID) -> Project:
    project = Project.objects.writable_by(person_of(request)).filter(pk=project_id).first()
    if project is None:
        raise NotFound
    return project


def decided(request: HttpRequest, project_id: UUID) -> Project:
    project = Project.objects.decided_by(person_of(request)).filter(pk=project_id).first()
    if project is None:
        raise NotFound
    return project


def shown(request: HttpRequest, name: str, project: Project, more: Mapping[str, Any], status: int = 0) -> HttpResponse:
    """Render a page of the project; 422 if one of its forms has errors."""
    person = person_of(request)
    has_errors = any(getattr(form, "errors", None) for form in more.values())
    context = {
        "project": project,
        "person": person,
        "can_write": Project.objects.writable_by(person).filter(pk=project.pk).exists(),
        "can_decide": Project.objects.decided_by(person).filter(pk=project.pk).exists(),
        **more,
    }
    return render(request, f"projects/{name}.html", context, status=status or (422 if has_errors else 200))
