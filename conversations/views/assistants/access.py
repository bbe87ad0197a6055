"""Access to the pages of assistants."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound, Refused
from conversations.forms.kept.assistants import sentence_of
from conversations.models import Assistant

Page = Callable[..., HttpResponse]


def act(*methods: str) -> Callable[[Page], Page]:
    """Return a view of assistants; a refusal is shown on the assistant's page or the list, NotFound raises Http404."""

    def guarded(page: Page) -> Page:
        @wraps(page)
        def answer(request: HttpRequest, **places: Any) -> HttpResponse:
            try:
                return page(request, **places)
            except NotFound:
                raise Http404 from None
            except Refused as refusal:
                messages.error(request, sentence_of(refusal))
                key = places.get("assistant_id")
                return redirect("assistant", key) if key else redirect("assistants")

        return login_required(never_cache(require_http_methods(methods)(answer)))

    return guarded


def visible(request: HttpRequest, assistant_id: UUID) -> Assistant:
    found = Assistant.objects.visible_to(person_of(request)).listed().filter(pk=assistant_id).first()
    if found is None:
        raise NotFound
    return found


def decides(request: HttpRequest, assistant: Assistant) -> bool:
    """Return whether this person may change the assistant."""
    return Assistant.objects.decided_by(person_of(request)).filter(pk=assistant.pk).exists()
