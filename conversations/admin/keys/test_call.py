"""*Test now*: a short real call with one key, whose words are streamed, then its times and cost."""

import threading
import time
from collections.abc import Iterator
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


class Trial:
    """One call with a key. Iterate it for the words of the answer, once; `result` is set when they have ended.

    By then, the ledger and the timeline have it too.
    """

    def __init__(self, key: ApiKey, deployment: Deployment, by: User) -> None:
        self.result: Result | None = None
        self._key, self._deployment, self._by = key, deployment, by
        self._stream: Stream | None = None
        self._is_over = threading.Event()

    def hang_up(self) -> None:
        """End the call at once, even while the vendor says nothing. Any thread may call it."""
        self._is_over.set()
        if self._stream is not None:
            self._stream.stop()

    def __iter__(self) -> Iterator[str]:
        route = route_of(self._deployment, self._key)
        prompt = Prompt(
            route.vendor_id, (Turn("user", (Part("text", QUESTION),)),), parameters={"max_tokens": _MAX_TOKENS}
        )
        begun, outcome, error = time.monotonic(), "stopped", None
        meter = Meter(prompt)
        try:
            with route.stream(prompt) as stream:
                self._stream = stream
                if self._is_over.is_set():
                    stream.stop()
                for delta in stream:
                    meter.count(delta)
                    yield delta.text or delta.thought
            outcome = "stopped" if stream.stopped else "complete"
        except (VendorError, Locked) as failure:
            outcome, error = getattr(failure, "code", "key_refused"), failure
        finally:
            used = meter.read(self._stream.usage if self._stream else None, self._is_owed(error))
            result = self.result = _result(self._stream, error, begun, used.usage)
            waits = result.first_token_ms, result.total_ms
            call = Call(route, outcome, used.usage, used.is_estimated, *waits, parameters=prompt.parameters)
            database_threads.submit_change(_conclude, self._key, self._deployment, call, error, self._by).result()

    def _is_owed(self, error: Exception | None) -> bool:
        return error is None and self._stream is not None and self._stream.has_left


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
