"""The engine on PostgreSQL: its tests once more, in a process of their own, because settings are read once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import MIGRATED, migrated_postgres

BASE = Path(__file__).resolve().parent.parent
SUITES = ("test_engine", "test_races", "test_budgets", "test_judged_under_lock", "test_order")
ALSO = ("test_ledger", "test_audit", "test_reconciliation", "test_shared_place", "test_bin", "test_socket",
        "test_models", "test_api_lists", "test_setup", "test_bad_input", "test_names", "test_imports",
        "test_import_jobs", "test_retention", "test_daily_sums", "test_slow_readers",
        "test_shared_place_migration")  # fmt: skip
"""More of them with --soak: their statements are plain, or those of SUITES."""
OTHERS = (
    "tests/test_backup.py",
    "tests/test_database_upgrade.py",
    "tests/providers/test_audit.py::test_it_only_grows",
    "tests/search/test_labelled.py",
    "tests/search/test_index.py",
    "tests/search/test_lookup.py",
)

SPARED = (
    "tests/test_backup.py::test_a_site_that_is_not_empty_is_left_as_it_is",
    *(
        f"tests/conversations/test_engine.py::test_{name}"
        for name in (
            "how_the_vendor_ends_is_how_the_reply_ends",
            "a_reply_says_where_it_has_a_gap",
            "what_the_vendors_rules_block_says_so",
        )
    ),
)
"""Only with --soak: a slow one, and those of what vendors say, whose statements others run, too."""


def test_the_engines_tests_pass_on_postgres(pytestconfig: pytest.Config) -> None:
    is_whole = bool(pytestconfig.getoption("--soak"))
    suites = [*OTHERS, *(f"tests/conversations/{name}.py" for name in (*SUITES, *(ALSO if is_whole else ())))]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suites]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command += ["--soak"] if is_whole else [f"--deselect={test}" for test in SPARED]
    with migrated_postgres() as postgres:
        postgres.new_database(MIGRATED, name="test_chatsite")  # kept, as django_db_keepdb wants it
        environment["CHATSITE_TEST_DATABASE_URL"] = postgres.url("chatsite")
        run = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
