"""The results as a table in Markdown, and its place in CONTRIBUTING.md."""

from pathlib import Path

from tests.benchmark.measuring import Result
from tests.benchmark.plan import Scenario

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"

_HEAD = (
    "| what | through | first token, added | a delta, p50 / p95 / p99 | CPU per 1,000 deltas | memory a stream |",
    "| --- | --- | --- | --- | --- | --- |",
)


def table(results: list[tuple[Scenario, Result, Result]]) -> str:
    """Return each scenario in three rows: the bare relay, Chatsite, and the ratio of the two."""
    return "\n".join([*_HEAD, *(line for result in results for line in _rows(*result))])


def write(document: Path, text: str) -> None:
    """Put `text` between the two markers of the document."""
    before, _, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    _, marker, after = rest.partition(END)
    assert marker, f"{document} lacks {BEGIN} … {END}"
    document.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _rows(scenario: Scenario, relay: Result, site: Result) -> list[str]:
    return [
        _row(scenario.name, "the bare relay", *_cells(scenario, relay)),
        _row("", "Chatsite", *_cells(scenario, site)),
        _row("", "ratio", *_ratios(scenario, relay, site)),
    ]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(scenario: Scenario, result: Result) -> list[str]:
    first = f"{result.first_token:.1f} ms"
    if not scenario.streams:
        return [first, "", "", ""]
    latency = f"{result.p50:.1f} / {result.p95:.1f} / {result.p99:.1f} ms"
    return [first, latency, f"{result.cpu:.0f} ms", f"{result.megabytes:.2f} MB"]


def _ratios(scenario: Scenario, relay: Result, site: Result) -> list[str]:
    first = _ratio(site.first_token, relay.first_token)
    if not scenario.streams:
        return [first, "", "", ""]
    names = ("p50", "p95", "p99")
    latency = " / ".join(_ratio(getattr(site, name), getattr(relay, name)) for name in names)
    return [first, latency, _ratio(site.cpu, relay.cpu), _ratio(site.megabytes, relay.megabytes)]


def _ratio(ours: float, limit: float) -> str:
    return f"{ours / limit:.1f}×" if limit > 0 else "–"
