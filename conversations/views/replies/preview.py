"""Code of a reply shown as the page that it describes."""

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


@login_required
@never_cache
@require_POST
@xframe_options_sameorigin
def preview(request: HttpRequest) -> HttpResponse:
    """Return the sent HTML or SVG for a frame. There it runs no scripts, loads nothing and has no origin."""
    response = HttpResponse(request.POST.get("code", ""), content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = _POLICY
    response["Referrer-Policy"] = "no-referrer"
    return response
