"""The files of a project: added, looked up or sent with every question, removed, and shown at a passage."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from conversations.accounts.signed_in import person_of
from conversations.actions.projects import files
from conversations.errors import NotFound, Refused
from conversations.files import documents, storage
from conversations.forms.kept.projects import file_sentence, sentence_of
from conversations.models import Passage, Project, ProjectFile
from conversations.usage.estimates import file_tokens
from conversations.views.projects.access import act, own, shown, written

PAGE_SIZE = 40
"""Passages of a file that one page shows."""
MAX_UPLOADS = 50
"""Files that are added at once."""


@act("POST")
def add_files(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Store files, to send them always or look them up; one that is refused is told, the others come."""
    project, person = written(request, project_id), person_of(request)
    looked_up = request.POST.get("looked_up") == "1"
    given = [file for file in request.FILES.getlist("files") if isinstance(file, UploadedFile)]
    if len(given) > MAX_UPLOADS:
        raise Refused("too_long", "These are too many.", "files")
    for file in given:
        files.check_room(project, file.size or 0, looked_up=looked_up)
        try:
            kept = storage.receive(person, file.name or "", file.read())
            files.add_files(person, project_id, [kept.pk], looked_up=looked_up)
        except Refused as refusal:
            said = sentence_of(refusal) if refusal.field else file_sentence(refusal, file.name or "")
            messages.error(request, said)
            continue
        said = gettext("Added. From now on it is looked up for each question.")
        messages.success(request, said if looked_up else gettext("Added. From now on it goes with every question."))
    return redirect("project", project_id)


@act("POST")
def change_file(request: HttpRequest, project_id: UUID, file_id: UUID) -> HttpResponse:
    """Let a file be looked up, or go with every question."""
    looked_up = request.POST.get("looked_up") == "1"
    files.change_file(person_of(request), project_id, file_id, looked_up=looked_up)
    said = gettext("From now on it is looked up for each question.")
    messages.success(request, said if looked_up else gettext("From now on it goes with every question."))
    return redirect("project", project_id)


@act("POST")
def remove_file(request: HttpRequest, project_id: UUID, file_id: UUID) -> HttpResponse:
    files.remove_file(person_of(request), project_id, file_id)
    messages.success(request, gettext("It no longer goes with questions."))
    return redirect("project", project_id)


@act("GET")
def file(request: HttpRequest, project_id: UUID, file_id: UUID) -> HttpResponse:
    """Show the passages of a looked-up file from the one in the address on; another file is downloaded."""
    project = own(request, project_id)
    held = project.held.filter(file=file_id).select_related("file").first()
    if held is None:
        raise NotFound
    if not held.looked_up:
        return redirect("api:download", file_id)
    number = 1
    with suppress(ValueError):
        number = max(1, min(int(request.GET.get("passage", "1")[:9]), 10**6))
    begin = (number - 1) // PAGE_SIZE * PAGE_SIZE
    rows = Passage.objects.visible_to(person_of(request)).filter(held=held, number__gt=begin).order_by("number")
    page = list(rows[: PAGE_SIZE + 1])
    context: dict[str, Any] = {
        "held": held,
        "passages": page[:PAGE_SIZE],
        "number": number,
        "before": begin + 1 - PAGE_SIZE if begin else 0,
        "following": begin + 1 + PAGE_SIZE if len(page) > PAGE_SIZE else 0,
    }
    return shown(request, "file", project, context)


def listed(project: Project) -> list[tuple[ProjectFile, int, bool]]:
    """Return the files, those that go with every question first: with all their tokens, and whether they have text."""
    rows = project.held.select_related("file").order_by("looked_up", "pk")
    return [(held, file_tokens(held.file), documents.has_text(held.file)) for held in rows]
