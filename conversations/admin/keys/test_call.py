"""*Test now*: a short real call with one key, whose words are streamed, then its times and cost."""

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from conversations.models import User
from conversations.models.spending import NOBODY
from conversations.usage import ledger
from conversations.usage.billing import BillingContext
from conversations.usage.estimates import Meter
from conversations.usage.ledger import Call
from conversations.workers import database_threads
from providers.client.route import route_of
from providers.client.stream import Stream
from providers.encryption.sealing import Locked
from providers.endpoints.detection import QUESTION
from providers.errors import VendorError
from providers.models import ApiKey, Deployment, HealthEvent
from providers.pool import cooldown
from providers.types import Part, Prompt, Turn, Usage

_MAX_TOKENS = 200


@dataclass(frozen=True, slots=True)
class Result:
    """The result of the call; `error` is the vendor's refusal, empty if there was none; times in ms."""

    error: str
    first_token_ms: int | None
    total_ms: int
    usage: Usage

    @property
    def pace(self) -> float | None:
        """Return the speed: tokens a second."""
        watched = self.total_ms - (self.first_token_ms or self.total_ms)
        said = self.usage.output_tokens or 0
        return 1000 * said / watched if watched > 0 and said else None


def trial(key: ApiKey, deployment: Deployment, by: User) -> Generator[str, None, Result]:
    """Yield the words of the answer and return the result, which the ledger and the timeline have by then."""
    route = route_of(deployment, key)
    prompt = Prompt(route.vendor_id, (Turn("user", (Part("text", QUESTION),)),), parameters={"max_tokens": _MAX_TOKENS})
    begun, outcome, error, stream = time.monotonic(), "stopped", None, None
    meter = Meter(prompt)
    try:
        with route.stream(prompt) as stream:
            for delta in stream:
                meter.count(delta)
                yield delta.text or delta.thought
        outcome = "complete"
    except (VendorError, Locked) as failure:
        outcome, error = getattr(failure, "code", "key_refused"), failure
    finally:
        is_owed = error is None and stream is not None and stream.has_left
        used = meter.read(stream.usage if stream else None, is_owed)
        result = _result(stream, error, begun, used.usage)
        waits = result.first_token_ms, result.total_ms
        call = Call(route, outcome, used.usage, used.is_estimated, *waits, parameters=prompt.parameters)
        database_threads.submit_change(_conclude, key, deployment, call, error, by).result()
    return result


def _result(stream: Stream | None, error: Exception | None, begun: float, usage: Usage) -> Result:
    first = stream.first_token_at if stream else None
    return Result(
        error=str(error or ""),
        first_token_ms=round(1000 * (first - begun)) if first else None,
        total_ms=round(1000 * (time.monotonic() - begun)),
        usage=usage,
    )


def _conclude(key: ApiKey, deployment: Deployment, call: Call, error: Any, by: User) -> None:
    """Record the call; success ends a cooldown, and a refusal starts one, as after any call."""
    model = deployment.model
    ledger.record(BillingContext(NOBODY, NOBODY, by.pk, None, model.pk, model.name), call)
    if call.outcome == "complete":
        cooldown.reset(cooldown.places(key.pk, deployment.endpoint_id, deployment.pk))
    elif isinstance(error, VendorError):
        cooldown.mark_refused_plainly(call.route, error, key.pk)
    code = "" if call.outcome == "complete" else call.outcome
    HealthEvent.note(key.pk, HealthEvent.Kind.TESTED, code=code, text=str(error or ""), by=by)
