"""The tools that read the code, as tests: one command shows everything."""

import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("tool", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=" ".join)
def test_the_code_is_clean(tool: list[str]) -> None:
    report = subprocess.run([sys.executable, "-m", *tool], cwd=BASE, capture_output=True, text=True)
    assert report.returncode == 0, report.stdout + report.stderr
