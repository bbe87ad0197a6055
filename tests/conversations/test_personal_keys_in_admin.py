"""A personal key serves its owner alone: the administration neither calls with it nor puts another in its place."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from providers.client import route
from providers.endpoints import adding, detection
from providers.models import ApiKey, Endpoint, LanguageModel
from tests.conftest import CANARY, Cast
from tests.fake_vendor import FakeVendor
from tests.providers.administering import NEW_KEY, alice, form, keys, page, save

__all__ = ["alice"]

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def own(cast: Cast, model: LanguageModel) -> ApiKey:
    """Make Bob's own key the only key of an endpoint."""
    ApiKey.objects.update(owner=cast.bob)
    return ApiKey.objects.select_related("endpoint").get()


def test_nobody_else_calls_with_it(alice: Client, own: ApiKey, vendor: FakeVendor) -> None:
    deployment = own.endpoint.deployments.get()
    assert alice.post(reverse("test-key", args=[own.pk]), {"deployment": str(deployment.pk)}).status_code == 404
    alice.get(page(Endpoint, "models", own.endpoint_id))
    alice.post(page(Endpoint, "detect", own.endpoint_id), {"model": "parrot"})
    with pytest.raises(CommandError, match="no key"):
        call_command("checkendpoint", own.endpoint.name)
    assert route.route_to(own.endpoint).key is None
    assert detection.detection_obstacle(own.endpoint)
    assert [request.headers.get("Authorization") for request in vendor.requests] == [None] * len(vendor.requests)


@pytest.mark.parametrize("door", ["rotate", "form", "inline"])
def test_nobody_else_puts_another_in_its_place(alice: Client, own: ApiKey, door: str) -> None:
    address = page(ApiKey, "change", own.pk) if door == "form" else page(Endpoint, "change", own.endpoint_id)
    if door == "rotate":
        assert alice.post(reverse("rotate-key", args=[own.pk]), {"new_key": NEW_KEY}).status_code == 404
    else:
        mine: dict[str, Any] = {"new_key": NEW_KEY, "keys-0-id": str(own.pk), "keys-0-new_key": NEW_KEY}
        alice.post(address, form(alice.get(address)) | mine)
    assert keys(own.endpoint) == [CANARY]


def test_others_switch_it_off(alice: Client, own: ApiKey) -> None:
    address = page(ApiKey, "change", own.pk)
    fields = form(alice.get(address))
    del fields["enabled"]
    save(alice, address, fields)
    own.refresh_from_db()
    assert not own.enabled
    shown = alice.get(reverse("key", args=[own.pk])).content.decode()
    offered = [deed for deed in ("test", "rotate", "switch") if reverse(f"{deed}-key", args=[own.pk]) in shown]
    assert offered == ["switch"]


def test_adding_an_endpoint_again_keeps_it_where_the_address_stays(own: ApiKey, vendor: FakeVendor) -> None:
    given = {"name": own.endpoint.name, "models": ["parrot"], "key": NEW_KEY}
    adding.add_endpoint("openai-compatible", base_url=vendor.openai_url, **given)  # type: ignore[arg-type]
    assert sorted(keys(own.endpoint)) == sorted([CANARY, NEW_KEY])
    adding.add_endpoint("openai", base_url="", **given)  # type: ignore[arg-type]
    assert keys(own.endpoint) == [NEW_KEY]
