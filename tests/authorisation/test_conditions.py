"""The matrix notices when any one condition of access is missing; all are tried with --soak, a few without."""

import logging
import sys
from collections import defaultdict
from types import CodeType, FrameType
from typing import Any

import pytest

from tests.authorisation import admin_table, table
from tests.authorisation.conditions import Condition, conditions
from tests.authorisation.judging import wrong, wrong_commands
from tests.authorisation.line import Line
from tests.authorisation.table import Policy
from tests.authorisation.world import World

pytestmark = pytest.mark.usefixtures("static_files")
FEW = ("PersonalTokenQuerySet.open: filter(revoked", "api.models: .writable_by")

BEYOND = {
    "account_views.tokens: ": "which of one's own tokens are listed",
    "access.conversation_of: ": "the act that follows asks again",
    "inviting.invite: ": "the page asks before the act does",
    "sharing.revoke_share: .open": "what the chip says afterwards",
    "sharing._open: ": "only a race comes so far: test_shares",
    "sharing._check: .open": "how many links one may have",
    "audience_views.audience: .open": "which links the chip names to those who read everything anyway",
    "sharing_views.shares: .open": "which of the links that one may revoke are listed",
    "sharing_views._asked_for: ": "an id that is none",
    "views._chat_context: .open": "whether the chip says that there is a link",
    "Installation.lets_make_teams: filter(staff": "what holds on a site that keeps it to nobody: test_teams",
    "inviting.join: ": "only a race comes so far: test_invitations",
    "teams.create_team: ": "the page asks before the act does",
    "teams.leave_team: ": "who has no place there cannot leave it either",
    "teams._keep_a_lead: ": "a rule for teams, not for access: test_teams",
    "admission.admitted_by: ": "asked again, by person_of",
    "admission._admitted: ": "of sockets that are open: test_tokens",
    "allowance.keys_for: ": "which key answers: test_allowance",
    "api.change: .writable_by": "the act that follows asks again",
    "ConversationQuerySet.readers: ": "of sockets that are open: test_revocation",
    "Invitation.use: ": "only a race comes so far: test_invitations",
    "PasswordLink.use: ": "only a race comes so far: test_signing_in",
    "teams_views._shown: ": "which of a team's links its leads are shown",
    "admin_pages.models_page: ": "for staff with some permissions: test_admin",
}
"""Conditions of which the matrix cannot know, and why that is no loss."""


def test_without_any_one_condition_the_matrix_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    logging.disable(logging.CRITICAL)
    line, every = Line(world, monkeypatch), bool(pytestconfig.getoption("--soak"))
    tried = [one for one in conditions() if every or any(words in one.name for words in FEW)]
    touched = _policies_by_code(world, line, {code for one in tried for code in one.runs}) if every else {}
    survivors = [one.name for one in tried if not _is_noticed(world, line, one, _of(one, touched))]
    logging.disable(logging.NOTSET)
    print(f"\n{len(tried) - len(survivors)} of {len(tried)} noticed")
    assert [name for name in survivors if not any(words in name for words in BEYOND)] == []


def _is_noticed(world: World, line: Line, condition: Condition, touched: "list[Policy] | None") -> bool:
    policies = _all() if touched is None else touched
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


def _of(condition: Condition, touched: dict[CodeType, list[Policy]]) -> "list[Policy] | None":
    """The policies that run its code, each once; None where nobody has looked."""
    found = [policy for code in condition.runs for policy in touched.get(code, [])]
    return [policy for number, policy in enumerate(found) if policy not in found[:number]] if touched else None


def _all() -> list[Policy]:
    return [*table.API, *table.COMMANDS, *table.PAGES, *admin_table.policies()]


def _policies_by_code(world: World, line: Line, codes: set[CodeType]) -> dict[CodeType, list[Policy]]:
    """Which policies run which code: the others need not be asked without its conditions."""
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
