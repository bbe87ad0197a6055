"""Use of people, teams, models, keys and endpoints in a period, read from the daily sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from conversations.models import DailySum
from conversations.models.spending import NOBODY
from conversations.reporting.names import names_of
from conversations.reporting.periods import Period

KINDS = {
    "person": _("person"),
    "team": _("team"),
    "model": _("model"),
    "key": _("key"),
    "endpoint": _("endpoint"),
}
MEASURES = {
    "cost": (_("money"), F("cost")),
    "calls": (_("requests"), F("calls")),
    "tokens": (_("tokens"), F("input_tokens") + F("output_tokens") + F("thought_tokens")),
    "failed": (_("errors"), F("errors") + F("cut")),
}
"""Measures for a chart: the name, and its expression over the sums."""
COUNTS = (
    "calls", "errors", "cut", "estimated", "unpriced", "input_tokens", "output_tokens", "thought_tokens",
    "cached_tokens", "cost",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Used:
    """The use of one subject in the period; `cost` in millionths."""

    subject: UUID | None
    name: str
    calls: int = 0
    errors: int = 0
    cut: int = 0
    estimated: int = 0
    unpriced: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    thought_tokens: int = 0
    cached_tokens: int = 0
    cost: int = 0

    @property
    def failed(self) -> int:
        return self.errors + self.cut

    @property
    def said_tokens(self) -> int:
        """Return the tokens that models wrote, thoughts included."""
        return self.output_tokens + self.thought_tokens

    @property
    def tokens(self) -> int:
        """Return all tokens; the input includes cached ones."""
        return self.input_tokens + self.said_tokens


def used_by(kind: str, period: Period) -> list[Used]:
    """Return one row for each subject, the most expensive first."""
    rows: list[Any] = list(_sums(kind, period).values(which=F(_column(kind))).annotate(**_totals()))
    names = names_of(kind, (row["which"] for row in rows))
    used = [Used(row["which"], names[row["which"]], **{name: row[f"sum_{name}"] for name in COUNTS}) for row in rows]
    return sorted(used, key=lambda row: (-row.cost, -row.calls, row.name))


def total(rows: Sequence[Used], name: str = "") -> Used:
    return Used(None, name, **{count: sum(getattr(row, count) for row in rows) for count in COUNTS})


def used_on(period: Period, kind: str = "endpoint") -> Used:
    """Return the total of all calls; each kind holds them all, and endpoints are the fewest rows."""
    row = _sums(kind, period).aggregate(**_totals())
    return Used(None, "", **{name: row[f"sum_{name}"] or 0 for name in COUNTS})


def day_by_day(kind: str, period: Period, measure: str, only: Sequence[UUID] | None = None) -> dict[date, int]:
    """Return the amount of each day, of all subjects or of these; days without calls are missing."""
    sums = _sums(kind, period)
    if only is not None:
        sums = sums.filter(**{f"{_column(kind)}__in": list(only)})
    days = sums.values("day").annotate(amount=Sum(MEASURES[measure][1]))
    return {row["day"]: row["amount"] for row in days}


def spent_by(
    kind: str, period: Period, only: Sequence[UUID] | None = None, without: Sequence[UUID] = ()
) -> dict[UUID, int]:
    """Return the millionths that each subject, or each of these, has spent; leaves out calls without one."""
    sums = _sums(kind, period).exclude(**{f"{_column(kind)}__in": [NOBODY, *without]})
    if only is not None:
        sums = sums.filter(**{f"{_column(kind)}__in": list(only)})
    return dict(sums.values_list(_column(kind)).annotate(Sum("cost")))


def _sums(kind: str, period: Period) -> QuerySet[DailySum]:
    table = DailySum.Kind.ENDPOINT if kind == "model" else kind
    return DailySum.objects.filter(kind=table, day__range=(period.first, period.last))


def _column(kind: str) -> str:
    return "model" if kind == "model" else "subject"


def _totals() -> dict[str, Sum]:
    return {f"sum_{name}": Sum(name) for name in COUNTS}
