"""The results as tables in Markdown, and their places in CONTRIBUTING.md."""

from collections.abc import Sequence
from pathlib import Path

from tests.benchmark.measuring import Result, ShortReplies
from tests.benchmark.plan import Scenario

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
BEGIN_POSTGRESQL, END_POSTGRESQL = "<!-- bench on PostgreSQL: begin -->", "<!-- bench on PostgreSQL: end -->"

_COLUMNS = (
    "what",
    "through",
    "first token, added: p50 / p95",
    "a delta: p50 / p95 / p99",
    "an end: p50 / p95",
    "a ping: p95",
    "CPU per 1,000 deltas",
    "memory a stream",
)
_SHORT_COLUMNS = ("what", "through", "replies a second", "CPU a reply", "question to end: p50 / p95")


def table(results: list[tuple[Scenario, Result, Result]]) -> str:
    """Return each scenario in three rows: the bare relay, Chatsite, and the ratio of the two."""
    return "\n".join([*head(_COLUMNS), *(line for result in results for line in _rows(*result))])


def short_table(results: list[tuple[Scenario, ShortReplies, ShortReplies]]) -> str:
    """Return the same of short replies."""
    return "\n".join([*head(_SHORT_COLUMNS), *(line for result in results for line in _short_rows(*result))])


def write(document: Path, text: str, begin: str = BEGIN, end: str = END) -> None:
    """Put `text` between two markers of the document."""
    before, _, rest = document.read_text(encoding="utf-8").partition(begin)
    _, marker, after = rest.partition(end)
    assert marker, f"{document} lacks {begin} … {end}"
    document.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def _rows(scenario: Scenario, relay: Result, site: Result) -> list[str]:
    return [
        row(scenario.name, "the bare relay", *_cells(scenario, relay)),
        row("", "Chatsite", *_cells(scenario, site)),
        row("", "ratio", *_ratios(scenario, relay, site)),
    ]


def head(columns: Sequence[str]) -> list[str]:
    return [row(*columns), row(*["---"] * len(columns))]


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(scenario: Scenario, result: Result) -> list[str]:
    first = times(result.first_token, result.first_token_p95)
    if scenario.is_of_first_words:
        return [first, *[""] * 5]
    return [
        first,
        times(result.p50, result.p95, result.p99),
        times(result.end_p50, result.end_p95),
        times(result.ping_p95),
        f"{result.cpu:.0f} ms",
        f"{result.megabytes:.2f} MB",
    ]


def _ratios(scenario: Scenario, relay: Result, site: Result) -> list[str]:
    groups = (("first_token", "first_token_p95"), ("p50", "p95", "p99"), ("end_p50", "end_p95"), ("ping_p95",))
    cells = [_ratio(relay, site, *names) for names in (*groups, ("cpu",), ("megabytes",))]
    return [cells[0], *[""] * 5] if scenario.is_of_first_words else cells


def _short_rows(scenario: Scenario, relay: ShortReplies, site: ShortReplies) -> list[str]:
    return [
        row(scenario.name, "the bare relay", *_short_cells(relay)),
        row("", "Chatsite", *_short_cells(site)),
        row("", "ratio", *(_ratio(relay, site, *names) for names in (("rate",), ("cpu",), ("p50", "p95")))),
    ]


def _short_cells(result: ShortReplies) -> list[str]:
    return [f"{result.rate:.0f}", f"{result.cpu:.1f} ms", times(result.p50, result.p95)]


def times(*milliseconds: float) -> str:
    return f"{' / '.join(f'{one:.1f}' for one in milliseconds)} ms"


def _ratio(relay: object, site: object, *names: str) -> str:
    return " / ".join(_share(getattr(site, name), getattr(relay, name)) for name in names)


def _share(ours: float, limit: float) -> str:
    if limit <= 0:
        return "–"
    return f"{ours / limit:.1f}×" if ours > limit / 10 else f"{ours / limit:.2f}×"
