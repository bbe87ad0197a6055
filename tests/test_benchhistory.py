"""The benchmark of a large history runs, and a long conversation costs no more queries than a short one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.made_once import migrated

BASE = Path(__file__).resolve().parent.parent


@pytest.mark.soak
def test_it_opens_sidebar_and_conversations(tmp_path: Path) -> None:
    shutil.copy(migrated(), tmp_path)
    child = [sys.executable, "-m", "tests.benchmark.history", "400"]
    run = subprocess.run(
        child, cwd=BASE, env={**os.environ, "CHATSITE_DATA": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert "400 messages written" in run.stdout, run.stderr
    for look in ("sidebar: the page", "sidebar: search", "a conversation of 2,000 messages: the socket"):
        assert f"\n{look}" in run.stdout, run.stderr
    assert "more queries" not in run.stderr
