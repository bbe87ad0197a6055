"""Words, markup and icons of the chat page that its scripts fetch when they first need one of them."""

import hashlib
from functools import lru_cache

from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

_LANGUAGES = 8
"""Renderings that are kept."""
_FOR_EVER = "private, max-age=31536000, immutable"


def address() -> str:
    """Return the address in the reader's language; it changes with what is there."""
    return f"{reverse('later')}?{_digest(_content())}"


@login_required
@require_GET
def later(request: HttpRequest) -> HttpResponse:
    """Respond with what is the same for everybody of a language. Browsers keep what its address tells of."""
    content = _content()
    is_current = request.META["QUERY_STRING"] == _digest(content)
    return HttpResponse(content, headers={"Cache-Control": _FOR_EVER if is_current else "no-cache"})


def _content() -> str:
    return _rendered(get_language(), staticfiles_storage.url("css/pages.css"))


@lru_cache(_LANGUAGES)
def _rendered(_language: str | None, _sheet: str) -> str:
    return render_to_string("_later.html")


@lru_cache(_LANGUAGES)
def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:8]
