"""The usage pages for administrators who may see the ledger, rendered on the server."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from conversations.reporting import totals
from conversations.reporting.budgets import budget_groups
from conversations.reporting.charts import Chart, chart
from conversations.reporting.forms import UsageForm
from conversations.reporting.periods import Period
from conversations.reporting.permissions import sees_budgets, sees_usage
from conversations.reporting.scoreboard import contests

MAX_DRAWN = 5
"""Series with a colour of their own; the others share one."""
DAYS_OFFERED = (7, 30, 90, 365)
DAYS_COMPARED = 90
"""Days of a comparison of endpoints; older figures say nothing of today."""


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart; `number` is its place, 1 at the bottom."""

    number: int
    name: str


@sees_usage
@require_GET
def usage_page(request: HttpRequest) -> HttpResponse:
    form = UsageForm.of(request)
    period = form.period()
    rows = totals.used_by(form.kind, period)
    drawn, picture = _drawn(form, period, rows)
    context = {
        "title": _("Usage"),
        "form": form,
        "period": period,
        "rows": rows,
        "total": totals.total(rows, _("in all")),
        "chart": picture,
        "series": drawn,
        "measure": form.measure,
        "measure_name": totals.MEASURES[form.measure][0],
        "kind": form.kind,
        "kind_name": totals.KINDS[form.kind],
        "colours": {row.subject: number for number, row in enumerate(_leading(form, rows), 1)},
        "quick": [(days, Period.until_today(days)) for days in DAYS_OFFERED],
    }
    return report(request, "usage", context)


@sees_usage
@require_GET
def scoreboard_page(request: HttpRequest) -> HttpResponse:
    form = UsageForm.of(request)
    period = form.period().newest(DAYS_COMPARED)
    everything = contests(period)
    context = {
        "title": _("Performance"),
        "form": form,
        "period": period,
        "contests": [contest for contest in everything if contest.calls],
        "uncalled": sum(not contest.calls for contest in everything),
        "quick": [(days, Period.until_today(days)) for days in DAYS_OFFERED if days <= DAYS_COMPARED],
    }
    return report(request, "scoreboard", context)


def report(request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
    """Return a page of the reports in the admin's frame."""
    frame = {**admin.site.each_context(request), "currency": settings.CHATSITE_CURRENCY}
    return TemplateResponse(request, f"admin/reports/{name}.html", {**frame, **context})


# --- Series of the chart --------------------------------------------------------------------------------------------


def _leading(form: UsageForm, rows: list[totals.Used]) -> list[totals.Used]:
    ordered = sorted(rows, key=lambda row: -getattr(row, form.measure))
    return [row for row in ordered[:MAX_DRAWN] if getattr(row, form.measure)]


def _drawn(form: UsageForm, period: Period, rows: list[totals.Used]) -> tuple[list[Series], Chart]:
    leading = _leading(form, rows)
    days = [
        totals.day_by_day(form.kind, period, form.measure, [row.subject]) for row in leading if row.subject is not None
    ]
    whole = totals.day_by_day(form.kind, period, form.measure)
    rest = {day: amount - sum(one.get(day, 0) for one in days) for day, amount in whole.items()}
    series = [Series(number, row.name) for number, row in enumerate(leading, 1)]
    if any(rest.values()):
        series.append(Series(MAX_DRAWN + 1, _("others")))
        days += [{}] * (MAX_DRAWN - len(days)) + [rest]
    return series, chart(period, days or [{}])


@sees_budgets
@require_GET
def budgets_page(request: HttpRequest) -> HttpResponse:
    return report(request, "budgets", {"title": _("Budgets"), "groups": budget_groups()})
