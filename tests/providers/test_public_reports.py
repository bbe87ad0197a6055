"""Replies that users of other clients have reported are read as they were meant, however they are cut."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.providers import public_reports, public_reports_of_messages, public_reports_of_responses
from tests.providers.public_reports import Report
from tests.providers.reading import outcome

REPORTS = [
    *public_reports.REPORTS,
    *public_reports_of_messages.REPORTS,
    *public_reports_of_responses.REPORTS,
]


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.source)
def test_a_reported_stream(report: Report) -> None:
    whole = outcome(report.wire, [report.body])
    calls = [[part["name"], part.get("arguments")] for part in whole.get("parts", []) if part["kind"] == "call"]
    assert {name: {**whole, "calls": calls}.get(name) for name in report.read} == report.read
    assert ("error" in whole) == ("error" in report.read)
    assert outcome(report.wire, [bytes([byte]) for byte in report.body]) == whole
    for at in range(1, len(report.body), 7):
        assert outcome(report.wire, [report.body[:at], report.body[at:]]) == whole


def test_each_report_has_a_source_of_its_own() -> None:
    assert [source for source, count in Counter(report.source for report in REPORTS).items() if count > 1] == []
