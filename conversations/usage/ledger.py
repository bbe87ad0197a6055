"""The ledger, with one row for each call and its cost, written at once or with its reply's end."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum

from conversations.models import Budget, Message, Reservation, Tally, UsageRecord
from conversations.models.message import Status
from conversations.models.notifications import budget_warnings
from conversations.usage import daily_sums, estimates
from conversations.usage.billing import BillingContext, deployment_of
from conversations.usage.budgets import tallies_of
from conversations.usage.recorded_parameters import recorded
from providers import clock
from providers.client.route import Route
from providers.models import ApiKey, Endpoint, Lease
from providers.prepared_queries import insert
from providers.types import Usage

LOST = "server_restarted"
"""The outcome of a call whose process died."""
WENT_ON = "tool_call"
"""The outcome of a call that another one follows in its reply: for files, or for more of a search."""


@dataclass(frozen=True, slots=True)
class Call:
    """The usage and outcome of one attempt."""

    route: Route
    outcome: str
    usage: Usage
    estimated: bool
    first_token_ms: int | None
    total_ms: int
    gaps: int = 0
    at: datetime = field(default_factory=lambda: clock.now())
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The generation parameters of the prompt; the ledger keeps those of a call that failed."""


def record(payer: BillingContext, call: Call) -> None:
    """Add a row to the ledger, and its cost to each budget concerned."""
    with transaction.atomic():
        _record(payer, call)


def record_owed(payer: BillingContext, call: Call) -> None:
    """Record a call unless it is already recorded or estimated; runs inside a transaction."""
    this = Q(created_at=call.at, outcome=call.outcome, total_ms=call.total_ms)
    if not UsageRecord.objects.filter(this | Q(outcome=LOST), message=payer.reply).exists():
        _record(payer, call)


def record_lost(reply: Message) -> None:
    """Record the estimated cost of a reply whose process died before recording it; runs inside a transaction."""
    if not (reply.seq or reply.status == Status.STREAMING) or _calls_that_were_heard(reply).exists():
        return
    usage = _usage_of_last_call(reply)
    if usage is None:
        return
    key = _key_in_use(reply.pk)
    deployments = list(reply.model.deployments.select_related("endpoint")) if reply.model else []
    here = [one for one in deployments if key and one.endpoint_id == key.endpoint_id]
    payer = BillingContext.of(reply)
    costs = [prices.cost(usage) for deployment in here or deployments if (prices := deployment.prices())]
    row = UsageRecord(
        **_who(payer),
        **_where(here[0].endpoint if here else None, key),
        **_counts(usage),
        estimated=True,
        cost=max(costs, default=None),
        outcome=LOST,
        total_ms=0,
    )
    _write(row, payer.targets(key.pk if key else None))


def _usage_of_last_call(reply: Message) -> Usage | None:
    """Return the estimated usage of a reply's last call, None if nothing came of it after those that are recorded."""
    usage, went_on = estimates.usage_so_far(reply), UsageRecord.objects.filter(message=reply.pk, outcome=WENT_ON)
    if not went_on.exists():
        return usage
    looked_up = [
        place for place, part in enumerate(reply.parts, 1) if part["kind"] == "citation" and "function" in part
    ]
    if looked_up:  # what is behind them is the last call's alone
        return None if looked_up[-1] == len(reply.parts) else usage
    told = went_on.aggregate(words=Sum("output_tokens"), thoughts=Sum("thought_tokens"))
    words = max(0, (usage.output_tokens or 0) - (told["words"] or 0))
    thoughts = max(0, (usage.thought_tokens or 0) - (told["thoughts"] or 0))
    return replace(usage, output_tokens=words, thought_tokens=thoughts or None) if words or thoughts else None


def _calls_that_were_heard(reply: Message) -> QuerySet[UsageRecord]:
    """Return the call that ended a reply; the calls before it failed, or it went on from them."""
    heard = Q(first_token_ms__isnull=False) | Q(outcome__in=[*daily_sums.SUCCESS_OUTCOMES, LOST])
    return UsageRecord.objects.filter(heard, message=reply.pk).exclude(outcome=WENT_ON)


def _where(endpoint: Endpoint | None, key: ApiKey | None) -> dict[str, Any]:
    return {
        "endpoint": endpoint,
        "endpoint_name": endpoint.name if endpoint else "",
        "key": key,
        "key_name": str(key.secret) if key else "",
    }


def _record(payer: BillingContext, call: Call) -> None:
    deployment = deployment_of(call.route)
    prices = deployment.prices() if deployment else None
    row = UsageRecord(
        **{**_who(payer), "created_at": call.at},
        endpoint_id=call.route.endpoint,
        endpoint_name=deployment.endpoint.name if deployment else "",
        key_id=call.route.key_id,
        key_name=str(call.route.key or ""),
        **_counts(call.usage),
        estimated=call.estimated,
        cost=prices.cost(call.usage) if prices else None,
        outcome=call.outcome,
        first_token_ms=call.first_token_ms,
        total_ms=call.total_ms,
        gaps=call.gaps,
        parameters=None if call.outcome in daily_sums.SUCCESS_OUTCOMES else recorded(call.parameters),
    )
    _write(row, payer.targets(call.route.key_id))


def _key_in_use(reply: UUID) -> ApiKey | None:
    """Return the key for which the reply holds a lease or a reservation."""
    tally = Reservation.objects.filter(reply=reply, tally__budget__kind=Budget.Kind.KEY).values("tally__target")
    leased = Lease.objects.filter(holder=reply, ended_at=None).values("key")
    return ApiKey.objects.filter(Q(pk__in=leased) | Q(pk__in=tally)).first()


def _who(payer: BillingContext) -> dict[str, Any]:
    return {
        "created_at": clock.now(),
        "user_id": payer.user,
        "team_id": payer.team,
        "purpose": payer.purpose,
        "conversation": payer.conversation,
        "message": payer.reply,
        "model_id": payer.model,
        "model_name": payer.model_name,
    }


def _counts(usage: Usage) -> dict[str, int | None]:
    names = ("input_tokens", "output_tokens", "thought_tokens", "cached_tokens", "written_tokens")
    return {name: getattr(usage, name) for name in names}


def _write(row: UsageRecord, targets: dict[str, UUID | None]) -> None:
    """Update the tallies, then save the row: a tally that begins now starts from the ledger without this row."""
    for tally in tallies_of(targets, row.created_at):
        Tally.objects.filter(pk=tally.pk).update(spent=F("spent") + (row.cost or 0))
        budget_warnings.warn(tally, row.cost or 0)
    insert([row])
    daily_sums.add(row)
