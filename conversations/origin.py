"""From where a request comes, for the audit log."""

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse

from conversations import limits
from providers import auditing


class KnownOrigin:
    """Whatever is noted while a request is answered comes from its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with auditing.coming_from(partial(limits.address_of, request)):
            return self.get_response(request)
