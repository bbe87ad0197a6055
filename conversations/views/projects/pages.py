"""The list of projects, a project's first page, and its part of the sidebar."""

from itertools import groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.errors import Refused
from conversations.forms.kept.projects import NewProjectForm, sentence_of
from conversations.models import Conversation, Message, Project
from conversations.models.projects.project_list import in_sidebar
from conversations.models.sidebar import after, cursor_of, sidebar
from conversations.usage.estimates import LOOKED_UP_TOKENS
from conversations.usage.model_access import models_for
from conversations.views.projects.access import act, own, shown
from conversations.views.projects.files import listed

PAGE_SIZE = 30
"""Conversations of one page of a project."""


@login_required
@never_cache
@require_GET
def projects(request: HttpRequest) -> HttpResponse:
    """List the person's projects by team, those in the archive last."""
    person = person_of(request)
    rows = Project.objects.visible_to(person).select_related("team").order_by("archived", "team__name", "name", "pk")
    groups = [(team, list(found)) for team, found in groupby(rows.filter(archived=False), lambda one: one.team)]
    return render(request, "projects/list.html", {"groups": groups, "archived": rows.filter(archived=True)})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new_project(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    form = NewProjectForm(person, request.POST or None, initial={"team": request.GET.get("team")})
    if form.is_valid():
        try:
            project = actions.create_project(person, form.cleaned_data["team"], name=form.cleaned_data["name"])
            return redirect("project", project.pk)
        except Refused as refusal:
            form.add_error("name", sentence_of(refusal))
    return render(request, "projects/new.html", {"form": form}, status=422 if form.errors else 200)


@act("GET")
def project(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show its conversations, instructions, files, links, members, and what it cost."""
    found, person = own(request, project_id), person_of(request)
    rows = sidebar(Conversation.objects.visible_to(person).filter(project=found), person)
    page = list(after(rows, request.GET.get("cursor"))[: PAGE_SIZE + 1])
    spent = Message.objects.filter(conversation__project=found, conversation__deleted_at=None)
    context: dict[str, Any] = {
        "page": page[:PAGE_SIZE],
        "following": cursor_of(page[PAGE_SIZE - 1]) if len(page) > PAGE_SIZE else "",
        "files": listed(found),
        "most_at_once": LOOKED_UP_TOKENS,
        "places": found.readers().filter(user__is_active=True).select_related("user").by_rank(),  # type: ignore[attr-defined]
        "cost": spent.aggregate(cost=Sum("cost"))["cost"],
        "currency": settings.CHATSITE_CURRENCY,
        "begins_with": found.model and models_for(person, found.team_id).filter(pk=found.model.pk).first(),
    }
    return shown(request, "project", found, context)


@login_required
@never_cache
@require_GET
def in_the_sidebar(request: HttpRequest) -> HttpResponse:
    """Respond with the sidebar's projects as they are now."""
    return render(request, "projects/_sidebar.html", {"project_groups": in_sidebar(person_of(request))})
