"""Several keys in one pasted list: all or none, for teams from the first moment, and never shown again."""

import pytest
from django.test import Client
from django.urls import reverse

from conversations.models import Team
from providers.endpoints import adding
from providers.models import ApiKey, AuditEntry, Endpoint, LanguageModel
from tests.conftest import CANARY, Cast
from tests.providers.administering import alice, assert_is_safe, keys, page, staff

__all__ = ["alice"]

pytestmark = pytest.mark.usefixtures("static_files")
THREE = [f"sk-test-pasted-{number}-0123456789" for number in range(3)]


@pytest.fixture
def address(model: LanguageModel) -> str:
    return reverse("add-keys", args=[Endpoint.objects.get().pk])


def test_three_keys_in_one_list(alice: Client, cast: Cast, address: str) -> None:
    endpoint = Endpoint.objects.get()
    assert f'href="{address}"' in alice.get(page(Endpoint, "change", endpoint.pk)).content.decode()
    assert_is_safe(alice.get(address))
    response = alice.post(address, {"keys": "\n \r\n".join(THREE), "teams": [str(cast.team.pk)]}, follow=True)
    assert_is_safe(response)
    assert keys(endpoint) == [CANARY, *THREE]
    assert cast.team.api_keys.count() == 3
    assert set(ApiKey.objects.exclude(created_by=None).values_list("created_by", flat=True)) == {cast.alice.pk}
    acts = list(AuditEntry.objects.values_list("act", "subject_type").order_by("act"))
    assert acts == [("added", "providers.apikey")] * 3 + [("changed", "conversations.team")]


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ([*THREE, "two words"], "Line 4"),
        ([*THREE, THREE[0]], "Line 4"),
        ([THREE[0], CANARY], "Line 2"),
        ([f"{THREE[0]}-{number}" for number in range(101)], "At most 100"),
        ([" "], "A key is needed"),
    ],
)
def test_all_or_none(alice: Client, address: str, pasted: list[str], said: str) -> None:
    response = alice.post(address, {"keys": "\n".join(pasted)})
    assert said in response.content.decode()
    assert_is_safe(response)
    assert THREE[0] not in response.content.decode()
    assert keys(Endpoint.objects.get()) == [CANARY]


def test_it_is_for_those_who_may_add_keys(cast: Cast, address: str) -> None:
    given = {"keys": THREE[0]}
    assert staff(cast, "view_endpoint", "change_endpoint").post(address, given).status_code == 403
    assert staff(cast, "add_apikey").post(address, given).status_code == 403
    assert staff(cast, "view_endpoint", "add_apikey").post(address, given).status_code == 302
    assert ApiKey.objects.count() == 2


def test_the_local_model_takes_none(alice: Client, cast: Cast) -> None:
    assert alice.post(reverse("add-keys", args=[adding.adopt_local_model().pk]), {"keys": THREE[0]}).status_code == 403
    assert not Team.api_keys.through.objects.exists()
    assert not ApiKey.objects.exists()
