"""The page of what happened, and the newest of it for the chat's page."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from conversations import actions
from conversations.accounts.signed_in import person_of
from conversations.models import Notification

PAGE_SIZE = 50
NEWEST = 20


@login_required
@never_cache
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Show what happened that the person should know, newest first."""
    rows = Notification.objects.of(person_of(request))
    page = Paginator(rows.listed(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "notifications/inbox.html", {"page": page, "unread": rows.unread().exists()})


@login_required
@never_cache
@require_GET
def newest(request: HttpRequest) -> HttpResponse:
    """Respond with the newest notifications, as the chat's page shows them."""
    rows = Notification.objects.of(person_of(request))
    context = {"rows": rows.listed()[:NEWEST], "unread": rows.unread().exists()}
    return render(request, "notifications/_newest.html", context)


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    actions.read_notifications(person_of(request))
    return redirect("inbox")
