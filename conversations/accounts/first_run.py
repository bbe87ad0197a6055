"""The first run: exactly one visitor becomes the administrator."""

import hmac
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from conversations.client_addresses import FORWARDING, is_loopback
from conversations.models import Installation, User


def is_set_up() -> bool:
    """Return whether there is an account; then the page is gone for good, and only `createsuperuser` remains."""
    return Installation.objects.exists() or User.objects.exists()


def code() -> str | None:
    """Return the one-time code for a visitor from another machine; None once an administrator exists."""
    return None if is_set_up() else str(settings.CHATSITE_SETUP_CODE)


def may_set_up(request: HttpRequest, given: str = "") -> bool:
    """Return whether the visitor may set the site up: on this machine, or with the code that `start` printed."""
    return _is_local(request) or hmac.compare_digest(given.encode(), settings.CHATSITE_SETUP_CODE.encode())


def _is_local(request: HttpRequest) -> bool:
    """Return whether a browser on this machine asks a site that serves only this machine.

    A TCP forwarder is a loopback peer too and adds no header. So the site's own addresses must be loopback as well.
    """
    hosts = [f"//{request.get_host()}", *settings.CHATSITE_ORIGINS]
    names = [request.META.get("REMOTE_ADDR", ""), *(urlsplit(host).hostname or "" for host in hosts)]
    return all(map(is_loopback, names)) and not any(header in request.headers for header in FORWARDING)
