"""The benchmark runs, sees everything arrive, and writes its table where CONTRIBUTING has its place for it."""

import hashlib
import json
from dataclasses import fields
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.benchmark import measuring, plan, table
from tests.benchmark.largest import find_largest
from tests.benchmark.measuring import Result, ShortReplies
from tests.benchmark.plan import Scenario
from tests.benchmark.run import Bench


@pytest.mark.soak
def test_it_measures_relay_and_site() -> None:
    out = StringIO()
    call_command("bench", quick=True, stdout=out, stderr=StringIO())
    rows = [line for line in out.getvalue().splitlines() if line.startswith("|")]
    assert len(rows) == 2 * (2 + 3)
    for three in (rows[2:5], rows[7:]):
        assert all(name in row for name, row in zip(("the bare relay", "Chatsite", "ratio"), three, strict=True))
    assert "0.0 / 0.0 ms" not in rows[3] + rows[8]


@pytest.mark.parametrize("name", ["end_p95", "ping_p95"])
def test_all_that_is_measured_is_in_the_table(name: str) -> None:
    result = _result(**{name: 77.7})
    assert "77.7" in table.table([(plan.SCENARIOS[0], result, result)])


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["database_load", "bus_load", "ledger_load"])
def test_it_loads_what_all_processes_share(kind: str) -> None:
    out = StringIO()
    call_command("bench", quick=True, stdout=out, stderr=StringIO(), **{kind: 2})
    names, _, cells = (line.strip("| ").split(" | ") for line in out.getvalue().splitlines()[:3])
    told = dict(zip(names, cells, strict=True))
    assert told["processes"] == "2"


def test_what_is_lost_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, lost in (("relay", []), ("site", ["a gap"])):
        monkeypatch.setattr(Bench, name, lambda self, scenario, lost=lost: _result(lost=lost))
    none = ShortReplies(1, 1, 1, 1, [])
    monkeypatch.setattr(Bench, "short_replies", lambda self, scenario: (none, none))
    with pytest.raises(CommandError, match="2 streams: a gap"):
        call_command("bench", quick=True, stdout=StringIO(), stderr=StringIO())


def test_the_table_replaces_the_one_before(tmp_path: Path) -> None:
    document = tmp_path / "CONTRIBUTING.md"
    document.write_text(f"Above\n{table.BEGIN}\nold\n{table.END}\nBelow\n", encoding="utf-8")
    table.write(document, "new")
    assert document.read_text(encoding="utf-8") == f"Above\n{table.BEGIN}\n\nnew\n\n{table.END}\nBelow\n"


def _result(**told: Any) -> Result:
    return Result(**{**dict.fromkeys([field.name for field in fields(Result)], 1.0), "lost": [], **told})


def _watched(*texts: str) -> SimpleNamespace:
    frames = [json.dumps({"seq": seq, "text": text}).encode() for seq, text in enumerate(texts, 1)]
    return SimpleNamespace(deltas=[(2.0, frame) for frame in frames])


@pytest.mark.parametrize(
    ("changed", "said", "loss"),
    [
        ({"seq": 3}, "1000000 1500000 ", ["a gap"]),
        ({}, "1000000 1500000 2000000 ", ["not the vendor's text"]),
        ({"message": {"text": "1000000 ", "status": "complete"}}, "1000000 1500000 ", ["not the text that is kept"]),
        ({"message": {"text": "1000000 1500000 ", "status": "stopped"}}, "1000000 1500000 ", ["not complete"]),
        ({}, "1000000 1500000 ", []),
    ],
)
def test_losses_are_found(changed: dict[str, object], said: str, loss: list[str]) -> None:
    finished = {"seq": 2, "message": {"text": "1000000 1500000 ", "status": "complete"}, **changed}
    digest = hashlib.sha256(said.encode()).hexdigest()
    assert measuring.losses(_watched("1000000 ", "1500000 "), finished, digest) == loss  # type: ignore[arg-type]


def test_latency_is_from_write_to_read() -> None:
    watched = _watched("1000000 ", "1500000 ")
    assert measuring.latencies(watched, 1.2, 3.0) == [500.0]  # type: ignore[arg-type]
    assert measuring.arrivals(watched, 1.2, 3.0) == 2  # type: ignore[arg-type]


def test_the_largest_is_found() -> None:
    asked: list[int] = []

    def measure(scenario: Scenario) -> Result:
        asked.append(scenario.streams)
        return _result(p95=249.0 if scenario.streams <= 260 else 251.0)

    assert find_largest(measure) == 250
    assert asked == [100, 200, 300, 225, 250, 275]


def test_a_question_tells_the_vendor_its_plan() -> None:
    asked = plan.Plan("tag1", 300, 50)
    body = json.dumps({"messages": [{"content": "plan old 1 1"}, {"content": asked.question()}]}).encode()
    assert plan.plan_in(body) == asked
