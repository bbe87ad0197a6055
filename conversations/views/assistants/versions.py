"""The versions of an assistant's instructions: by whom and when, how each differs from the one before, the way back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from conversations.accounts.signed_in import person_of
from conversations.actions.assistants import writing
from conversations.views.assistants.access import act, decides, visible
from conversations.views.projects.versions import page_of_versions


@act("GET")
def versions(request: HttpRequest, assistant_id: UUID) -> HttpResponse:
    """Show the newest versions, or those before the number `before`, each beside the one before it."""
    assistant = visible(request, assistant_id)
    context = {"assistant": assistant, "decides": decides(request, assistant)}
    return render(request, "assistants/versions.html", context | page_of_versions(request, assistant.versions.all()))


@act("POST")
def restore(request: HttpRequest, assistant_id: UUID, number: int) -> HttpResponse:
    """Make an earlier version the newest one again."""
    writing.restore_instructions(person_of(request), assistant_id, number)
    messages.success(request, gettext("These instructions hold again, from the next reply on."))
    return redirect("assistant-versions", assistant_id)
