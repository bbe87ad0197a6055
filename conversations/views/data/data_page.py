"""The page from which people take their conversations along, and to which they bring others."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations.accounts.signed_in import person_of
from conversations.imports.receiving import MAX_BYTES
from conversations.models import ConversationImport, Team

MAX_ITEMS = 200
"""Conversations of an import that are listed, those that stay out first."""


@login_required
@never_cache
@require_GET
def data(request: HttpRequest) -> HttpResponse:
    """Show what can be exported, and the last import if it has not ended."""
    person = person_of(request)
    batch = person.imports.exclude(status__in=("done", "failed")).order_by("-id").first()
    context = {"teams": Team.objects.led_by(person), "most_bytes": MAX_BYTES}
    return render(request, "settings/data.html", context | (_state(batch) if batch else {}))


@login_required
@never_cache
@require_GET
def import_state(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Respond with how far an import is, as a part of the page."""
    batch = get_object_or_404(person_of(request).imports, pk=import_id)
    return render(request, "settings/_import.html", _state(batch))


def _state(batch: ConversationImport) -> dict[str, Any]:
    items = [] if batch.is_under_way else list(batch.items.order_by("-outcome", "position")[:MAX_ITEMS])
    has_teams = batch.status == "ready" and batch.items.filter(outcome="new").exclude(team="").exists()
    teams = Team.objects.writable_by(batch.owner) if has_teams else []
    return {"batch": batch, "items": items, "more": max(0, batch.found - MAX_ITEMS), "writable_teams": teams}
