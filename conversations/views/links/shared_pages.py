"""Pages of a share link: a snapshot without scripts, its files, and the way to a copy.

All kinds of bad link get the same answer. Headers keep search engines, caches and other sites away from all addresses
below a link.
"""

from collections.abc import Callable, Generator
from functools import wraps
from uuid import UUID

from csp.constants import NONE
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from conversations.accounts import rate_limits
from conversations.content.phrases import Phrases, phrases
from conversations.content.shared_pages import Page, page_of
from conversations.errors import NotFound
from conversations.files import response
from conversations.forms.shares import MAX_PHRASE_LENGTH
from conversations.markdown import link_notes
from conversations.models import Share
from conversations.reporting.streaming import stream_response
from conversations.views.links import copy_cookie
from conversations.views.requests import SHARE_OVER, bad_link, too_many_tries

UNLOCKED_KEY = "shares"
"""The session key for digests of links whose pass phrase was given."""
MAX_UNLOCKED = 20

_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}
_POLICY = {
    "script-src": [NONE],
    "connect-src": [NONE],
    "font-src": [NONE],
    "manifest-src": [NONE],
    "trusted-types": [NONE],
}

View = Callable[..., HttpResponseBase]


def _below(view: View) -> View:
    """Return a view that is called with the share of the secret in the address, if there is one."""

    @wraps(view)
    def answer(request: HttpRequest, secret: str, **places: UUID) -> HttpResponseBase:
        share = Share.objects.of(secret).select_related("made_by").first()
        response = view(request, share, **places) if share else bad_link(request, SHARE_OVER)
        for name, value in _HEADERS.items():
            response.headers[name] = value
        response._csp_replace = _POLICY  # type: ignore[attr-defined]
        return response

    return never_cache(answer)


@csrf_exempt  # a foreign page could only unlock what it can read itself; browsers send no Origin here
@require_http_methods(["GET", "HEAD", "POST"])
@_below
def page(request: HttpRequest, share: Share) -> HttpResponseBase:
    """Show the snapshot; with a pass phrase, show nothing of it before that was given (by POST)."""
    if request.method == "POST":
        return _unlock(request, share)
    if rate_limits.snapshot(request):
        return too_many_tries(request)
    if _is_locked(request, share):
        return render(request, "shares/locked.html")
    if _is_view(request, share):
        share.count_view()
    if request.method == "HEAD":
        return HttpResponse()
    shown = page_of(share, request.GET.get("page", ""))
    gap = get_random_string(32)
    context = {"share": share, "page": shown, "gap": gap}
    head, foot = render_to_string("shares/page.html", context, request).split(gap)
    pieces = _written(head, shown, phrases(), foot)
    return stream_response(pieces, "text/html; charset=utf-8", compress_for=request)


def _written(head: str, page: Page, said: Phrases, foot: str) -> Generator[bytes]:
    """Yield the page, one message at a time."""
    yield head.encode()
    for message in page.messages:
        shown = {"message": message, "said": said, "files_at": "files/"}
        yield link_notes(render_to_string("_message.html", shown), str(message.pk)).encode()
    yield foot.encode()


@require_safe
@_below
def file(request: HttpRequest, share: Share, file_id: UUID) -> HttpResponse:
    """Respond with a file of the snapshot, and no other."""
    held = None if _is_locked(request, share) else share.files.filter(pk=file_id).first()
    try:
        return response.response_of(held) if held else bad_link(request, SHARE_OVER)
    except NotFound:
        return bad_link(request, SHARE_OVER)


@require_safe
@_below
def follow(request: HttpRequest, share: Share) -> HttpResponse:
    """Redirect to the copy without the secret in the address, so that no sign-in on the way carries it."""
    if _is_locked(request, share):
        return redirect("../")
    response = redirect("copy-share")
    copy_cookie.remember(response, share)
    return response


def _is_locked(request: HttpRequest, share: Share) -> bool:
    return bool(share.pass_phrase) and share.digest not in request.session.get(UNLOCKED_KEY, [])


def _is_view(request: HttpRequest, share: Share) -> bool:
    """Return whether the request is a view; the maker's, a browser's prefetch and further pages are none."""
    is_ahead = "prefetch" in request.headers.get("Sec-Purpose", "") or "page" in request.GET
    return request.method == "GET" and request.user.pk != share.made_by_id and not is_ahead


def _unlock(request: HttpRequest, share: Share) -> HttpResponse:
    if _is_locked(request, share):
        if rate_limits.pass_phrase(request, share.pk):
            return too_many_tries(request)
        if not share.opens_with(request.POST.get("pass_phrase", "").strip()[:MAX_PHRASE_LENGTH]):
            return render(request, "shares/locked.html", {"is_wrong": True}, status=422)
        unlocked = [*request.session.get(UNLOCKED_KEY, []), share.digest]
        request.session[UNLOCKED_KEY] = unlocked[-MAX_UNLOCKED:]
    return HttpResponseRedirect(request.path)
