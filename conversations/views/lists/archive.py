"""The page with the conversations that a person has archived."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound
from conversations.models.sidebar import archived_by
from conversations.views.lists.paging import page_of


@login_required
@never_cache
@require_GET
def archive(request: HttpRequest) -> HttpResponse:
    return page_of(request, "lists/archive.html", archived_by(person_of(request)), "updated_at")


@login_required
@require_POST
def unarchive(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    try:
        actions.arrange_conversation(person_of(request), conversation_id, archived=False)
    except NotFound:
        raise Http404 from None
    return redirect("archive")
