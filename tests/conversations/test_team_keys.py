"""A team's key or model is never everybody's: it is given in one save, and disabled with its team."""

import pytest
from django.test import Client

from conversations.models import Team
from conversations.usage.model_access import keys_that_serve, models_for
from providers.models import ApiKey, LanguageModel
from tests.conftest import CANARY, Cast
from tests.providers.administering import NEW_KEY, alice, assert_is_safe, form, page, save, staff

__all__ = ["alice"]

pytestmark = pytest.mark.usefixtures("static_files")


def carol_may(cast: Cast, model: LanguageModel) -> set[str]:
    """Return the keys that answer a person who is in no team."""
    return {key.secret.reveal() for key in keys_that_serve(model.pk, cast.carol.pk, None)}


@pytest.fixture
def key(model: LanguageModel) -> ApiKey:
    return ApiKey.objects.get()


def test_a_key_is_a_teams_from_its_first_save(alice: Client, cast: Cast, model: LanguageModel, key: ApiKey) -> None:
    fields = {"endpoint": str(key.endpoint_id), "new_key": NEW_KEY, "enabled": "on", "teams": [str(cast.team.pk)]}
    save(alice, page(ApiKey, "add"), fields)
    assert carol_may(cast, model) == {CANARY}
    assert [one.secret.reveal() for one in keys_that_serve(model.pk, cast.bob.pk, cast.team.pk)] == [NEW_KEY]


def test_a_stored_key_becomes_a_teams_and_stays_so(
    alice: Client, cast: Cast, model: LanguageModel, key: ApiKey
) -> None:
    address = page(ApiKey, "change", key.pk)
    save(alice, address, form(alice.get(address)) | {"teams": [str(cast.team.pk)]})
    assert carol_may(cast, model) == set()
    fields = form(alice.get(address))
    save(alice, address, {**fields, "teams": list(map(str, fields["teams"])), "name": "renamed"})
    assert carol_may(cast, model) == set()


def test_a_model_is_a_teams_from_its_first_save(alice: Client, cast: Cast, model: LanguageModel) -> None:
    address = page(LanguageModel, "change", model.pk)
    save(alice, address, form(alice.get(address)) | {"teams": [str(cast.team.pk)]})
    assert list(models_for(cast.carol, None)) == []
    assert list(models_for(cast.bob, cast.team.pk)) == [model]


def test_a_personal_key_is_no_teams(alice: Client, cast: Cast, key: ApiKey) -> None:
    ApiKey.objects.update(owner=cast.bob)
    address = page(ApiKey, "change", key.pk)
    save(alice, address, form(alice.get(address)) | {"teams": [str(cast.team.pk)]})
    assert not cast.team.api_keys.exists()


def test_what_was_a_teams_alone_is_switched_off_with_it(
    alice: Client, cast: Cast, model: LanguageModel, key: ApiKey
) -> None:
    shared = LanguageModel.objects.create(name="shared")
    other = Team.objects.create(name="Others")
    cast.team.api_keys.add(key)
    cast.team.models.add(model, shared)
    other.models.add(shared)
    alice.post(page(Team, "delete", cast.team.pk), {"post": "yes"})
    assert not Team.objects.filter(pk=cast.team.pk).exists()
    assert carol_may(cast, model) == set()
    assert list(models_for(cast.carol, None)) == []
    assert set(LanguageModel.objects.values_list("name", "enabled")) == {(model.name, False), ("shared", True)}


def test_who_looks_after_teams_gives_them_no_key_and_no_model(cast: Cast, model: LanguageModel, key: ApiKey) -> None:
    client, address = staff(cast, "view_team", "change_team"), page(Team, "change", cast.team.pk)
    shown = client.get(address)
    assert str(key.secret) not in shown.content.decode()
    mine = {"models": [str(model.pk)], "api_keys": [str(key.pk)], "own_keys": [str(key.pk)]}
    save(client, address, form(shown) | mine)
    assert not cast.team.models.exists()
    assert not cast.team.api_keys.exists()


@pytest.mark.parametrize(("has", "needed"), [("models", "change_languagemodel"), ("api_keys", "change_apikey")])
def test_a_team_is_deleted_by_those_who_may_switch_off_what_is_its_own(
    cast: Cast, model: LanguageModel, key: ApiKey, has: str, needed: str
) -> None:
    getattr(cast.team, has).add(model if has == "models" else key)
    address = page(Team, "delete", cast.team.pk)
    usual = ("view_team", "delete_team", "delete_membership")
    assert staff(cast, *usual).post(address, {"post": "yes"}).status_code == 403
    assert staff(cast, *usual, needed).post(address, {"post": "yes"}).status_code == 302
    assert not Team.objects.exists()


def test_who_only_looks_sees_for_whom_a_key_is(cast: Cast, key: ApiKey) -> None:
    cast.team.api_keys.add(key)
    shown = staff(cast, "view_apikey").get(page(ApiKey, "change", key.pk))
    assert "Crew" in shown.content.decode()
    assert_is_safe(shown)
