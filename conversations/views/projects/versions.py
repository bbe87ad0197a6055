"""The versions of a project's instructions: by whom and when, how each differs from the one before, the way back."""

from itertools import pairwise
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.content.differences import differences
from conversations.errors import NotFound
from conversations.models import Instructions
from conversations.views.projects.access import act, own, shown, written

PAGE_SIZE, MOST_CHANGES = 10, 250
"""Versions of one page, and the changes of each up to which words are compared."""
NOTHING = Instructions()


@act("GET")
def versions(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show the newest versions, or those before the number `before`, each beside the one before it."""
    project = own(request, project_id)
    return shown(request, "versions", project, page_of_versions(request, project.versions.all()))


@act("POST")
def restore(request: HttpRequest, project_id: UUID, number: int) -> HttpResponse:
    """Make an earlier version the newest one again, by the same words under a new number."""
    version = written(request, project_id).versions.filter(number=min(number, 2**31 - 1)).first()
    if version is None:
        raise NotFound
    actions.change_project(person_of(request), project_id, instructions=version.text)
    messages.success(request, gettext("These instructions hold again, from the next reply on."))
    return redirect("project-versions", project_id)


def page_of_versions(request: HttpRequest, versions: "QuerySet[Any]") -> dict[str, Any]:
    """Return a `page` of versions of instructions, each beside the one before it, and the number `following` it."""
    rows = versions.select_related("author").order_by("-number")
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 9:
        rows = rows.filter(number__lt=int(before))
    found = list(rows[: PAGE_SIZE + 1])
    beside = pairwise([*found, *([NOTHING] if len(found) <= PAGE_SIZE else [])])
    page = [
        {"version": version, "runs": differences(earlier.text, version.text, MOST_CHANGES)}
        for version, earlier in beside
    ]
    return {"page": page, "following": found[PAGE_SIZE - 1].number if len(found) > PAGE_SIZE else None}
