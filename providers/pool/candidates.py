"""The ways of a call: pairs of deployment and key, with their troubles."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from providers import clock, errors
from providers.error_texts import quote_of
from providers.errors import RateLimited, VendorError
from providers.models import ApiKey, Deployment, Trouble
from providers.pool import cooldown
from providers.prepared_queries import Prepared


@dataclass(frozen=True, slots=True)
class Blocked:
    """The reason why a way is not open, and the time until which, if known. `is_own`: the key is the asker's."""

    code: str
    until: datetime | None = None
    trouble: Trouble | None = None
    is_own: bool = False

    def as_error(self, reads_quotes: Callable[[], bool]) -> VendorError:
        """Return the error that made the way rest, with the wait that is left of a rate limit.

        The vendor's message is for the key's owner, and for who `reads_quotes` about accounts.
        """
        trouble = self.trouble
        if trouble is None:
            return RateLimited(because="Every key for this model is busy.")
        error = errors.error_from_code(trouble.code, trouble.reason)
        if isinstance(error, RateLimited):
            error.retry_after = (trouble.cooling_until - clock.now()).total_seconds()
        if (quote := quote_of(trouble.text)) and (self.is_own or reads_quotes()):
            error.quote = quote
        return error


def soonest_of(blocked: list[Blocked]) -> Blocked:
    now = clock.now()
    return min(blocked, key=lambda found: found.until or now)


@dataclass(frozen=True, slots=True)
class Way:
    """A deployment and a key, with their troubles."""

    deployment: Deployment
    key: ApiKey | None
    troubles: tuple[Trouble, ...] = ()

    @property
    def subjects(self) -> tuple[UUID, ...]:
        key = self.key.pk if self.key else None
        return tuple(cooldown.places(key, self.deployment.endpoint_id, self.deployment.pk))

    @property
    def account(self) -> UUID:
        """Return the queue's subject: the key or, if none is needed, the endpoint."""
        return self.key.pk if self.key else self.deployment.endpoint_id

    @property
    def priority(self) -> int:
        return self.deployment.priority

    @property
    def is_fallback(self) -> bool:
        return self.key is not None and self.key.is_fallback

    @property
    def key_priority(self) -> int:
        return self.key.priority if self.key else 0

    @property
    def is_capped(self) -> bool:
        return self.key is not None and self.key.is_capped

    @property
    def patience(self) -> float:
        """Return the time after which a probe has a result: seconds.

        It is the first-token clock, ten times as long without streaming.
        """
        endpoint = self.deployment.endpoint
        return endpoint.first_token_seconds * (1 if endpoint.streaming else 10)

    def draw(self) -> float:
        """Return a random number for a weighted choice.

        Of several ways, each has the smallest number with a chance in proportion to its weight.
        """
        return random.expovariate(self.deployment.weight * (self.key.weight if self.key else 1))


def ways_to(model: UUID, allowed: list[ApiKey]) -> list[Way]:
    """Return every deployment of the model with every key that may be used there."""
    pairs = [Way(deployment, key) for deployment in _SERVING(model) for key in _keys_at(deployment, allowed)]
    subjects = {subject for way in pairs for subject in way.subjects} if _ANY_TROUBLE() else set()
    found = Trouble.objects.in_bulk(subjects) if subjects else {}
    return [
        Way(way.deployment, way.key, tuple(found[key] for key in dict.fromkeys(way.subjects) if key in found))
        for way in pairs
    ]


_SERVING = Prepared(Deployment.objects.serving)


_ANY_TROUBLE = Prepared(lambda: Trouble.objects.only("subject")[:1])


def _keys_at(deployment: Deployment, allowed: list[ApiKey]) -> list[ApiKey | None]:
    here: list[ApiKey | None] = [key for key in allowed if key.endpoint_id == deployment.endpoint_id]
    return here or ([] if deployment.endpoint.needs_key else [None])
