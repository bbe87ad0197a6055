"""Only a superuser who has just given the password may move an endpoint, and with it keys and questions."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from providers import local_model
from providers.endpoints import adding
from providers.models import ApiKey, Endpoint, LanguageModel
from tests.conftest import CANARY, Cast
from tests.fake_vendor import FakeVendor
from tests.providers.administering import NEW_KEY, endpoint, form, keys, page, proven, save, staff

__all__ = ["endpoint"]

pytestmark = pytest.mark.usefixtures("static_files")

EVIL = "https://evil.example/v1"
MOVES = {
    "base_url": EVIL,
    "wire": "gemini",
    "api_version": "v1",
    "key_placement": "query",
    "headers": '{"X-Forward-To": "evil.example"}',
}
ADDERS = [permission.removeprefix("providers.") for permission in adding.PERMISSIONS]


@pytest.fixture
def superuser(cast: Cast) -> Client:
    """Return a superuser's client that has not given the password again."""
    client = Client()
    client.force_login(cast.alice)
    return client


def everything(cast: Cast) -> Client:
    """Return a client of staff with every permission, but not a superuser's."""
    return staff(cast, *Permission.objects.values_list("codename", flat=True))


def rows() -> dict[str, Any]:
    return {endpoint["name"]: endpoint for endpoint in Endpoint.objects.values()}


def test_what_is_in_an_extra_header_is_shown_to_those_who_may_change_it(
    cast: Cast, endpoint: Endpoint, superuser: Client
) -> None:
    token = "a token of a gateway"
    Endpoint.objects.update(headers={"X-Portkey-Api-Key": token})
    address = page(Endpoint, "change", endpoint.pk)
    for permissions in (["view_endpoint"], ["change_endpoint"], Permission.objects.values_list("codename", flat=True)):
        shown = staff(cast, *permissions).get(address).content.decode()
        assert "X-Portkey-Api-Key" in shown
        assert token not in shown
    assert token not in superuser.get(address).content.decode()
    assert token in proven(cast.alice).get(address).content.decode()


@pytest.mark.parametrize("permissions", [[], ["add_endpoint"], ADDERS[:3], ["change_endpoint", "change_apikey"]])
def test_the_first_run_card_is_for_those_who_may_add_vendors(cast: Cast, permissions: list[str]) -> None:
    client = staff(cast, *permissions)
    for path, given in (("add-endpoint", {"preset": "openai", "key": NEW_KEY, "models": "m"}), ("local-model", {})):
        assert client.post(reverse(path), given).status_code == 403
        assert client.get(reverse(path)).status_code == 403
    assert "<welcome-card" not in client.get("/").content.decode()
    assert rows() == {}


def test_the_first_run_card_never_changes_an_endpoint_that_is_there(cast: Cast) -> None:
    there = adding.add_endpoint("openai", models=["m"], key=CANARY)
    client, before = staff(cast, *ADDERS), rows()
    given = {"preset": "openai", "key": NEW_KEY, "models": "n", "base_url": EVIL}
    assert client.post(reverse("add-endpoint"), given).status_code == 302
    after = rows()
    assert after.pop("OpenAI 2")["base_url"] == EVIL
    assert after == before
    assert (keys(there), [one.vendor_id for one in there.deployments.all()]) == ([CANARY], ["m"])


def test_two_addresses_on_one_host_are_two_endpoints(cast: Cast) -> None:
    client = staff(cast, *ADDERS)
    for path in ("/v1", "/v2"):
        given = {"preset": "openai-compatible", "key": CANARY, "models": "m", "base_url": f"https://one.example{path}"}
        client.post(reverse("add-endpoint"), given)
    assert {name: row["base_url"][-3:] for name, row in rows().items()} == {
        "one.example": "/v1",
        "one.example 2": "/v2",
    }


def test_the_local_model_stays_as_it_is(cast: Cast) -> None:
    there = adding.adopt_local_model()
    Endpoint.objects.update(enabled=False, name="Toy")
    LanguageModel.objects.update(name="A toy", enabled=False)
    before = rows()
    assert staff(cast, *ADDERS).post(reverse("local-model")).status_code == 302
    assert rows() == before
    assert list(LanguageModel.objects.values_list("name", "enabled")) == [("A toy", False)]
    assert there.deployments.get().vendor_id == local_model.MODEL_ID


def test_who_may_change_them_switches_them_on_again(cast: Cast) -> None:
    adding.adopt_local_model()
    Endpoint.objects.update(enabled=False)
    changers = ("change_endpoint", "change_languagemodel", "change_deployment")
    staff(cast, *ADDERS, *changers).post(reverse("local-model"))
    assert Endpoint.objects.get().enabled


def test_a_model_that_was_switched_off_is_not_switched_on_by_adding_it(cast: Cast) -> None:
    LanguageModel.objects.create(name="m", enabled=False)
    given = {"preset": "openai", "key": NEW_KEY, "models": "m"}
    staff(cast, *ADDERS).post(reverse("add-endpoint"), given)
    assert not LanguageModel.objects.get().enabled


@pytest.mark.parametrize("field", MOVES)
def test_no_permission_moves_an_endpoint_in_its_form(cast: Cast, endpoint: Endpoint, field: str) -> None:
    client, address, before = everything(cast), page(Endpoint, "change", endpoint.pk), rows()
    shown = client.get(address)
    assert f'name="{field}"' not in shown.content.decode()
    assert reverse("account_reauthenticate") not in shown.content.decode()
    client.post(address, form(shown) | MOVES | {field: MOVES[field]})
    assert rows() == before
    assert keys(endpoint) == [CANARY]


def test_all_else_is_changed_by_those_who_may_change_endpoints(cast: Cast, endpoint: Endpoint) -> None:
    client, address = everything(cast), page(Endpoint, "change", endpoint.pk)
    Endpoint.objects.update(base_url="http://10.0.0.1/v1")  # no longer allowed, and not theirs to change
    response = client.post(address, form(client.get(address)) | {"name": "Renamed"})
    assert "CHATSITE_PRIVATE_HOSTS" in response.content.decode()
    Endpoint.objects.update(base_url=endpoint.base_url)
    save(client, address, form(client.get(address)) | {"name": "Renamed"})
    assert rows()["Renamed"]["base_url"] == endpoint.base_url


@pytest.mark.parametrize("field", MOVES)
def test_a_superusers_password_is_asked_again(superuser: Client, endpoint: Endpoint, field: str) -> None:
    address, before = page(Endpoint, "change", endpoint.pk), rows()
    proof = f"{reverse('account_reauthenticate')}?next={address.replace('/', '%2F')}"
    shown = superuser.get(address)
    assert f'name="{field}"' not in shown.content.decode()
    assert f'href="{proof}"' in shown.content.decode()
    response = superuser.post(address, form(shown) | {field: MOVES[field], "keys-0-new_key": NEW_KEY})
    assert response.headers["Location"] == proof
    assert rows() == before
    assert keys(endpoint) == [CANARY]
    kept = [session.get_decoded() for session in Session.objects.all()]
    assert NEW_KEY not in str(kept), "what was sent waits in a session that is not sealed"


def test_with_the_password_given_again_it_is_changed_and_its_keys_go(cast: Cast, endpoint: Endpoint) -> None:
    client, address = proven(cast.alice), page(Endpoint, "change", endpoint.pk)
    save(client, address, form(client.get(address)) | MOVES)
    assert Endpoint.objects.get().base_url == EVIL
    assert keys(endpoint) == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_detection_is_a_change_of_address(
    cast: Cast, superuser: Client, endpoint: Endpoint, vendor: FakeVendor, method: str
) -> None:
    Endpoint.objects.update(base_url=vendor.openai_url)
    address = page(Endpoint, "detect", endpoint.pk)
    assert getattr(everything(cast), method)(address, {"model": "m"}).status_code == 403
    asked = getattr(superuser, method)(address, {"model": "m"})
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert vendor.requests == []


def test_the_vendors_list_leaves_the_address_alone(cast: Cast, endpoint: Endpoint, vendor: FakeVendor) -> None:
    Endpoint.objects.update(base_url=vendor.openai_url)
    client, before = everything(cast), rows()
    client.post(page(Endpoint, "models", endpoint.pk), {"model": "a", **MOVES})
    assert rows() == before


def test_the_form_of_a_vendor_makes_new_ones_only(cast: Cast, endpoint: Endpoint) -> None:
    client, before = everything(cast), rows()
    given = {"name": endpoint.name, "key": NEW_KEY, "base_url": EVIL, "models": "m"}
    client.post(reverse("admin:providers_endpoint_preset") + "?preset=openai-compatible", given)
    client.post(page(Endpoint, "add"), {"name": endpoint.name, "wire": "openai", "base_url": EVIL, "headers": "{}"})
    assert rows() == before
    assert [key.secret.reveal() for key in ApiKey.objects.all()] == [CANARY]
