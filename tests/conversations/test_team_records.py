"""Records of a team for its leads: its audit log, and its own keys and budgets."""

import re

import pytest

from conversations import actions
from conversations.models import Budget, Membership, Team
from providers.audit import log
from providers.models import ApiKey, LanguageModel
from tests.conftest import CANARY, Cast
from tests.conversations.test_teams import enter

pytestmark = pytest.mark.usefixtures("static_files")


def told(cast: Cast, team: Team) -> list[str]:
    """Return the rows of the team's audit log on one line each, without times."""
    page = enter(cast.alice).get(f"/teams/{team.pk}/audit/").content.decode()
    rows = re.findall(r'<li class="people__row">(.*?) · <time', page, re.S)
    return [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in rows]


def test_leads_read_what_was_changed_in_their_team_and_in_no_other(cast: Cast) -> None:
    crew = actions.create_team(cast.alice, "Night crew")
    invitation, _ = actions.invite(cast.alice, crew.pk, "reader", days=1, is_single_use=True)
    actions.join(cast.bob, invitation)
    actions.change_team(cast.alice, crew.pk, name="Day crew")
    actions.remove_member(cast.alice, crew.pk, cast.bob.pk)
    with log.watch(cast.carol, Team.objects.filter(pk=crew.pk)):
        Team.objects.filter(pk=crew.pk).update(legal_hold=True)
    other = actions.create_team(cast.carol, "Night crew")
    actions.change_team(cast.carol, other.pk, system_prompt="Be secret.")
    seen = told(cast, crew)
    assert [line.partition(" Team:")[0].partition(" Role:")[0] for line in seen[:2]] == [
        "bob · Day crew : membership, removed",
        "Day crew : team, changed Name: Night crew → Day crew alice",
    ]
    assert len(seen) == 6
    assert "carol" not in str(seen)
    assert told(cast, Team.objects.get(pk=cast.team.pk)) == []
    page = enter(cast.alice).get(f"/teams/{crew.pk}/audit/").content.decode()
    assert "127.0.0.1" not in page, "from which address is for administrators alone"


def test_they_come_a_page_at_a_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conversations.views.teams.records.PAGE_SIZE", 2)
    for number in range(3):
        actions.change_team(cast.alice, cast.team.pk, name=f"Crew {number}")
    alice, address = enter(cast.alice), f"/teams/{cast.team.pk}/audit/"
    first = alice.get(address).content.decode()
    following = re.search(r'href="(\?before=\d+)"', first)
    assert following
    assert "Crew → Crew 0" not in first
    assert "Crew → Crew 0" in alice.get(address + following[1]).content.decode()
    assert alice.get(f"{address}?before=none").status_code == 200


def test_leads_see_their_keys_by_the_last_characters(cast: Cast, model: LanguageModel) -> None:
    cast.team.api_keys.add(ApiKey.objects.get())
    Budget.objects.create(kind="team", target=cast.team.pk, period="month", hard=100)
    Membership.objects.filter(user=cast.bob).update(role=Membership.Role.LEAD)
    page = enter(cast.bob).get(f"/teams/{cast.team.pk}/keys/").content.decode()
    assert str(ApiKey.objects.get().secret) in page
    assert CANARY not in page
    assert "100" in page
    assert enter(cast.rita).get(f"/teams/{cast.team.pk}/keys/").status_code == 404
