"""A project's pages for its writers: settings, and the acts of those who decide on it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.errors import Refused
from conversations.forms.kept.projects import ProjectForm, sentence_of
from conversations.protocol.seen import written as written_down
from conversations.views.projects.access import act, decided, shown, written


@act("GET", "POST")
def change(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the project's name, instructions and defaults, or change them."""
    project, person = written(request, project_id), person_of(request)
    form = ProjectForm(person, project, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return shown(request, "settings", project, {"form": form})
    try:
        seen = written_down(form.cleaned_data["seen"])
        actions.change_project(person, project_id, seen=seen, **form.changed(project))
    except Refused as refusal:
        if refusal.field not in project.settings():
            raise
        form.see(written(request, project_id), refusal.field)
        form.add_error(refusal.field if refusal.field in form.fields else None, sentence_of(refusal))
        return shown(request, "settings", project, {"form": form})
    messages.success(request, gettext("Saved."))
    return redirect("project-settings", project_id)


@act("POST")
def archive(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Put the project into the archive, or take it out, as the button said."""
    archived = bool(request.POST.get("archived"))
    decided(request, project_id)
    actions.change_project(person_of(request), project_id, archived=archived)
    messages.success(request, gettext("Archived.") if archived else gettext("Taken out of the archive."))
    return redirect("project", project_id)


@act("POST")
def delete(request: HttpRequest, project_id: UUID) -> HttpResponse:
    actions.delete_project(person_of(request), project_id)
    messages.success(request, gettext("The project is deleted. Its conversations are still there."))
    return redirect("projects")
