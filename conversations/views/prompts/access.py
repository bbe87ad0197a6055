"""Access to the pages of prompts."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.accounts.signed_in import person_of
from conversations.errors import NotFound, Refused
from conversations.forms.kept.prompts import sentence_of
from conversations.models import Prompt

Page = Callable[..., HttpResponse]


def act(*methods: str) -> Callable[[Page], Page]:
    """Return a view of prompts; a refusal is shown on the list, NotFound raises Http404."""

    def guarded(page: Page) -> Page:
        @wraps(page)
        def answer(request: HttpRequest, **places: UUID) -> HttpResponse:
            try:
                return page(request, **places)
            except NotFound:
                raise Http404 from None
            except Refused as refusal:
                messages.error(request, sentence_of(refusal))
                return redirect("prompts")

        return login_required(never_cache(require_http_methods(methods)(answer)))

    return guarded


def visible(request: HttpRequest, prompt_id: UUID) -> Prompt:
    found = Prompt.objects.visible_to(person_of(request)).listed().filter(pk=prompt_id).first()
    if found is None:
        raise NotFound
    return found
