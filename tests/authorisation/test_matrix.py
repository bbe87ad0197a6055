"""Every role against every route, every page of the admin and every command of the websocket.

The routes are the resolver's, the pages the registry's, the commands those that the site knows. One without a line in
the table fails. Every role asks for each line. An allowed role succeeds. Any other role gets the same answer as if
nothing were there, and nothing is written; without --soak, some ask in turn (`wrong`). Each answer has the headers that
R13 of tests/faults/README.md names.
"""

import pytest

from conversations.protocol import parsing
from tests.authorisation import admin_table, table
from tests.authorisation.asking import ROUTES, ask, fingerprint
from tests.authorisation.judging import leak, wrong, wrong_commands
from tests.authorisation.line import Line
from tests.authorisation.reasons import REASONS, reason_of
from tests.authorisation.roles import R, Role, asking
from tests.authorisation.table import Policy
from tests.authorisation.world import World

pytestmark = pytest.mark.usefixtures("static_files")
ELSEWHERE = {"admin:login", "admin:logout", "admin:view_on_site"}
"""Ways to the sign-in page, out, and to nothing."""
RARE = ("PUT", "PATCH", "DELETE")


def test_every_route_has_a_policy() -> None:
    declared = {policy.route for policy in _all()}
    assert {route for route in ROUTES if not route.startswith("admin:-")} - declared - ELSEWHERE == set()
    assert declared - set(ROUTES) == set()


def test_every_command_has_a_policy() -> None:
    assert {policy.route for policy in table.COMMANDS} == set(parsing._BUILDERS)


def test_every_row_says_why_it_is_so() -> None:
    rows = [*_all(), *table.COMMANDS]
    unsaid = {row.route for row in rows if not reason_of(row, any(R.ANONYMOUS in who for who in row.allowed.values()))}
    assert unsaid == set()
    assert set(REASONS) - {row.route for row in rows} == set(), "reasons of what is not there"


def test_a_method_that_no_line_names_changes_nothing(world: World, soak: bool) -> None:
    """Asked by somebody to whom nothing of it belongs and, in the administration, by somebody to whom all does.

    Without --soak each route is asked by one of the methods that browsers do not send.
    """
    named = {(ROUTES[policy.route][0], policy.method) for policy in _all()}
    targets = {policy.route: target for policy in _all() for target in policy.allowed}
    unchanged = fingerprint()
    for turn, (route, target) in enumerate(targets.items()):
        role = R.SUPERUSER if route.startswith("admin:") else R.OTHER
        for method in ("GET", "POST", *(RARE if soak else (RARE[turn % len(RARE)],))):
            if (ROUTES[route][0], method) not in named:
                policy = Policy(route, method)
                answer = ask(world, world.clients[role], policy, world.targets[target], unchanged)
                assert answer.status < 500, policy
                assert not answer.has_written, policy
                assert leak(world, role, answer.body) == "", policy


def test_it_is_no_small_matrix() -> None:
    requests = sum(len(policy.allowed) * len(asking(policy.tokens_count)) for policy in _all())
    cells = requests + sum(len(policy.allowed) for policy in table.COMMANDS) * len(Role)
    print(f"\n{cells} cells")
    assert cells >= 4000


@pytest.mark.parametrize("part", ["PAGES", "API", "ACCOUNTS"])
def test_every_role_gets_what_the_table_says(world: World, part: str, soak: bool) -> None:
    assert list(wrong(world, getattr(table, part), every=soak)) == []


def test_every_role_gets_what_the_table_says_in_the_administration(world: World, soak: bool) -> None:
    assert list(wrong(world, list(admin_table.policies()), every=soak)) == []


def test_every_role_gets_what_the_table_says_on_the_websocket(
    world: World, monkeypatch: pytest.MonkeyPatch, soak: bool
) -> None:
    assert list(wrong_commands(world, Line(world, monkeypatch), table.COMMANDS, every=soak)) == []


def _all() -> list[Policy]:
    return [*table.PAGES, *table.API, *table.ACCOUNTS, *admin_table.policies()]
