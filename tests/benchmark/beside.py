"""Searches in a large history beside running replies, in the real server."""

from tests.benchmark import searching
from tests.benchmark.measuring import percentile
from tests.benchmark.plan import Scenario
from tests.benchmark.run import Bench

STREAMS, RATE, SECONDS = 50, 20, 30.0
"""Replies at once, searches a second, and the seconds that are measured."""


def measure(messages: int, postgresql: bool) -> tuple[str, list[float]]:
    """Return a line of figures, and the milliseconds of each search."""
    scenario = Scenario(f"{STREAMS} streams", STREAMS, seconds=SECONDS)
    with Bench(postgresql) as bench:
        result, times = bench.searched(scenario, messages, RATE)
    assert not result.lost, result.lost
    half, most, last = (f"{percentile(times, share):.0f}" for share in (0.5, 0.95, 0.99))
    told = f"{RATE} searches a second among {messages:,} messages: p50 {half} ms, p95 {most} ms, p99 {last} ms; "
    told += f"beside them {STREAMS} streams, a delta: p50 {result.p50:.1f} ms, p95 {result.p95:.1f} ms"
    return told, times


def is_in_time(times: list[float]) -> bool:
    return percentile(times, 0.95) <= 1000 * searching.SEARCH_BAR
