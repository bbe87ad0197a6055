"""Adding a vendor in the admin: one form, and on to its models or its key."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from conversations.models import User
from providers.endpoints.presets import presets
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from tests.conftest import CANARY, Cast
from tests.fake_vendor import FakeVendor

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def alice(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.alice)
    return client


def page(preset: str = "") -> str:
    return reverse("admin:providers_endpoint_preset") + (f"?preset={preset}" if preset else "")


def form(client: Client, preset: str, **fields: str) -> dict[str, Any]:
    """Return the fields that are filled in already, with these."""
    shown = client.get(page(preset)).context["form"]
    return {**{field.name: field.value() or "" for field in shown}, **fields}


def test_every_vendor_can_be_picked(alice: Client) -> None:
    text = alice.get(page()).content.decode()
    for preset in presets():
        assert f'href="?preset={preset}"' in text
        assert alice.get(page(preset)).status_code == 200
    assert alice.get(page("nonsense")).status_code == 200
    assert alice.post(page("nonsense"), {"name": "x"}).status_code == 200
    assert not Endpoint.objects.exists()


def test_with_a_key_alone_the_form_is_complete(alice: Client, cast: Cast) -> None:
    response = alice.post(page("google"), form(alice, "google", key=CANARY))
    endpoint = Endpoint.objects.get()
    assert response.url == reverse("admin:providers_endpoint_models", args=[endpoint.pk])  # type: ignore[attr-defined]
    assert (endpoint.name, endpoint.wire, endpoint.needs_key) == ("Google Gemini", "gemini", True)
    key = ApiKey.objects.get()
    assert (key.secret.reveal(), key.created_by) == (CANARY, cast.alice)
    assert not LanguageModel.objects.exists()


def test_with_models_it_leads_to_the_key_where_it_can_be_tested(alice: Client) -> None:
    response = alice.post(page("deepseek"), form(alice, "deepseek", key=CANARY, models="a\n b ，c\n\n"), follow=True)
    assert set(Deployment.objects.values_list("vendor_id", flat=True)) == {"a", "b", "c"}
    assert response.request["PATH_INFO"] == reverse("key", args=[ApiKey.objects.get().pk])
    assert CANARY not in response.content.decode()


def test_the_vendors_list_follows(alice: Client, vendor: FakeVendor) -> None:
    given = form(alice, "openai-compatible", key=CANARY, base_url=vendor.openai_url)
    listed = alice.post(page("openai-compatible"), given, follow=True)
    assert "parrot" in listed.content.decode()


def test_the_same_vendor_twice_gets_another_name(alice: Client) -> None:
    for name in ("DeepSeek", "DeepSeek 2", "DeepSeek 3"):
        given = form(alice, "deepseek", key=CANARY)
        assert given["name"] == name
        alice.post(page("deepseek"), given)
    assert Endpoint.objects.count() == 3


def test_an_endpoint_that_is_there_stays_as_it_is(alice: Client) -> None:
    alice.post(page("deepseek"), form(alice, "deepseek", key=CANARY, models="a"))
    again = alice.post(
        page("deepseek"), form(alice, "deepseek", name="DeepSeek", key="sk-test-other-012345", models="b")
    )
    assert "There is an endpoint of this name" in again.content.decode()
    assert "sk-test-other" not in again.content.decode()
    assert [key.secret.reveal() for key in ApiKey.objects.all()] == [CANARY]


@pytest.mark.parametrize(
    ("preset", "fields"),
    [
        ("google", {"key": ""}),
        ("google", {"key": "two words"}),
        ("gemini", {"key": CANARY, "base_url": ""}),
        ("gemini", {"key": CANARY, "base_url": "http://169.254.169.254/"}),
        ("google", {"key": CANARY, "models": "x" * 201}),
        ("google", {"key": CANARY, "name": ""}),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(alice: Client, preset: str, fields: dict[str, str]) -> None:
    response = alice.post(page(preset), form(alice, preset, **fields))
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert not Endpoint.objects.exists()


def test_it_is_for_those_who_may_add_all_of_it(cast: Cast) -> None:
    bob = Client()
    bob.force_login(cast.bob)
    assert bob.get(page()).status_code == 302
    User.objects.filter(pk=cast.bob.pk).update(is_staff=True)
    cast.bob.user_permissions.add(Permission.objects.get(codename="add_endpoint"))
    assert bob.get(page("google")).status_code == 403
    assert bob.post(page("google"), {"name": "x", "base_url": "https://x.example", "key": CANARY}).status_code == 403
    assert not Endpoint.objects.exists()
