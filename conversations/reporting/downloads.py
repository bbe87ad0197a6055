"""The figures of the reports as tables for spreadsheets."""

import json
from collections.abc import Generator, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from conversations.models import UsageRecord
from conversations.reporting import totals
from conversations.reporting.forms import UsageForm
from conversations.reporting.names import names_of
from conversations.reporting.periods import Period
from conversations.reporting.permissions import sees_usage
from conversations.reporting.streaming import stream_response
from conversations.usage import daily_sums
from providers.audit import log
from providers.audit.log import Act
from providers.csv_table import csv_lines, in_batches
from providers.prices import MICRO

_LEDGER = (
    "created_at", "user", "team", "model_name", "endpoint_name", "key_name", "input_tokens", "output_tokens",
    "thought_tokens", "cached_tokens", "estimated", "outcome", "first_token_ms", "total_ms",
    "written_tokens", "purpose",
)  # fmt: skip
_PRICE = ("cost", "cost_micro", "currency")


@sees_usage
@require_GET
def usage_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send one row for each day and subject."""
    form = UsageForm.of(request)
    period, kind = form.period(), form.kind
    header = ["day", kind, "id", *totals.COUNTS[:-1], *_PRICE]
    name = f"usage-{kind}-{period.first}-{period.last}.csv"
    return download(request, UsageRecord, csv_lines(header, _days_of(kind, period)), name)


@sees_usage
@require_GET
def ledger_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send each call of the period, without any text of the messages."""
    period = UsageForm.of(request).period()
    header = [*_LEDGER, *_PRICE, "parameters"]
    name = f"ledger-{period.first}-{period.last}.csv"
    return download(request, UsageRecord, csv_lines(header, _calls(period)), name)


def download(
    request: HttpRequest, rows: type[Model], pieces: Iterator[bytes], name: str, **told: Any
) -> StreamingHttpResponse:
    """Stream a table as a file, and note the download in the audit log; `told` says which rows."""
    log.note(request.user, Act.DOWNLOADED, rows, name=name, after=told)
    response = stream_response(_generated(pieces), "text/csv; charset=utf-8", own_thread=True, compress_for=request)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _generated(pieces: Iterator[bytes]) -> Generator[bytes]:
    yield from pieces


def _days_of(kind: str, period: Period) -> Iterator[list[Any]]:
    for day in period.days():
        for row in totals.used_by(kind, Period(day, day)):
            counts = [getattr(row, name) for name in totals.COUNTS[:-1]]
            yield [day, row.name, row.subject, *counts, *_price(row.cost)]


def _calls(period: Period) -> Iterator[list[Any]]:
    first, _end = daily_sums.bounds_of(period.first)
    _begin, last = daily_sums.bounds_of(period.last)
    names: dict[str, dict[UUID, str]] = {"person": {}, "team": {}}
    for record in in_batches(UsageRecord.objects.filter(created_at__range=(first, last)), "created_at", "pk"):
        who = [_named(names, "person", record.user_id), _named(names, "team", record.team_id)]
        when = timezone.localtime(record.created_at, timezone.get_default_timezone()).isoformat()
        columns = (getattr(record, name) for name in _LEDGER[3:])
        yield [when, *who, *columns, *_price(record.cost), _parameters(record)]


def _parameters(record: UsageRecord) -> str:
    return "" if record.parameters is None else json.dumps(record.parameters, ensure_ascii=False)


def _price(cost: int | None) -> list[Any]:
    amount = None if cost is None else f"{Decimal(cost) / MICRO:f}"
    return [amount, cost, settings.CHATSITE_CURRENCY]


def _named(names: dict[str, dict[UUID, str]], kind: str, one: UUID | None) -> str:
    if one is None:
        return ""
    if one not in names[kind]:
        names[kind] |= names_of(kind, [one])
    return names[kind][one]
