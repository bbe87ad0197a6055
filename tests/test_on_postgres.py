"""The engine on PostgreSQL: its tests once more, in a process of their own, because settings are read once."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.services import MIGRATED, migrated_postgres

BASE = Path(__file__).resolve().parent.parent
SUITES = ("test_races", "test_judged_under_lock")
ENGINE = (
    "test_budgets.py::test_fifty_at_once_do_not_pass_a_budget_for_ten",
    "test_engine.py::test_a_locked_database_delays_the_end_and_loses_nothing",
    "test_engine.py::test_a_question_asked_of_a_locked_database_is_acked_after_the_lock",
    "test_engine.py::test_a_reply_dies_only_if_it_stays_silent_while_the_database_takes_writes",
    "test_engine.py::test_a_stop_that_another_process_noted_is_obeyed",
    "test_engine.py::test_ends_that_cannot_be_stored_with_others_are_stored_alone",
    "test_order.py::test_each_reader_arranges_their_own_list_alone",
)
"""Tests whose locks, transactions or orders each database has in its own way."""
ALSO = ("test_engine", "test_budgets", "test_order", "test_ledger", "test_audit", "test_reconciliation",
        "test_shared_place", "test_bin", "test_socket", "test_models", "test_api_lists", "test_setup", "test_bad_input",
        "test_names", "test_imports", "test_import_jobs", "test_retention", "test_daily_sums", "test_slow_readers",
        "test_shared_place_migration", "test_summaries")  # fmt: skip
"""More of them with --soak: their statements are plain, or those of SUITES and ENGINE."""
OTHERS = (
    "tests/test_backup.py::test_what_is_restored_is_one_moment_of_a_site_at_work",
    "tests/test_database_upgrade.py",
    "tests/providers/test_audit.py::test_it_only_grows",
    "tests/search/test_labelled.py",
    "tests/search/test_index.py",
    "tests/search/test_lookup.py",
    "tests/conversations/test_verified.py::test_the_closest_is_found_among_many_newer_ones",
)


def test_the_engines_tests_pass_on_postgres(pytestconfig: pytest.Config) -> None:
    is_whole = bool(pytestconfig.getoption("--soak"))
    more = ["tests/test_backup.py", *_rooms(ALSO)] if is_whole else [f"tests/conversations/{name}" for name in ENGINE]
    suites = [*OTHERS, *_rooms(SUITES), *more]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suites]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command += ["--soak"] if is_whole else []
    with migrated_postgres() as postgres:
        postgres.new_database(MIGRATED, name="test_chatsite")  # kept, as django_db_keepdb wants it
        environment["CHATSITE_TEST_DATABASE_URL"] = postgres.url("chatsite")
        run = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def _rooms(names: Iterable[str]) -> list[str]:
    return [f"tests/conversations/{name}.py" for name in names]
