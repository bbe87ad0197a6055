"""Responses that several pages share: too many tries, and a link that leads nowhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from conversations.accounts import rate_limits

SHARE_OVER = "shares/over.html"
"""The page of a dead share link, which has no scripts."""


def too_many_tries(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)


def dead_link(request: HttpRequest, template: str = "teams/over.html", *, forget: str = "") -> HttpResponse:
    """Respond alike to wrong, used, expired and revoked links; `forget` names a session's key to drop."""
    if forget:
        request.session.pop(forget, None)
    return render(request, template, status=404)


def bad_link(request: HttpRequest, template: str = "teams/over.html", *, forget: str = "") -> HttpResponse:
    """Count a dead link that somebody may have guessed, and respond."""
    return too_many_tries(request) if rate_limits.bad_link(request) else dead_link(request, template, forget=forget)


def follow_link(request: HttpRequest, key: str, proof: str, *, leads_on: bool, to: str) -> HttpResponse:
    """Keep the proof of a link in the session, so that the secret leaves the address at once."""
    if not leads_on:
        return bad_link(request, forget=key)
    request.session[key] = proof
    return redirect(to)
