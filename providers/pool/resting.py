"""The rest of a model: the time until which none of its ways is open."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from providers import clock
from providers.models import ApiKey, Deployment, Trouble
from providers.pool import cooldown


def troubles_now() -> dict[UUID, datetime]:
    """Return the end of each cooldown, by its subject."""
    return dict(Trouble.objects.filter(cooling_until__gt=clock.now()).values_list("subject", "cooling_until"))


def rests_until(
    deployments: Iterable[Deployment], keys: Iterable[ApiKey], troubles: Mapping[UUID, datetime]
) -> datetime | None:
    """Return when the first way to a model opens again, or None if one is open or there is none.

    `deployments` are the model's, `keys` those that a question to it may use.
    """
    allowed = list(keys)
    ends = [
        max((troubles[subject] for subject in subjects if subject in troubles), default=None)
        for deployment in deployments
        for subjects in _subjects(deployment, allowed)
    ]
    closed = [end for end in ends if end]
    return min(closed) if closed and len(closed) == len(ends) else None


def _subjects(deployment: Deployment, allowed: list[ApiKey]) -> list[list[UUID]]:
    """Return the subjects of each way through this deployment."""
    endpoint = deployment.endpoint
    here: list[UUID | None] = [key.pk for key in allowed if key.endpoint_id == endpoint.pk]
    keys = here or ([] if endpoint.needs_key else [None])
    return [cooldown.places(key, endpoint.pk, deployment.pk) for key in keys]
