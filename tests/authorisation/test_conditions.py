"""The tests notice when any one condition of access is missing; all are tried with --soak, a few without."""

import logging
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

import pytest

from providers.prepared_queries import Prepared
from tests.authorisation import admin_table, table
from tests.authorisation.conditions import BASE, PLACES, Condition, conditions
from tests.authorisation.judging import wrong, wrong_commands
from tests.authorisation.line import Line
from tests.authorisation.table import Policy
from tests.authorisation.world import World

pytestmark = pytest.mark.usefixtures("static_files")
CONVERSATIONS = BASE / "tests" / "conversations"
FEW, ITS_ROUTE = ("PersonalTokenQuerySet.open: filter(revoked", "routes.models: .writable_by"), "api:models"
"""The conditions that are tried without --soak, and the one route that is asked for them."""

ELSEWHERE = {
    "invitations.join: ": "test_invitations.py::test_two_who_follow_one_link_at_once_are_one_too_many",
    "shares.revoke_share: .open": "test_shares.py::test_those_who_read_it_hear_of_links_and_outsiders_do_not",
    "shares._open: ": "test_shares.py::test_a_copy_without_a_link_is_not_there",
    "shares._check: .open": "test_shares.py::test_nobody_has_links_without_number",
    "shares.shares: .open": "test_shares.py::test_the_list_holds_ones_own_and_those_one_may_revoke",
    "shares._asked_for: ": "test_shares.py::test_the_dialog_is_not_there_for_others",
    "unverify_reply: or mark.is_withdrawn":
        "test_verified.py::test_who_writes_marks_a_reply_and_its_verifier_or_a_lead_withdraws_it",
    "VerificationQuerySet.of_project: .visible_to": "test_verified.py::test_a_projects_page_lists_its_own",
    "VerificationQuerySet.due_for: .visible_to": "test_verified.py::test_its_verifier_is_told_when_the_day_has_come",
    "own_use._limits_of: ": "test_budget_words.py::test_a_person_sees_the_budgets_they_spend_from_and_no_others",
    "own_use.team_names: .visible_to": "test_own_use.py::test_it_is_summed_by_time_model_and_team",
    "teams._end: .visible_to": "test_further_teams.py::test_who_leaves_the_team_loses_what_is_open_to_it",
    "teams.create_team: ": "test_teams.py::test_only_staff_makes_teams_where_the_administrator_says_so",
    "Installation.lets_make_teams: filter(staff":
        "test_teams.py::test_only_staff_makes_teams_where_the_administrator_says_so",
    "Membership.is_last_lead: ": "test_teams.py::test_the_last_lead_stays",
    "User.has_power: ":
        "test_taking_over.py::test_a_lead_helps_whom_their_team_brought_until_the_account_is_more_than_that",
    "authentication._admitted: ": "test_tokens.py::test_a_socket_ends_with_its_token",
    "ConversationQuerySet.readers: ": "test_models.py::test_the_readers_of_many_are_who_may_see_each",
    "Invitation.use: ": "test_invitations.py::test_two_who_follow_one_link_at_once_are_one_too_many",
    "accounts.use_password_link: ": "test_signing_in.py::test_of_two_who_use_a_link_at_once_one_does",
    "accounts.create_administrator: ": "test_powers.py::test_the_set_up_is_there_only_while_there_is_nobody",
    "PasswordLink.use: ": "test_signing_in.py::test_of_two_who_use_a_link_at_once_one_does",
    "endpoint_pages.models_page: ":
        "../providers/test_endpoint_pages.py::test_models_are_added_by_those_who_may_add_them",
    "TeamAdmin.has_delete_permission: and may_switch_off":
        "test_team_keys.py::test_a_team_is_deleted_by_those_who_may_switch_off_what_is_its_own",
    "AuthenticatorAdmin.has_delete_permission: and not is_staffs":
        "test_staffs_factors.py::test_the_second_factors_of_staff_are_taken_away_by_superusers_alone",
    "PersonAdmin.has_change_permission: ": "test_powers.py::test_staff_who_change_people_gain_no_power",
    "PersonAdmin.has_delete_permission: and is_within":
        "test_staffs_factors.py::test_people_with_power_are_deleted_by_superusers_alone",
    "closing_page.page: if not may_close":
        "test_closed_accounts.py::test_an_administrator_hands_the_private_over_and_takes_the_name_away",
    "bin.empty_bin: ": "test_bin.py::test_it_ends_with_its_files",
    "archive.begun_by: ": "test_exports.py::test_what_one_may_read_no_more_is_in_no_zip",
    "archive.of_team: ": "test_exports.py::test_what_one_may_read_no_more_is_in_no_zip",
    "archive.pieces: ": "test_exports.py::test_what_one_may_read_no_more_is_in_no_zip",
    "list_page._page: ": "test_key_adding.py::test_the_local_model_takes_none",
    "address_guard.may_readdress: and bool(":
        "../providers/test_readdressing.py::test_no_permission_moves_an_endpoint_in_its_form",
    "address_guard.may_readdress: and did_recently":
        "../providers/test_readdressing.py::test_a_superusers_password_is_asked_again",
}  # fmt: skip
"""Conditions that no single request shows, only open sockets, races and limits: the tests that fail without them."""


LEAST = 243
"""Conditions that there are: fewer means that the search has lost some."""
REFUSING = re.compile(r"raise (NotFound|Http404|PermissionDenied)\b|def has_\w+_permission\b")


def test_conditions_are_looked_for_wherever_there_are_some() -> None:
    assert [place for place in PLACES if not list(BASE.glob(place))] == [], "they moved"
    seen = {path for place in PLACES for path in BASE.glob(place)}
    sources = (path for room in ("chatsite", "conversations", "providers") for path in (BASE / room).rglob("*.py"))
    refusing = {path for path in sources if REFUSING.search(path.read_text("utf-8"))}
    assert {path.relative_to(BASE).as_posix() for path in refusing - seen} == set()
    names = [one.name for one in conditions()]
    assert len(names) >= LEAST
    assert {words for words in ELSEWHERE if not any(words in name for name in names)} == set(), "they moved, too"


@pytest.fixture
def quiet() -> Iterator[None]:
    """Keep the faults that are tried out of the log."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.soak
@pytest.mark.usefixtures("quiet")
def test_without_any_one_condition_the_matrix_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.setattr(Prepared, "__call__", lambda self, *ids: list(self._make(*ids)))  # what is kept has it still
    line, every = Line(world, monkeypatch), bool(pytestconfig.getoption("--soak"))
    tried = [one for one in conditions() if every or any(words in one.name for words in FEW)]
    touched = _policies_by_code(world, line, {code for one in tried for code in one.runs}) if every else None
    survivors = [one.name for one in tried if not _is_noticed(world, line, one, _of(one, touched))]
    print(f"\nthe matrix notices {len(tried) - len(survivors)} of {len(tried)}")
    assert [name for name in survivors if not _is_noticed_elsewhere(name)] == []


def _is_noticed(world: World, line: Line, condition: Condition, policies: list[Policy]) -> bool:
    requests = [policy for policy in policies if policy not in table.COMMANDS]
    with condition.removed():
        try:
            found = next(wrong(world, requests), "") or next(
                wrong_commands(world, line, [policy for policy in policies if policy in table.COMMANDS]), ""
            )
        except Exception as error:
            found = repr(error)
    print(f"{condition.name}: {found[:160] or '—'}")
    return bool(found)


def _is_noticed_elsewhere(name: str) -> bool:
    """Return whether the named test fails on a site without this condition."""
    test = next((test for words, test in ELSEWHERE.items() if words in name), None)
    if test is None:
        return False
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.authorisation.without", "--without", name]
    done = subprocess.run([*command, str(CONVERSATIONS / test)], capture_output=True, text=True, check=False)
    print(f"{name}: {test}: {done.stdout.strip().splitlines()[-1:]}")
    return done.returncode == pytest.ExitCode.TESTS_FAILED


def _of(condition: Condition, touched: "dict[CodeType, list[Policy]] | None") -> list[Policy]:
    """Return the policies that run its code, each once; without TOUCHED, those of the one route."""
    if touched is None:
        return [policy for policy in _all() if policy.route == ITS_ROUTE]
    found = [policy for code in condition.runs for policy in touched.get(code, [])]
    return [policy for number, policy in enumerate(found) if policy not in found[:number]]


def _all() -> list[Policy]:
    return [*table.API, *table.COMMANDS, *table.PAGES, *admin_table.policies()]


def _policies_by_code(world: World, line: Line, codes: set[CodeType]) -> dict[CodeType, list[Policy]]:
    """Return the policies by the code that they run: only those need be asked without its conditions."""
    touched: defaultdict[CodeType, list[Policy]] = defaultdict(list)
    for policy in _all():
        run: set[CodeType] = set()

        def note(frame: FrameType, event: str, _arg: Any, run: set[CodeType] = run) -> None:
            if event == "call" and frame.f_code in codes:
                run.add(frame.f_code)

        sys.setprofile(note)
        try:
            found = list(wrong_commands(world, line, [policy]) if policy in table.COMMANDS else wrong(world, [policy]))
        finally:
            sys.setprofile(None)
        assert found == []
        for code in run:
            touched[code].append(policy)
    return {code: touched[code] for code in codes}
