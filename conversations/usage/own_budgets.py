"""Budgets as their spender sees them: the person's own, and those of the teams in which they write."""

from collections.abc import Iterator
from dataclasses import dataclass

from conversations.models import Budget, Team, User
from conversations.usage import budgets
from conversations.usage.budgets import BudgetLeft


@dataclass(frozen=True, slots=True)
class Limit:
    """One budget in millionths, and its team; `team` is empty for the person's own."""

    left: BudgetLeft
    team: str

    @property
    def period(self) -> str:
        return str(Budget.Period(self.left.period).label)


def limits_of(person: User) -> list[Limit]:
    """Return the rest of each such budget; budgets of models and keys are for administrators only."""
    return list(_limits_of(person))


def _limits_of(person: User) -> Iterator[Limit]:
    for team in (None, *Team.objects.writable_by(person).order_by("name")):
        for left in budgets.budgets_of(person, team.pk if team else None, None):
            if left.kind == ("team" if team else "person"):
                yield Limit(left, team.name if team else "")
