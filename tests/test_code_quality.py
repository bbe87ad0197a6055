"""The tools that read the code, as tests: one command shows everything.

They begin when the tests are collected and use the second core while the others run.
"""

import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent
TOOLS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
}
_running: dict[str, subprocess.Popen[str]] = {}


def begin() -> None:
    """Called by conftest once it is known that these tests will run."""
    for name, tool in TOOLS.items():
        command = [sys.executable, "-m", *tool]
        _running[name] = subprocess.Popen(
            command, cwd=BASE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )


@pytest.mark.parametrize("name", TOOLS)
def test_the_code_is_clean(name: str) -> None:
    report, _ = _running[name].communicate()
    assert _running[name].returncode == 0, report
