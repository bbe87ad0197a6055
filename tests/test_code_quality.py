"""The tools that read the code, as tests: one command shows everything."""

import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent
TOOLS = {
    "mypy": ["mypy"],
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
}


@pytest.mark.parametrize("name", TOOLS)
def test_the_code_is_clean(name: str) -> None:
    run = subprocess.run([sys.executable, "-m", *TOOLS[name]], cwd=BASE, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
