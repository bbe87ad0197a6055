"""Money: what a reply may cost is set aside before it is asked for, and what it has cost is written down.

Setting aside is one conditional UPDATE a budget, so that however many ask at once, no more pass than it has room for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle, islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Sum

from conversations.errors import Refused
from conversations.models import Budget, Conversation, File, Message, Reservation, Tally, UsageRecord, User
from conversations.models.message import UNDER_WAY
from conversations.reporting import summing
from providers import clock, counting
from providers.models import Deployment, LanguageModel
from providers.pool import Route
from providers.prepared import Prepared
from providers.types import Prompt, Usage

TYPICAL_OUTPUT = 4096
"""Tokens set aside for an answer whose length nobody has limited."""
IMAGE_TOKENS = 1000
BYTES_PER_TOKEN, MOST_FILE_TOKENS = 4, 100_000

_TARGETS = {Budget.Kind.PERSON: "user", Budget.Kind.TEAM: "team", Budget.Kind.MODEL: "model", Budget.Kind.KEY: "key"}


@dataclass(frozen=True, slots=True)
class Payer:
    """On whose account a reply goes."""

    reply: UUID
    conversation: UUID
    user: UUID | None
    team: UUID | None
    model: UUID | None
    model_name: str

    @classmethod
    def of(cls, reply: Message) -> "Payer":
        team = reply.conversation.team_id
        return cls(reply.pk, reply.conversation_id, reply.author_id, team, reply.model_id, reply.model_name)

    def targets(self, key: UUID | None = None) -> dict[str, UUID | None]:
        """Whose budgets it counts against, by kind."""
        return {"person": self.user, "team": self.team, "model": self.model, "key": key}


@dataclass(frozen=True, slots=True)
class Call:
    """What one attempt has used, and how it went."""

    route: Route
    outcome: str
    usage: Usage
    estimated: bool
    first_token_ms: int | None
    total_ms: int


@dataclass(frozen=True, slots=True)
class Left:
    """One budget as a person may know it, in millionths."""

    kind: str
    period: str
    limit: int | None
    left: int | None
    warns: bool


# --- Before ---------------------------------------------------------------------------------------------------------


def reserve(reply: Message) -> None:
    """Inside the transaction that creates it: set aside what this reply is likely to cost; refuses with over_budget."""
    payer = Payer.of(reply)
    if (tallies := _tallies(payer.targets())) and reply.model:
        _set_aside(payer.reply, tallies, likely_cost(reply.model, _usage_of(reply)))


def reserve_for_key(payer: Payer, route: Route, prompt: Prompt) -> bool:
    """The same for the budgets of the key that was chosen; False where they have no room."""
    if route.key_id is None or not (tallies := _tallies({"key": route.key_id})):
        return True
    deployment = _deployment(route)
    prices = deployment.prices() if deployment else None
    amount = prices.cost(prompt_usage(prompt)) if prices else 0
    try:
        with transaction.atomic():
            _set_aside(payer.reply, tallies, amount)
    except Refused:
        return False
    return True


def likely_cost(model: LanguageModel, usage: Usage) -> int:
    """Millionths that this costs at the model's dearest endpoint."""
    prices = [deployment.prices() for deployment in model.deployments.all() if deployment.enabled]
    return max((known.cost(usage) for known in prices if known), default=0)


def likely_usage(conversation: Conversation, branch: Iterable[Message], parameters: Mapping[str, Any]) -> Usage:
    """Tokens of everything said, counted by its characters, and of an answer as long as it may be, or typical."""
    branch = list(branch)
    words = sum(counting.tokens(message.text) for message in branch) + counting.tokens(conversation.system_prompt)
    files = sum(file_tokens(file) for message in branch for file in message.files.all())
    return Usage(words + files, _answer({**conversation.parameters, **parameters}.get("max_tokens")))


def prompt_usage(prompt: Prompt, said: str | None = None) -> Usage:
    """The same of a prompt that is about to be sent or, with what was `said`, has been answered."""
    words = counting.tokens(prompt.system) + sum(
        IMAGE_TOKENS if "data" in part.detail else counting.tokens(part.text)
        for turn in prompt.turns
        for part in turn.parts
    )
    answer = _answer(prompt.parameters.get("max_tokens")) if said is None else counting.tokens(said)
    return Usage(input_tokens=words, output_tokens=answer)


def budgets_of(user: User, team: UUID | None, model: UUID | None) -> list[Left]:
    """What is left for a question of this person, the budgets of keys left out: nobody knows which will answer."""
    tallies = _tallies({"person": user.pk, "team": team, "model": model})
    return [_left(tally) for tally in tallies]


# --- After ----------------------------------------------------------------------------------------------------------


def record(payer: Payer, call: Call) -> None:
    """One more row of the ledger, and its cost on every budget that it concerns."""
    deployment = _deployment(call.route)
    prices = deployment.prices() if deployment else None
    cost = prices.cost(call.usage) if prices else None
    row = UsageRecord(
        **_who(payer),
        endpoint_id=call.route.endpoint,
        endpoint_name=deployment.endpoint.name if deployment else "",
        key_id=call.route.key_id,
        key_name=str(call.route.key or ""),
        **_counts(call.usage),
        estimated=call.estimated,
        cost=cost,
        outcome=call.outcome,
        first_token_ms=call.first_token_ms,
        total_ms=call.total_ms,
    )
    with transaction.atomic():
        _write(row, payer.targets(call.route.key_id))


def record_lost(reply: Message) -> None:
    """What a reply has cost whose process died, about: nobody has heard the vendor's own count."""
    if not reply.seq or UsageRecord.objects.filter(message=reply.pk).exists():
        return
    usage = Usage(_usage_of(reply).input_tokens, counting.tokens(reply.text))
    deployments = reply.model.deployments.all() if reply.model else []
    costs = [prices.cost(usage) for deployment in deployments if (prices := deployment.prices())]
    payer, cost = Payer.of(reply), max(costs, default=None)
    row = UsageRecord(
        **_who(payer), **_counts(usage), estimated=True, cost=cost, outcome="server_restarted", total_ms=0
    )
    _write(row, payer.targets())


def close(reply: UUID) -> int | None:
    """This reply has ended: what was set aside for it is free. Its cost in millionths, None where no price is known."""
    _release(Reservation.objects.filter(reply=reply))
    total: int | None = UsageRecord.objects.filter(message=reply).aggregate(total=Sum("cost"))["total"]
    return total


def release_forgotten() -> None:
    """What is set aside for replies that are no longer there, deleted with their conversation."""
    alive = Message.objects.filter(pk=OuterRef("reply"), status__in=UNDER_WAY)
    with transaction.atomic():
        _release(Reservation.objects.filter(~Exists(alive)))


# --- Parts of the above ---------------------------------------------------------------------------------------------


def _usage_of(reply: Message) -> Usage:
    return likely_usage(reply.conversation, Message.objects.branch(reply.parent_id), reply.parameters)


def _who(payer: Payer) -> dict[str, Any]:
    return {
        "created_at": clock.now(),
        "user_id": payer.user,
        "team_id": payer.team,
        "conversation": payer.conversation,
        "message": payer.reply,
        "model_id": payer.model,
        "model_name": payer.model_name,
    }


def _counts(usage: Usage) -> dict[str, int | None]:
    names = ("input_tokens", "output_tokens", "thought_tokens", "cached_tokens")
    return {name: getattr(usage, name) for name in names}


def _write(row: UsageRecord, targets: dict[str, UUID | None]) -> None:
    """The tallies first: one that begins now begins with what the ledger holds without this row."""
    for tally in _tallies(targets):
        Tally.objects.filter(pk=tally.pk).update(spent=F("spent") + (row.cost or 0))
    row.save()
    summing.add(row)


def _tallies(targets: dict[str, UUID | None]) -> list[Tally]:
    """Those of today and this month that apply, always in the same order: who locks them all waits for nobody."""
    concerned = {kind: target for kind, target in targets.items() if target}
    if not concerned:
        return []
    budgets = [budget for budget in _budgets(list(concerned.values())) if budget.kind in concerned]
    now = clock.now()
    tallies = [_tally(budget, target, now) for budget, target in _applying(budgets, concerned)]
    return sorted(tallies, key=lambda tally: tally.pk)


def _budgets(targets: list[UUID]) -> list[Budget]:
    """Those for each, and those of one of these, of which there are one to four."""
    return _BUDGETS(*islice(cycle(targets), 4))


_BUDGETS = Prepared(lambda *targets: Budget.objects.filter(Q(target=None) | Q(target__in=targets)))


def _applying(budgets: Iterable[Budget], concerned: dict[str, UUID]) -> Iterator[tuple[Budget, UUID]]:
    """A budget of one's own counts instead of the one for each."""
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


def _set_aside(reply: UUID, tallies: list[Tally], amount: int) -> None:
    for tally in tallies:
        rows, limit = Tally.objects.filter(pk=tally.pk), tally.budget.hard_micro
        if limit is not None:
            rows = rows.filter(spent__lt=limit, reserved__lte=limit - amount - F("spent"))
        if not rows.update(reserved=F("reserved") + amount):
            raise Refused("over_budget", _sentence(tally.budget))
    Reservation.objects.bulk_create(Reservation(reply=reply, tally=tally, amount=amount) for tally in tallies)


def _sentence(budget: Budget) -> str:
    whose = {"person": "Your", "team": "The team's", "model": "The model's", "key": "The key's"}[budget.kind]
    again = "tomorrow" if budget.period == Budget.Period.DAY else "next month"
    return f"{whose} budget has no room for this question; there is more {again}."


def _release(reservations: Any) -> None:
    """Each once, whoever else comes: only who deletes the row gives back what it held."""
    for reservation in reservations.order_by("tally_id"):
        if Reservation.objects.filter(pk=reservation.pk).delete()[0]:
            Tally.objects.filter(pk=reservation.tally_id).update(reserved=F("reserved") - reservation.amount)


def _left(tally: Tally) -> Left:
    limit, warn = tally.budget.hard_micro, tally.budget.soft_micro
    left = None if limit is None else max(0, limit - tally.spent - tally.reserved)
    return Left(tally.budget.kind, tally.budget.period, limit, left, warn is not None and tally.spent >= warn)


def file_tokens(file: File) -> int:
    return IMAGE_TOKENS if file.is_image else min(file.size // BYTES_PER_TOKEN, MOST_FILE_TOKENS)


def _answer(limit: object) -> int:
    return limit if isinstance(limit, int) and limit > 0 else TYPICAL_OUTPUT


def _deployment(route: Route) -> Deployment | None:
    if route.deployment is None:
        return None
    return Deployment.objects.select_related("endpoint").filter(pk=route.deployment).first()
