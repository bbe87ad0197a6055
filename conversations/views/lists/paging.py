"""Pages of a list of conversations, each with a link to the next."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render

from conversations.errors import Refused
from conversations.models.conversation import ConversationQuerySet
from conversations.models.sidebar import after, cursor_of

PAGE_SIZE = 50


def page_of(
    request: HttpRequest, template: str, rows: ConversationQuerySet, order: str, more: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Render the page of these rows that the address asks for; `order` is the time by which they are sorted."""
    try:
        page = list(after(rows, request.GET.get("cursor"), order)[: PAGE_SIZE + 1])
    except Refused:
        return HttpResponseBadRequest()
    shown = page[:PAGE_SIZE]
    next_cursor = cursor_of(shown[-1], order) if len(page) > PAGE_SIZE else ""
    return render(request, template, {"conversations": shown, "next": next_cursor, **(more or {})})
