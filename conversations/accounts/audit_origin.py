"""From where a request comes, for the audit log."""

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse

from conversations.accounts import rate_limits
from providers.audit import log


class KnownOrigin:
    """Whatever is noted while a request is answered comes from its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with log.coming_from(partial(rate_limits.address_of, request)):
            return self.get_response(request)
