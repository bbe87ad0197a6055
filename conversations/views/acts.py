"""Pages on which something is done: who may not see them, and what is said when it is refused."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.errors import NotFound, Refused

Page = Callable[..., HttpResponse]
Back = Callable[[Mapping[str, Any]], tuple[Any, ...]]
"""Returns the arguments of `redirect`, from those of the page's address."""


def acting(methods: tuple[str, ...], sentence_of: Callable[[Refused], str], back: Back) -> Callable[[Page], Page]:
    """Return a decorator of views for signed-in people; a refusal is shown where `back` leads, NotFound as 404."""

    def guarded(page: Page) -> Page:
        @wraps(page)
        def answer(request: HttpRequest, **places: Any) -> HttpResponse:
            try:
                return page(request, **places)
            except NotFound:
                raise Http404 from None
            except Refused as refusal:
                messages.error(request, sentence_of(refusal))
                return redirect(*back(places))

        return login_required(never_cache(require_http_methods(methods)(answer)))

    return guarded
