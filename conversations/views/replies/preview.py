"""Code of a reply shown as the page that it describes."""

import re

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

# No scripts: one that hangs would hang the chat. Without them a browser follows no `meta refresh` either.
_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

_LINK = re.compile("<(?=link)", re.IGNORECASE)
"""Elements for which browsers look up names and open connections, which no policy forbids."""


@login_required
@never_cache
@require_POST
@xframe_options_sameorigin
def preview(request: HttpRequest) -> HttpResponse:
    """Return the sent HTML or SVG for a frame. There it runs no scripts, loads nothing and has no origin."""
    code = _LINK.sub("&lt;", request.POST.get("code", ""))
    response = HttpResponse(code, content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = _POLICY
    response["Referrer-Policy"] = "no-referrer"
    response["X-DNS-Prefetch-Control"] = "off"
    return response
