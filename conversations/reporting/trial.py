"""*Test now*: a real, short call with one key; its words as they come, then how long it took and what it cost."""

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from conversations import database, spending
from conversations.models import User
from conversations.models.sums import NOBODY
from conversations.spending import Call, Payer
from providers import cooling, pool
from providers.detecting import QUESTION
from providers.errors import VendorError
from providers.models import ApiKey, Deployment, HealthEvent
from providers.streaming import Stream
from providers.types import Part, Prompt, Turn, Usage
from providers.vault import Locked

_MOST_TOKENS = 200
_OF_THE_KEY = ("key_refused", "quota")


@dataclass(frozen=True, slots=True)
class Result:
    """`error` is what the vendor did not like, empty where all was well; times in ms."""

    error: str
    first_token_ms: int | None
    total_ms: int
    usage: Usage

    @property
    def pace(self) -> float | None:
        """Tokens a second."""
        watched = self.total_ms - (self.first_token_ms or self.total_ms)
        said = self.usage.output_tokens or 0
        return 1000 * said / watched if watched > 0 and said else None


def trial(key: ApiKey, deployment: Deployment, by: User) -> Generator[str, None, Result]:
    """The words of the answer; returns the result, which the ledger and the key's timeline have by then."""
    route = pool.route_of(deployment, key)
    prompt = Prompt(
        route.vendor_id, (Turn("user", (Part("text", QUESTION),)),), parameters={"max_tokens": _MOST_TOKENS}
    )
    begun, outcome, error, stream = time.monotonic(), "stopped", None, None
    try:
        with route.stream(prompt) as stream:
            for delta in stream:
                yield delta.text or delta.thought
        outcome = "complete"
    except (VendorError, Locked) as failure:
        outcome, error = getattr(failure, "code", "key_refused"), failure
    finally:
        result = _result(stream, error, begun)
        call = Call(route, outcome, result.usage, False, result.first_token_ms, result.total_ms)
        database.submit_change(_conclude, key, deployment, call, error, by).result()
    return result


def _result(stream: Stream | None, error: Exception | None, begun: float) -> Result:
    first = stream.first_token_at if stream else None
    return Result(
        error=str(error or ""),
        first_token_ms=round(1000 * (first - begun)) if first else None,
        total_ms=round(1000 * (time.monotonic() - begun)),
        usage=(stream.usage if stream else None) or Usage(),
    )


def _conclude(key: ApiKey, deployment: Deployment, call: Call, error: Any, by: User) -> None:
    """What works is back in service; what the vendor refuses is left alone, as after anybody's call."""
    model = deployment.model
    spending.record(Payer(NOBODY, NOBODY, by.pk, None, model.pk, model.name), call)
    if call.outcome == "complete":
        cooling.forget([key.pk, deployment.endpoint_id, deployment.pk])
    elif isinstance(error, VendorError) and error.code in _OF_THE_KEY:
        cooling.blame(key.pk, error, key.pk)
    code = "" if call.outcome == "complete" else call.outcome
    HealthEvent.note(key.pk, HealthEvent.Kind.TESTED, code=code, text=str(error or ""), by=by)
