"""Warnings to staff about budgets that are nearly used up, once a period."""

from typing import Any
from uuid import UUID

from django.db import models

from conversations.models import Budget, Notification, Tally, Team, User
from conversations.models.notifications.notification import Kind
from providers.models import ApiKey, LanguageModel

NEAR = 0.9
"""The part of a limit that warns where the budget does not say it."""
_TARGETS: dict[str, type[models.Model]] = {
    Budget.Kind.PERSON: User, Budget.Kind.TEAM: Team, Budget.Kind.KEY: ApiKey, Budget.Kind.MODEL: LanguageModel,
}  # fmt: skip


def warn(tally: Tally, cost: int) -> None:
    """Note it if a call of this cost has just brought the tally near its end; in the call's transaction."""
    limit = (
        tally.budget.soft_micro if tally.budget.soft_micro is not None else int((tally.budget.hard_micro or 0) * NEAR)
    )
    if not cost or not limit or 2 * (tally.spent + cost) < limit:  # others may have spent since it was read
        return
    spent = Tally.objects.values_list("spent", flat=True).get(pk=tally.pk)
    if spent - cost < limit <= spent:
        key = f"budget:{tally.pk}:{limit}"
        told: dict[str, Any] = {"about": tally.target, "subject": f"{_name(tally)} · {tally.budget.period}"}
        told["team"] = tally.target if tally.budget.kind == Budget.Kind.TEAM else None
        Notification.objects.note_for_staff(Kind.BUDGET, key, permission="conversations.view_budget", **told)


def _name(tally: Tally) -> str:
    target: UUID = tally.target
    row = _TARGETS[tally.budget.kind]._default_manager.filter(pk=target).first()
    return str(getattr(row, "name", "") or row or "")
