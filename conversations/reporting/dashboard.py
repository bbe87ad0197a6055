"""The site's figures of today, and the concerns of an administrator."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from conversations.models import Message, UsageRecord, User
from conversations.models.message import Status
from conversations.readiness import readiness
from conversations.reporting import totals
from conversations.reporting.charts import Chart, chart
from conversations.reporting.periods import Period
from conversations.usage import daily_sums
from providers import clock
from providers.checks import By, Check, Finding, asked, findings

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Today:
    """Figures of today; `before` are those of last week, up to the same weekday and hour."""

    calls: int
    cost: int
    failed: int
    streaming: int
    waiting: int
    before: dict[str, int]
    measure: str
    month: Chart
    """The last thirty days: money, or requests if nothing has a price."""
    unpriced: int

    @property
    def month_name(self) -> str:
        return _("Spent in the last 30 days") if self.measure == "cost" else _("Requests of the last 30 days")

    @property
    def currency(self) -> str:
        return str(settings.CHATSITE_CURRENCY)


def today() -> Today:
    now = clock.now()
    day = daily_sums.day_of(now)
    used, month = totals.used_on(Period(day, day)), Period.until_today()
    live = Message.objects.under_way().aggregate(
        streaming=Count("pk", filter=Q(status=Status.STREAMING)), waiting=Count("pk", filter=Q(status=Status.WAITING))
    )
    amounts = totals.day_by_day("endpoint", month, "cost")
    measure = "cost" if any(amounts.values()) else "calls"
    if measure == "calls":
        amounts = totals.day_by_day("endpoint", month, "calls")
    return Today(
        calls=used.calls,
        cost=used.cost,
        failed=used.failed,
        before=_last_week(),
        measure=measure,
        month=chart(month, [amounts]),
        unpriced=totals.used_on(month).unpriced,
        **live,
    )


def _last_week() -> dict[str, int]:
    """Count the calls in the ledger itself, because the sums hold only whole days."""
    then = clock.now() - _WEEK
    begins, _ends = daily_sums.bounds_of(daily_sums.day_of(then))
    failed = ~Q(outcome__in=daily_sums.SUCCESS_OUTCOMES)
    found = UsageRecord.objects.filter(created_at__range=(begins, then)).aggregate(
        calls=Count("pk"), cost=Sum("cost"), failed=Count("pk", filter=failed)
    )
    return {name: amount or 0 for name, amount in found.items()}


def concerns(viewer: User) -> list[Finding]:
    """Return the findings that this person may know of, the gravest first."""
    return [*readiness.findings(), *findings(By.OVERVIEW, viewer.has_perm)]


def looked_at(viewer: User) -> list[str]:
    """Return the names of the checks behind `concerns` for this person."""
    return [str(check.name) for check in asked(By.OVERVIEW | By.READY) if _may(viewer, check)]


def _may(viewer: User, check: Check) -> bool:
    return not check.permission or viewer.has_perm(check.permission)
