"""The page of what a person has used, and the list of their calls."""

from collections.abc import Generator, Iterator
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from conversations.accounts.signed_in import person_of
from conversations.models import File, User
from conversations.reporting.streaming import stream_response
from conversations.usage import own_use, quotas
from conversations.usage.daily_sums import day_of
from providers import clock
from providers.csv_table import csv_lines, in_batches
from providers.prices import MICRO

_HEADER = (
    "created_at", "team", "conversation", "model", "input_tokens", "output_tokens", "thought_tokens", "cached_tokens",
    "estimated", "outcome", "first_token_ms", "total_ms", "cost", "currency",
)  # fmt: skip
_COLUMNS = ("conversation", "model_name", *_HEADER[4:12])


@login_required
@never_cache
@require_GET
def usage(request: HttpRequest) -> HttpResponse:
    """Show the calls of today and this month, and the rest of the budgets and of the room for files."""
    person = person_of(request)
    context = {
        "used": own_use.use_of(person),
        "budgets": own_use.limits_of(person),
        "currency": settings.CHATSITE_CURRENCY,
        "files_taken": File.objects.bytes_of(person),
        "files_most": quotas.most_files(),
    }
    return render(request, "settings/usage.html", context)


@login_required
@require_GET
def calls_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send each call of the person's questions of the last year, without any text."""
    pieces = csv_lines(_HEADER, _calls(person_of(request)))
    response = stream_response(_generated(pieces), "text/csv; charset=utf-8", own_thread=True, compress_for=request)
    response.headers["Content-Disposition"] = f'attachment; filename="usage-{day_of(clock.now())}.csv"'
    return response


def _generated(pieces: Iterator[bytes]) -> Generator[bytes]:
    yield from pieces


def _calls(person: User) -> Iterator[list[Any]]:
    zone, names = timezone.get_default_timezone(), dict[Any, str]()
    for call in in_batches(own_use.calls_of(person), "created_at", "pk"):
        if call.team_id not in names:
            names |= own_use.team_names(person, [call.team_id])
        cost = None if call.cost is None else f"{Decimal(call.cost) / MICRO:f}"
        when = timezone.localtime(call.created_at, zone).isoformat()
        yield [when, names[call.team_id], *(getattr(call, name) for name in _COLUMNS), cost, settings.CHATSITE_CURRENCY]
