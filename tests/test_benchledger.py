"""The benchmark of the admin's pages runs; a busy machine's times prove nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.made_once import migrated

BASE = Path(__file__).resolve().parent.parent


@pytest.mark.soak
def test_it_opens_every_page(tmp_path: Path) -> None:
    shutil.copy(migrated(), tmp_path)
    child = [sys.executable, "-m", "tests.benchmark.ledger", "400"]
    run = subprocess.run(
        child, cwd=BASE, env={**os.environ, "CHATSITE_DATA": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert "400 calls written" in run.stdout, run.stderr
    for page in (
        "overview",
        "usage by person, 365 days",
        "scoreboard",
        "budgets",
        "a key",
        "ledger",
        "list of troubles",
    ):
        assert f"\n{page}" in run.stdout, run.stderr
