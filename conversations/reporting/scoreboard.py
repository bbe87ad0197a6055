"""Endpoints that serve the same model, side by side."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from conversations.models import DailySum, FirstToken
from conversations.reporting.names import names_of
from conversations.reporting.periods import Period
from conversations.usage.daily_sums import milliseconds_of
from providers.models import Deployment, Trouble

Pair = tuple[UUID, UUID]
"""An endpoint and a model."""


@dataclass(frozen=True, slots=True)
class EndpointScore:
    """An endpoint's service of a model; waits in ms, at most 4.5 % off; None if unknown."""

    endpoint: str
    deployment: Deployment | None
    trouble: Trouble | None
    calls: int = 0
    errors: int = 0
    cut: int = 0
    gapped: int = 0
    cost: int = 0
    paced_tokens: int = 0
    paced_ms: int = 0
    p50: float | None = None
    p95: float | None = None

    @property
    def pace(self) -> float | None:
        """Return the speed after the first token: tokens a second."""
        return 1000 * self.paced_tokens / self.paced_ms if self.paced_ms else None


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """A model and the endpoints that serve it, the fastest first."""

    model: str
    scores: Sequence[EndpointScore] = field(default_factory=list)

    @property
    def calls(self) -> int:
        return sum(score.calls for score in self.scores)

    @property
    def longest(self) -> int:
        """Return the longest wait shown, which is the length of a whole bar."""
        return round(max((score.p95 or 0 for score in self.scores), default=0)) or 1

    @property
    def quickest(self) -> float | None:
        return self.scores[0].p50 if len(self.scores) > 1 else None


def contests(period: Period) -> list[ModelComparison]:
    """Return each model that was called or can be called, the most called first."""
    days = (period.first, period.last)
    sums = _sums(DailySum.objects.filter(kind=DailySum.Kind.ENDPOINT, day__range=days))
    waits = _waits(FirstToken.objects.filter(day__range=days))
    deployments = {
        (deployment.endpoint_id, deployment.model_id): deployment
        for deployment in Deployment.objects.select_related("endpoint", "model")
    }
    pairs = sums.keys() | deployments.keys()
    endpoints = names_of("endpoint", {endpoint for endpoint, _model in pairs})
    models = names_of("model", {model for _endpoint, model in pairs})
    troubles = Trouble.objects.in_bulk({one for key, row in deployments.items() for one in (key[0], row.pk)})
    found: dict[UUID, list[EndpointScore]] = {}
    for endpoint, model in pairs:
        pair = (endpoint, model)
        deployment = deployments.get(pair)
        trouble = troubles.get(endpoint) or (troubles.get(deployment.pk) if deployment else None)
        steps = waits.get(pair, {})
        score = EndpointScore(
            endpoints[endpoint],
            deployment,
            trouble,
            **sums.get(pair, {}),
            p50=percentile(steps, 0.5),
            p95=percentile(steps, 0.95),
        )
        found.setdefault(model, []).append(score)
    listed = [ModelComparison(models[model], sorted(scores, key=_order)) for model, scores in found.items()]
    return sorted(listed, key=lambda contest: (-contest.calls, contest.model))


def percentile(steps: Mapping[int, int], part: float) -> float | None:
    """Return the wait that this part of the calls did not exceed; `steps` counts the calls of each step."""
    left = part * sum(steps.values())
    for step, calls in sorted(steps.items()):
        left -= calls
        if left <= 0:
            return milliseconds_of(step)
    return None


def _order(score: EndpointScore) -> tuple[bool, float, str]:
    return score.p50 is None, score.p50 or 0, score.endpoint


def _sums(rows: QuerySet[DailySum]) -> dict[Pair, dict[str, int]]:
    names = ("calls", "errors", "cut", "gapped", "cost", "paced_tokens", "paced_ms")
    totals: Iterable[Any] = rows.values("subject", "model").annotate(**{f"sum_{name}": Sum(name) for name in names})
    return {(row["subject"], row["model"]): {name: row[f"sum_{name}"] for name in names} for row in totals}


def _waits(rows: QuerySet[FirstToken]) -> dict[Pair, dict[int, int]]:
    found: dict[Pair, dict[int, int]] = {}
    steps: Iterable[tuple[UUID, UUID, int, int]] = rows.values_list("endpoint", "model", "step").annotate(Sum("calls"))
    for endpoint, model, step, calls in steps:
        found.setdefault((endpoint, model), {})[step] = calls
    return found
