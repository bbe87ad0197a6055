"""Fields of pages that hold nothing to be seen are refused, or count as empty where they may be."""

import pytest

from conversations.models import PersonalToken
from tests.conftest import PASSWORD, Cast
from tests.conversations.test_teams import enter

pytestmark = pytest.mark.usefixtures("static_files")

BLANK = ["   ", "\u3000\t", "\u200b\u200b", "\u3164\u2800"]


@pytest.mark.parametrize("blank", BLANK)
def test_names_and_titles_need_something_to_see(cast: Cast, blank: str) -> None:
    alice = enter(cast.alice)
    assert alice.post("/teams/new/", {"name": blank}).status_code == 200
    assert alice.post(f"/teams/{cast.team.pk}/name/", {"name": blank}).status_code == 422
    cast.team.refresh_from_db()
    assert cast.team.name == "Crew"
    alice.post("/account/", {"display_name": blank})
    cast.alice.refresh_from_db()
    assert cast.alice.display_name == ""


@pytest.mark.parametrize("blank", BLANK)
def test_a_prompt_of_blanks_is_none_and_a_token_needs_a_name(cast: Cast, blank: str) -> None:
    alice = enter(cast.alice)
    assert alice.post(f"/teams/{cast.team.pk}/defaults/", {"system_prompt": blank}).status_code == 302
    cast.team.refresh_from_db()
    assert cast.team.system_prompt == ""
    alice.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert alice.post("/account/tokens/", {"name": blank, "days": "30"}).status_code in (302, 422)
    assert not PersonalToken.objects.exists()
