"""How the site does today, and what asks for an administrator."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from conversations.models import Message, UsageRecord, User
from conversations.models.message import Status
from conversations.reporting import summing, usage
from conversations.reporting.budgets import budget_groups
from conversations.reporting.charts import Chart, chart
from conversations.reporting.names import key_name
from conversations.reporting.periods import Period
from providers import clock
from providers.models import ApiKey, Deployment, Endpoint, Trouble

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Today:
    """`before`: by the same hour of the same weekday last week."""

    calls: int
    cost: int
    failed: int
    streaming: int
    waiting: int
    before: dict[str, int]
    measure: str
    month: Chart
    """Of the last thirty days: money, or requests where nothing has a price."""
    unpriced: int

    @property
    def month_name(self) -> str:
        return _("Spent in the last 30 days") if self.measure == "cost" else _("Requests of the last 30 days")

    @property
    def currency(self) -> str:
        return str(settings.CHATSITE_CURRENCY)


@dataclass(frozen=True, slots=True)
class Concern:
    """What is wrong, the vendor's words for it, and where it can be mended."""

    text: str
    detail: str
    address: str
    is_grave: bool


def today() -> Today:
    now = clock.now()
    day = summing.day_of(now)
    used, month = usage.used_on(Period(day, day)), Period.until_today()
    live = Message.objects.under_way().aggregate(
        streaming=Count("pk", filter=Q(status=Status.STREAMING)), waiting=Count("pk", filter=Q(status=Status.WAITING))
    )
    amounts = usage.day_by_day("endpoint", month, "cost")
    measure = "cost" if any(amounts.values()) else "calls"
    if measure == "calls":
        amounts = usage.day_by_day("endpoint", month, "calls")
    return Today(
        calls=used.calls,
        cost=used.cost,
        failed=used.failed,
        before=_last_week(),
        measure=measure,
        month=chart(month, [amounts]),
        unpriced=usage.used_on(month).unpriced,
        **live,
    )


def _last_week() -> dict[str, int]:
    """Whole days are summed; part of one is counted in the ledger itself."""
    then = clock.now() - _WEEK
    begins, _ends = summing.bounds_of(summing.day_of(then))
    failed = ~Q(outcome__in=summing.FINE)
    found = UsageRecord.objects.filter(created_at__range=(begins, then)).aggregate(
        calls=Count("pk"), cost=Sum("cost"), failed=Count("pk", filter=failed)
    )
    return {name: amount or 0 for name, amount in found.items()}


def concerns(viewer: User) -> list[Concern]:
    """What this person may know of and should look at, the gravest first."""
    found = [*_troubles(viewer), *_keyless(viewer), *_budgets(viewer)]
    return sorted(found, key=lambda concern: not concern.is_grave)


def _troubles(viewer: User) -> Iterator[Concern]:
    if not viewer.has_perm("providers.view_apikey"):
        return
    rows: dict[Any, tuple[str, str]] = {}
    troubles = list(Trouble.objects.order_by("cooling_until"))
    subjects = [trouble.subject for trouble in troubles]
    for key in ApiKey.objects.select_related("endpoint").filter(pk__in=subjects):
        rows[key.pk] = (key_name(key), reverse("key", args=[key.pk]))
    for endpoint in Endpoint.objects.filter(pk__in=subjects):
        rows[endpoint.pk] = (endpoint.name, reverse("admin:providers_endpoint_change", args=[endpoint.pk]))
    for deployment in Deployment.objects.select_related("endpoint").filter(pk__in=subjects):
        rows[deployment.pk] = (str(deployment), reverse("admin:providers_deployment_change", args=[deployment.pk]))
    for trouble in troubles:
        if trouble.subject in rows:
            name, address = rows[trouble.subject]
            yield Concern(_sentence(trouble, name), trouble.told, address, trouble.code in ("key_refused", "quota"))


def _sentence(trouble: Trouble, name: str) -> str:
    until = date_format(timezone.localtime(trouble.cooling_until), "H:i:s T")
    if trouble.cooling_until <= clock.now():
        return _("%(name)s has failed; the next question tries it again.") % {"name": name}
    return _("%(name)s is left alone until %(until)s.") % {"name": name, "until": until}


def _keyless(viewer: User) -> Iterator[Concern]:
    """Endpoints that nobody can use."""
    if not viewer.has_perm("providers.view_endpoint"):
        return
    keyed = ApiKey.objects.filter(enabled=True).values("endpoint")
    for endpoint in Endpoint.objects.filter(enabled=True, needs_key=True, personal_keys=False).exclude(pk__in=keyed):
        address = reverse("admin:providers_endpoint_change", args=[endpoint.pk])
        yield Concern(_("%(name)s has no key that is switched on.") % {"name": endpoint.name}, "", address, True)


def _budgets(viewer: User) -> Iterator[Concern]:
    if not viewer.has_perm("conversations.view_budget"):
        return
    for standing in (standing for group in budget_groups() for standing in group.standings):
        if standing.warns or standing.is_over:
            sentence = _("The budget of %(name)s is used up.") if standing.is_over else _("%(name)s nears its budget.")
            address = reverse("budgets")
            yield Concern(sentence % {"name": standing.name}, standing.period_name, address, standing.is_over)
