"""Pages that need a secret which none of the site's encryption keys opens."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from providers.encryption.sealing import Locked


class LockedSecrets:
    """Answers Locked with a page that says that an encryption key is missing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return render(request, "503_locked.html", status=503) if isinstance(exception, Locked) else None
