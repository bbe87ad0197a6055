"""The pages of requests that failed before, or no matter whether, the person and their language are known."""

from typing import Any

from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseServerError
from django.template.loader import render_to_string
from django.utils import translation

from conversations.accounts.preferences import look_of_cookie
from conversations.models import Installation


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBadRequest:
    """Return the reason in the browser's language. It must not read session, messages or host."""
    reasons = {"is_foreign": DisallowedHost, "is_too_long": RequestDataTooBig}
    context = {name: isinstance(exception, kind) for name, kind in reasons.items()}
    with translation.override(translation.get_language_from_request(request)):
        return HttpResponseBadRequest(render_to_string("400.html", context | _site(request)))


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """Return the page of a fault of ours. It must not read session or database, which may be what failed."""
    return HttpResponseServerError(render_to_string("500.html", _site(request)))


def _site(request: HttpRequest) -> dict[str, Any]:
    return {"look": look_of_cookie(request), "site_name": Installation.last_name()}
