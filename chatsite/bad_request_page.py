"""The page for requests that Django refuses before the person and their language are known."""

from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.http import HttpRequest, HttpResponseBadRequest
from django.template.loader import render_to_string
from django.utils import translation


def page(request: HttpRequest, exception: Exception) -> HttpResponseBadRequest:
    """Return the reason in the browser's language. It must not read session, messages or host."""
    reasons = {"is_foreign": DisallowedHost, "is_too_long": RequestDataTooBig}
    context = {name: isinstance(exception, kind) for name, kind in reasons.items()}
    with translation.override(translation.get_language_from_request(request)):
        return HttpResponseBadRequest(render_to_string("400.html", context))
