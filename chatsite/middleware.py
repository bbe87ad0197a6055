"""Middleware for response headers that Django does not set itself, and for compression."""

import re
import secrets
from collections.abc import Callable

import brotli
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from conversations.files.stored_response import StoredFile

PERMISSIONS = (
    "camera=(), geolocation=(), microphone=(self), payment=(), usb=(), browsing-topics=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)"
)
"""Powers of browsers: none that no page of the site needs; pages of others get none."""
NO_PAGE = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
"""The policy of answers that are no pages. A page's would be a third of a small file's answer."""
BROTLI_QUALITY, LEAST_COMPRESSED = 7, 200
"""Almost as quick as gzip and a tenth smaller; bytes below which nothing is compressed."""
_TAKES_BROTLI = re.compile(r"\bbr\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")


class Asset(HttpResponse):
    """The answer to a request for a static file, which has no powers: by its policy nothing in it runs."""


class SecurityHeaders:
    """Headers that forbid other origins to embed us, and deny browsers powers that we never need."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not isinstance(response, Asset):
            response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if response.headers.get("Content-Type", "").startswith("application/json"):
            response.headers.setdefault("Content-Security-Policy", NO_PAGE)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.path_info.startswith("/admin/"):
            # The admin's jQuery does not load where Trusted Types are required.
            response._csp_replace = {"require-trusted-types-for": None, "trusted-types": None}  # type: ignore[attr-defined]
        return response


class Compression(GZipMiddleware):
    """Django's compression, or brotli for browsers that take it; files go as they are.

    Most files are compressed already, and all of them would have to be read into memory.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if isinstance(response, StoredFile):
            return response
        if isinstance(response, HttpResponse) and _TAKES_BROTLI.search(request.headers.get("Accept-Encoding", "")):
            _compress_better(response)
        return super().process_response(request, response)


def _compress_better(response: HttpResponse) -> None:
    """Compress a page by brotli. As in Django's gzip, a random length hides what its secrets are like."""
    if response.has_header("Content-Encoding") or len(response.content) < LEAST_COMPRESSED:
        return
    compressed = brotli.compress(response.content, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY)
    if len(compressed) < len(response.content):
        patch_vary_headers(response, ("Accept-Encoding",))
        response.content = compressed
        response.headers["Content-Encoding"] = "br"
        response.headers["Content-Length"] = str(len(compressed))
        response.headers["X-Padding"] = "0" * secrets.randbelow(Compression.max_random_bytes + 1)


class WrongMethod:
    """A page for people who open the address of a form, as signing in on the way to it does.

    Django answers with nothing at all, and programs still read nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_opened = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code != 405 or not is_opened:
            return response
        page = render(request, "405.html", status=405)
        page.headers["Allow"] = response.headers.get("Allow", "")
        return page
