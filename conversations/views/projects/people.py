"""The people for whom a team's project is, and who looks after it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.actions.projects.members import name_members
from conversations.errors import NotFound
from conversations.forms.kept.projects import MembersForm
from conversations.models import User
from conversations.views.projects.access import act, decided, shown


@act("GET", "POST")
def people(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show for whom the project is, or change it."""
    project = decided(request, project_id)
    if project.team is None:
        raise NotFound
    form = MembersForm(project, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        named = set(form["people"].value() or ())
        places = project.team.memberships.filter(user__is_active=True).select_related("user").by_rank()
        writers = [place for place in project.readers().select_related("user") if place.can_write]
        heirs = [place.user for place in writers if place.user_id != project.owner_id and place.user.is_active]
        context = {"form": form, "named": set(map(str, named)), "places": places, "heirs": heirs}
        return shown(request, "people", project, context)
    chosen = [person.pk for person in form.cleaned_data["people"]]
    people = chosen if form.cleaned_data["is_narrow"] else None
    name_members(person_of(request), project_id, people, seen=form.cleaned_data["seen"])
    messages.success(request, gettext("Saved."))
    return redirect("project-people", project_id)


@act("POST")
def hand_over(request: HttpRequest, project_id: UUID, person_id: UUID) -> HttpResponse:
    actions.hand_over_project(person_of(request), project_id, person_id)
    name = User.objects.get(pk=person_id).name
    messages.success(request, gettext("%(name)s looks after the project now.") % {"name": name})
    return redirect("project", project_id)
