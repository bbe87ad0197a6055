"""Use as its spender sees it: the calls of this month, and the rest of the budgets."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from conversations.models import Budget, Team, UsageRecord, User
from conversations.usage import budgets
from conversations.usage.budgets import BudgetLeft
from conversations.usage.daily_sums import bounds_of, day_of
from providers import clock

CALLS_DAYS = 366
"""Days back to which the list of calls reaches."""
COUNTS = ("calls", "input_tokens", "said_tokens", "cost", "unpriced")


@dataclass(frozen=True, slots=True)
class Limit:
    """One budget in millionths, and its team; `team` is empty for the person's own."""

    left: BudgetLeft
    team: str

    @property
    def period(self) -> str:
        return str(Budget.Period(self.left.period).label)


@dataclass(frozen=True, slots=True)
class Use:
    """The calls of a model, a team or a time; `cost` in millionths, without the `unpriced` calls."""

    name: str = ""
    calls: int = 0
    input_tokens: int = 0
    said_tokens: int = 0
    """Tokens that models wrote, thoughts included."""
    cost: int = 0
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class OwnUse:
    """The calls of one person today and this month; those of the month also by model and by team."""

    today: Use
    month: Use
    models: list[Use]
    teams: list[Use]


def limits_of(person: User) -> list[Limit]:
    """Return the rest of each such budget; budgets of models and keys are for administrators only."""
    return list(_limits_of(person))


def _limits_of(person: User) -> Iterator[Limit]:
    for team in (None, *Team.objects.writable_by(person).order_by("name")):
        for left in budgets.budgets_of(person, team.pk if team else None, None):
            if left.kind == ("team" if team else "person"):
                yield Limit(left, team.name if team else "")


def use_of(person: User) -> OwnUse:
    """Return this person's calls; days and months are those of the site's time zone."""
    today = day_of(clock.now())
    month = _summed(calls_of(person, today.replace(day=1)))
    names = team_names(person, (row["team"] for row in month))
    return OwnUse(
        today=_total(_summed(calls_of(person, today))),
        month=_total(month),
        models=_by(month, lambda row: str(row["model_name"])),
        teams=_by(month, lambda row: names[row["team"]]),
    )


def team_names(person: User, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Return the names of the teams in which a person's calls were made; there are words for none.

    A team in which they are no longer may have another name now, which is not for them.
    """
    wanted = set(ids)
    rows = Team.objects.visible_to(person).filter(pk__in=[key for key in wanted if key])
    known: dict[UUID | None, str] = dict(rows.values_list("pk", "name"))
    return {key: known.get(key) or (gettext("a former team") if key else gettext("private")) for key in wanted}


def calls_of(person: User, first: date | None = None) -> "QuerySet[UsageRecord]":
    """Return this person's calls from a day on, at most CALLS_DAYS back."""
    begins, _ = bounds_of(first or day_of(clock.now()) - timedelta(days=CALLS_DAYS))
    return UsageRecord.objects.filter(user=person, created_at__gte=begins)


def _summed(calls: "QuerySet[UsageRecord]") -> list[dict[str, Any]]:
    """Return one row for each model and team."""
    rows = calls.order_by().values("model_name", "team")
    sums: Iterable[Any] = rows.annotate(
        sum_calls=Count("pk"),
        sum_input_tokens=_sum("input_tokens"),
        sum_said_tokens=_sum("output_tokens") + _sum("thought_tokens"),
        sum_cost=_sum("cost"),
        sum_unpriced=Count("pk") - Count("cost"),
    )
    return list(sums)


def _sum(name: str) -> Coalesce:
    return Coalesce(Sum(name), 0)


def _by(rows: Iterable[dict[str, Any]], name_of: Callable[[dict[str, Any]], str]) -> list[Use]:
    """Return one sum for each name, the most expensive first."""
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[name_of(row)].append(row)
    used = [_total(group, name) for name, group in groups.items()]
    return sorted(used, key=lambda use: (-use.cost, -use.calls, use.name))


def _total(rows: Iterable[dict[str, Any]], name: str = "") -> Use:
    return Use(name, *(sum(row[f"sum_{count}"] for row in rows) for count in COUNTS))
