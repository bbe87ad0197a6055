"""The use of each budget in its present period, and how long the balance of a key lasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import Min, Sum

from conversations.models import Budget, DailySum, Tally, UsageRecord
from conversations.reporting.names import names_of
from conversations.reporting.periods import Period
from conversations.reporting.totals import spent_by
from conversations.usage import daily_sums
from providers import clock
from providers.models import ApiKey, KeyBalance
from providers.prices import MICRO

MAX_SHOWN = 20
"""Targets shown of a budget that holds for each: those that have used the most."""
NEAR = 0.8
DAYS_OF_PACE, DAYS_OF_WARNING = 7, 7
"""Days of calls that make the pace of a key, and days before its end at which a balance warns."""


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """One target's use of one budget: millionths."""

    budget: Budget
    name: str
    spent: int
    reserved: int

    @property
    def taken(self) -> int:
        return self.spent + self.reserved

    @property
    def limit(self) -> int | None:
        return self.budget.hard_micro

    @property
    def full(self) -> int:
        """Return the amount that a whole bar stands for."""
        return max(self.budget.hard_micro or self.budget.soft_micro or 0, 1)

    @property
    def left(self) -> int:
        return max(0, (self.limit or 0) - self.taken)

    @property
    def bar(self) -> int:
        """Return the bar's length: thousandths."""
        return min(1000, 1000 * self.taken // self.full)

    @property
    def is_over(self) -> bool:
        """Return whether the limit is spent; what is only set aside comes back."""
        return self.limit is not None and self.spent >= self.limit

    @property
    def warns(self) -> bool:
        soft = self.budget.soft_micro
        near = soft if soft is not None else round(self.limit * NEAR) if self.limit is not None else None
        return near is not None and self.taken >= near

    @property
    def period_name(self) -> str:
        return self.budget.get_period_display()


@dataclass(frozen=True, slots=True)
class Group:
    """A budget and its targets: one, or the first of all that have spent; `more` are not shown."""

    budget: Budget
    standings: Sequence[BudgetStatus]
    more: int = 0


def budget_groups() -> list[Group]:
    return [_group(budget) for budget in Budget.objects.order_by("kind", "period", "target")]


def _group(budget: Budget) -> Group:
    now = clock.now()
    begins = budget.begins(now)
    period = Period(daily_sums.day_of(begins), daily_sums.day_of(now))
    own = [] if budget.target else _with_own(budget)
    spent = spent_by(budget.kind, period, only=[budget.target] if budget.target else None, without=own)
    tallies = Tally.objects.filter(budget=budget, begins=begins, reserved__gt=0)
    reserved = dict(tallies.values_list("target", "reserved"))
    targets = sorted(spent.keys() | reserved.keys() | ({budget.target} if budget.target else set()), key=str)
    first = sorted(targets, key=lambda one: -spent.get(one, 0) - reserved.get(one, 0))[:MAX_SHOWN]
    names = names_of(budget.kind, first)
    standings = [BudgetStatus(budget, names[one], spent.get(one, 0), reserved.get(one, 0)) for one in first]
    return Group(budget, standings, len(targets) - len(first))


def _with_own(budget: Budget) -> list[UUID]:
    """Return the targets that have a budget of their own, which counts instead of this one."""
    others = Budget.objects.filter(kind=budget.kind, period=budget.period).exclude(target=None)
    return [target for target in others.values_list("target", flat=True) if target]


# --- Balances --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outlook:
    """A key's balance, and the whole days that it lasts at the present pace; None if that is not known."""

    balance: KeyBalance
    days: int | None
    lacks_rate: bool
    """True if the vendor's money is another than the site's, and nobody has given the exchange rate."""

    @property
    def is_over(self) -> bool:
        return self.days == 0

    @property
    def warns(self) -> bool:
        return self.days is not None and self.days < DAYS_OF_WARNING


def outlook(key: ApiKey) -> Outlook | None:
    """Return the outlook of a key with its endpoint, or None if its balance was never asked for."""
    balance = KeyBalance.of(key)
    if balance is None:
        return None
    is_same = balance.currency == settings.CHATSITE_CURRENCY
    rate = key.endpoint.exchange_rate or (Decimal(1) if is_same else None)
    if balance.left is None or rate is None:
        return Outlook(balance, None, lacks_rate=balance.left is not None)
    calls = UsageRecord.objects.filter(key=key.pk, created_at__gte=balance.asked_at)
    left = balance.left * rate * MICRO - (calls.aggregate(spent=Sum("cost"))["spent"] or 0)
    pace = _pace(key)
    return Outlook(balance, 0 if left <= 0 else int(left / pace) if pace else None, lacks_rate=False)


def _pace(key: ApiKey) -> Decimal:
    """Return what calls with this key cost a day: millionths. A key that is new counts from its first day."""
    today = daily_sums.day_of(clock.now())
    days = (today - timedelta(days=DAYS_OF_PACE - 1), today)
    found = DailySum.objects.filter(kind=DailySum.Kind.KEY, subject=key.pk, day__range=days)
    told = found.aggregate(cost=Sum("cost"), first=Min("day"))
    return Decimal(told["cost"] or 0) / ((today - told["first"]).days + 1 if told["first"] else 1)
