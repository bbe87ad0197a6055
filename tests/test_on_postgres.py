"""The engine on PostgreSQL: its tests once more, in a process of their own, because settings are read once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import Postgres

BASE = Path(__file__).resolve().parent.parent
SUITES = ("test_engine", "test_socket", "test_races", "test_models", "test_api_lists", "test_setup", "test_bad_input",
          "test_budgets", "test_ledger", "test_daily_sums", "test_audit", "test_reconciliation",
          "test_judged_under_lock", "test_names", "test_slow_readers")  # fmt: skip
OTHERS = ("tests/test_backup.py", "tests/test_database_upgrade.py", "tests/providers/test_audit.py::test_it_only_grows")

SLOW = "tests/test_backup.py::test_a_site_that_is_not_empty_is_left_as_it_is"


def test_the_engines_tests_pass_on_postgres(pytestconfig: pytest.Config) -> None:
    suites = [*OTHERS, *(f"tests/conversations/{name}.py" for name in SUITES)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suites]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command += ["--soak"] if pytestconfig.getoption("--soak") else ["--deselect", SLOW]
    with Postgres() as postgres:
        environment["CHATSITE_TEST_DATABASE_URL"] = postgres.new_database()
        run = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
