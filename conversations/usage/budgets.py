"""Budgets: a reply's likely cost is reserved before the call; its actual cost is in the `ledger`.

Reserving is one conditional UPDATE for each budget, so that concurrent requests cannot pass its limit.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle, islice
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.utils import timezone

from conversations.errors import Refused
from conversations.models import Budget, Message, Reservation, Tally, UsageRecord, User
from conversations.models.message import UNDER_WAY
from conversations.usage.billing import BillingContext, deployment_of
from conversations.usage.estimates import likely_usage, prompt_usage
from providers import clock
from providers.client.route import Route
from providers.models import Deployment, LanguageModel
from providers.prepared_queries import Prepared
from providers.prices import Prices, written
from providers.types import Prompt, Usage

LONGEST_CALL = timedelta(minutes=10)
"""Time after which a call that is no reply has ended, whatever became of it."""
_TARGETS = {Budget.Kind.PERSON: "user", Budget.Kind.TEAM: "team", Budget.Kind.MODEL: "model", Budget.Kind.KEY: "key"}


@dataclass(frozen=True, slots=True)
class BudgetLeft:
    """One budget as a person may know it: millionths."""

    kind: str
    period: str
    limit: int | None
    left: int | None
    warns: bool
    spent: int = 0

    @property
    def is_used_up(self) -> bool:
        """Return whether the limit is spent; what is only set aside for replies under way comes back."""
        return self.limit is not None and self.spent >= self.limit


# --- Before a call --------------------------------------------------------------------------------------------------


def reserve(reply: Message) -> None:
    """Reserve a reply's likely cost in the transaction that creates it; refuses with over_budget."""
    payer = BillingContext.of(reply)
    if (tallies := tallies_of(payer.targets())) and reply.model:
        _set_aside(payer.reply, tallies, cost_at_most(reply.model, _usage_of(reply)))


def reserve_for_key(payer: BillingContext, route: Route, prompt: Prompt) -> bool:
    """Reserve the likely cost in the budgets of the chosen key; returns False if they lack room."""
    return _reserve_in(tallies_of({"key": route.key_id}), payer, route, prompt, None)


def reserve_again(payer: BillingContext, route: Route, prompt: Prompt) -> None:
    """Reserve the likely cost of a reply's next call in place of the last one's; refuses with over_budget."""
    tallies = tallies_of(payer.targets(route.key_id))
    if tallies:
        with transaction.atomic():
            _release(_RESERVATIONS(payer.reply))
            _set_aside(payer.reply, tallies, _likely_cost_of(route, prompt))


def reserve_call(payer: BillingContext, route: Route, prompt: Prompt) -> bool:
    """Reserve the likely cost of a call for no reply in all budgets concerned; returns False if one lacks room."""
    tallies = tallies_of(payer.targets(route.key_id))
    return _reserve_in(tallies, payer, route, prompt, clock.now() + LONGEST_CALL)


def _reserve_in(
    tallies: list[Tally], payer: BillingContext, route: Route, prompt: Prompt, held_until: datetime | None
) -> bool:
    if not tallies:
        return True
    try:
        with transaction.atomic():
            _set_aside(payer.reply, tallies, _likely_cost_of(route, prompt), held_until)
    except Refused:
        return False
    return True


def _likely_cost_of(route: Route, prompt: Prompt) -> int:
    deployment = deployment_of(route)
    prices = deployment.prices() if deployment else None
    return prices.most(_as_drawn(prompt_usage(prompt), deployment)) if deployment and prices else 0


def likely_cost(model: LanguageModel, usage: Usage) -> int:
    """Return the cost at the model's most expensive endpoint: millionths."""
    return _at_dearest(model, usage, Prices.cost)


def cost_at_most(model: LanguageModel, usage: Usage) -> int:
    """Return the cost at the model's most expensive endpoint if all input goes into a cache: millionths."""
    return _at_dearest(model, usage, Prices.most)


def _at_dearest(model: LanguageModel, usage: Usage, cost: Callable[[Prices, Usage], int]) -> int:
    offers = [(prices, one) for one in model.deployments.all() if one.enabled and (prices := one.prices())]
    if model.context_window and usage.input_tokens:
        usage = replace(usage, input_tokens=min(usage.input_tokens, model.context_window))
    return max((cost(prices, _as_drawn(usage, one)) for prices, one in offers), default=0)


def _as_drawn(usage: Usage, deployment: Deployment) -> Usage:
    """Return the usage with no more pictures than this deployment is asked for."""
    asked = usage.pictures or 0
    return replace(usage, pictures=deployment.drawn_of(asked)) if asked > 1 else usage


def budgets_of(user: User, team: UUID | None, model: UUID | None) -> list[BudgetLeft]:
    """Return the budgets for a question of this person, without keys' budgets: the key is not yet chosen."""
    tallies = tallies_of({"person": user.pk, "team": team, "model": model})
    return [_left(tally) for tally in tallies]


# --- After a reply --------------------------------------------------------------------------------------------------


def close(reply: UUID) -> int | None:
    """Release an ended reply's reservations and return its cost in millionths, or None if no price is known."""
    _release(_RESERVATIONS(reply))
    costs = [call.cost for call in _CALLS(reply) if call.cost is not None]
    return sum(costs) if costs else None


_RESERVATIONS = Prepared(lambda reply: Reservation.objects.filter(reply=reply).order_by("tally_id"))
_CALLS = Prepared(lambda reply: UsageRecord.objects.filter(message=reply).only("cost"))


def release_forgotten() -> None:
    """Release the reservations of replies that have ended or no longer exist, and of calls that nobody has ended."""
    alive = Message.objects.filter(pk=OuterRef("reply"), status__in=UNDER_WAY)
    forgotten = Reservation.objects.filter(~Exists(alive)).exclude(held_until__gt=clock.now())
    if forgotten.exists():  # a read first: this runs each second, and a write would block others
        with transaction.atomic():
            _release(forgotten.order_by("tally_id"))


# --- Parts of the above ---------------------------------------------------------------------------------------------


def _usage_of(reply: Message) -> Usage:
    branch = Message.objects.branch(reply.parent_id)
    return likely_usage(reply.conversation, branch, reply.parameters, reply.assistant_asked)


def tallies_of(targets: dict[str, UUID | None], moment: datetime | None = None) -> list[Tally]:
    """Return the tallies of that day and month, always in the same order, so that locking them cannot deadlock."""
    concerned = {kind: target for kind, target in targets.items() if target}
    if not concerned:
        return []
    budgets = [budget for budget in _budgets(list(concerned.values())) if budget.kind in concerned]
    now = moment or clock.now()
    tallies = [_tally(budget, target, now) for budget, target in _applying(budgets, concerned)]
    return sorted(tallies, key=lambda tally: tally.pk)


def _budgets(targets: list[UUID]) -> list[Budget]:
    """Return the budgets for each, and those of these targets, of which there are one to four."""
    return _BUDGETS(*islice(cycle(targets), 4))


_BUDGETS = Prepared(lambda *targets: Budget.objects.filter(Q(target=None) | Q(target__in=targets)))


def _applying(budgets: Iterable[Budget], concerned: dict[str, UUID]) -> Iterator[tuple[Budget, UUID]]:
    """Yield the budgets that apply: a target's own counts instead of the one for each."""
    found: dict[tuple[str, str], Budget] = {}
    for budget in budgets:
        if budget.target in (None, concerned[budget.kind]):
            place = (budget.kind, budget.period)
            found[place] = budget if budget.target or place not in found else found[place]
    for budget in found.values():
        yield budget, concerned[budget.kind]


def _tally(budget: Budget, target: UUID, now: datetime) -> Tally:
    begins = budget.begins(now)
    tally = Tally.objects.filter(budget=budget, target=target, begins=begins).first()
    if tally is None:
        mine = UsageRecord.objects.filter(**{_TARGETS[Budget.Kind(budget.kind)]: target}, created_at__gte=begins)
        spent = mine.aggregate(total=Sum("cost"))["total"] or 0
        tally, _made = Tally.objects.get_or_create(
            budget=budget, target=target, begins=begins, defaults={"spent": spent}
        )
    tally.budget = budget
    return tally


def _set_aside(reply: UUID, tallies: list[Tally], amount: int, held_until: datetime | None = None) -> None:
    for tally in tallies:
        rows, limit = Tally.objects.filter(pk=tally.pk), tally.budget.hard_micro
        if limit is not None:
            rows = rows.filter(spent__lt=limit, reserved__lte=limit - amount - F("spent"))
        if not rows.update(reserved=F("reserved") + amount):
            raise Refused("over_budget", _no_room(tally, amount))
    Reservation.objects.bulk_create(
        Reservation(reply=reply, tally=tally, amount=amount, held_until=held_until) for tally in tallies
    )


def _no_room(tally: Tally, amount: int) -> str:
    """Return the sentence for a refusal: what is left, what is needed, and when or how it can be had."""
    budget, now = tally.budget, clock.now()
    fresh = Tally.objects.get(pk=tally.pk)
    limit, left = budget.hard_micro or 0, _left_of(fresh, budget.hard_micro or 0)
    whose = {"person": "Your", "team": "The team's", "model": "The model's", "key": "The key's"}[budget.kind]
    rest = f"{whose} budget of this {budget.period} has {_money(left)} left"
    told = f"{rest}; this question may cost up to {_money(amount)}."
    if amount > limit:
        return f"{told} That is more than the budget of a whole {budget.period}: shorten it, or ask for a larger one."
    if fresh.reserved and limit - fresh.spent >= amount:
        return f"{told} What is under way has {_money(fresh.reserved)} set aside: wait until it has ended."
    again = timezone.localtime(budget.ends(now), timezone.get_default_timezone())
    return f"{told} There is more from {again:%Y-%m-%d %H:%M} on ({timezone.get_default_timezone_name()})."


def _money(millionths: int) -> str:
    return f"{written(millionths)} {settings.CHATSITE_CURRENCY}"


def _release(reservations: Iterable[Reservation]) -> None:
    """Release each reservation exactly once: the process whose DELETE removed the row does it."""
    for reservation in reservations:
        if Reservation.objects.filter(pk=reservation.pk).delete()[0]:
            Tally.objects.filter(pk=reservation.tally_id).update(reserved=F("reserved") - reservation.amount)


def _left(tally: Tally) -> BudgetLeft:
    limit, warn = tally.budget.hard_micro, tally.budget.soft_micro
    left = None if limit is None else _left_of(tally, limit)
    warns = warn is not None and tally.spent >= warn
    return BudgetLeft(tally.budget.kind, tally.budget.period, limit, left, warns, tally.spent)


def _left_of(tally: Tally, limit: int) -> int:
    return max(0, limit - tally.spent - tally.reserved)
