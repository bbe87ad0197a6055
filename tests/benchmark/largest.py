"""The largest number of concurrent streams whose deltas arrive in time."""

from collections.abc import Callable

from tests.benchmark.measuring import Result
from tests.benchmark.plan import Scenario

IN_TIME = 250.0
"""Milliseconds within which 95 of 100 deltas must arrive."""
STEP, FINE = 100, 25


def find_largest(measure: Callable[[Scenario], Result]) -> int:
    """Return the most streams, to a step of FINE, with p95 under IN_TIME and nothing lost."""
    fine = 0
    for step in (STEP, FINE):
        while _is_in_time(measure, fine + step):
            fine += step
    return fine


def _is_in_time(measure: Callable[[Scenario], Result], streams: int) -> bool:
    result = measure(Scenario(f"{streams} streams", streams, seconds=3.0, probes=3))
    return result.p95 < IN_TIME and not result.lost
