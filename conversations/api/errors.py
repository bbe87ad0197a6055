"""Refusals of the HTTP API, all in one form: a code and a sentence."""

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError

from conversations.api.site_api import api
from conversations.errors import NotFound, Refused


def _failure(request: HttpRequest, status: int, code: str, text: str) -> HttpResponse:
    return api.create_response(request, {"error": {"code": code, "text": text}}, status=status)


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return api.create_response(request, {"error": error.as_json()}, status=error.http_status)


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return refused(request, NotFound())


@api.exception_handler(AuthenticationError)
def signed_out(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return _failure(request, 401, "signed_out", "Sign in first.")


@api.exception_handler(ValidationError)
def bad_field(request: HttpRequest, error: ValidationError) -> HttpResponse:
    places = ", ".join(sorted({str(problem["loc"][-1]) for problem in error.errors}))
    return _failure(request, 400, "bad_field", f"This is not what the field takes: {places}.")


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 400:
        return _failure(request, 400, "bad_frame", "The body is not a JSON object.")
    return _failure(request, error.status_code, "refused", f"{str(error).rstrip('.')}.")


@api.exception_handler(RequestDataTooBig)
def too_long(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return _failure(request, 413, "too_long", "The body is longer than any call needs.")
