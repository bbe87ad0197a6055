"""The benchmark of reading runs, and says when something costs too much."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from providers.management.commands import benchreading
from tests.vendor_replies import openai_event


@pytest.mark.parametrize(("bar", "refused", "fine"), [(100.0, False, True), (0.0, False, False), (100.0, True, False)])
def test_it_measures(monkeypatch: pytest.MonkeyPatch, bar: float, refused: bool, fine: bool) -> None:
    body = benchreading.Body("a reply", "openai", openai_event("Hi") * 100, bar, refused)
    monkeypatch.setattr(benchreading, "_bodies", lambda: iter([body]))
    out = StringIO()
    if fine:
        call_command("benchreading", runs=1, stdout=out)
    else:
        with pytest.raises(CommandError, match="a reply"):
            call_command("benchreading", runs=1, stdout=out)
    assert "a reply" in out.getvalue()
    assert "µs" in out.getvalue()
