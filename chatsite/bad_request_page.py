"""The page of what Django refuses before anybody knows the person and their language."""

from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.http import HttpRequest, HttpResponseBadRequest
from django.template.loader import render_to_string
from django.utils import translation


def page(request: HttpRequest, exception: Exception) -> HttpResponseBadRequest:
    """Say why in the browser's language: no session, no message and no host may be asked for here."""
    reasons = {"is_foreign": DisallowedHost, "is_too_long": RequestDataTooBig}
    context = {name: isinstance(exception, kind) for name, kind in reasons.items()}
    with translation.override(translation.get_language_from_request(request)):
        return HttpResponseBadRequest(render_to_string("400.html", context))
