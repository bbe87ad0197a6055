"""The pages of an endpoint in the admin that ask its vendor: what works there, and which models it has."""

import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import translation

from providers.endpoints import model_sync
from providers.models import Deployment, Endpoint, LanguageModel
from tests.conftest import CANARY, Cast
from tests.fake_vendor import FakeVendor
from tests.providers.administering import alice, assert_is_safe, endpoint, form, keys, page, proven, save, staff
from tests.vendor_replies import Received, default_reply

__all__ = ["alice", "endpoint"]

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def reachable(endpoint: Endpoint, vendor: FakeVendor) -> Endpoint:
    """Move the endpoint to the scripted vendor."""
    endpoint.base_url = vendor.openai_url
    endpoint.save()
    return endpoint


def test_the_form_leads_to_both_pages(alice: Client, endpoint: Endpoint) -> None:
    text = alice.get(page(Endpoint, "change", endpoint.pk)).content.decode()
    for kind in ("detect", "models"):
        assert f'href="{page(Endpoint, kind, endpoint.pk)}"' in text


def test_looking_at_the_page_calls_nobody(alice: Client, reachable: Endpoint, vendor: FakeVendor) -> None:
    response = alice.get(page(Endpoint, "detect", reachable.pk))
    assert response.status_code == 200
    assert_is_safe(response)
    assert vendor.requests == []


def test_a_detection_shows_its_tries_and_is_noted(alice: Client, reachable: Endpoint, vendor: FakeVendor) -> None:
    def only_without_bearer(request: Received) -> Any:
        if request.headers.get("Authorization") == CANARY:
            return default_reply(request)
        return [401, {"Content-Type": "application/json"}, b'{"error":{"message":"No: %s"}}' % CANARY.encode()]

    vendor.script = only_without_bearer
    response = alice.post(page(Endpoint, "detect", reachable.pk), {"model": "parrot"})
    assert_is_safe(response)
    text = response.content.decode()
    doors = ("chat/completions", "streamGenerateContent", "v1/messages")
    assert sum(map(text.count, doors)) == len(vendor.requests)
    assert "No: ••••" in text
    reachable.refresh_from_db()
    assert reachable.key_placement == "authorization"
    assert keys(reachable) == [CANARY]
    assert "Detected" in LogEntry.objects.get().get_change_message()


@pytest.mark.parametrize(("found", "said"), [(True, "可用："), (False, "服务商拒绝了密钥。对方的说明：no")])
def test_a_detection_speaks_the_language_of_the_administrator(
    cast: Cast, alice: Client, reachable: Endpoint, vendor: FakeVendor, found: bool, said: str
) -> None:
    cast.alice.language = "zh-hans"
    cast.alice.save()
    if not found:
        refusal = b'{"error":{"message":"no"}}'
        vendor.script = lambda request: [401, {"Content-Type": "application/json"}, refusal]
    text = alice.post(page(Endpoint, "detect", reachable.pk), {"model": "parrot"}).content.decode()
    assert said in text
    assert "Works" not in text
    assert "refused the key" not in text


def test_an_address_that_may_not_be_called_is_refused_in_the_language_of_the_administrator() -> None:
    with translation.override("zh-hans"), pytest.raises(ValidationError) as refused:
        Endpoint(name="inside", wire="openai", base_url="http://10.0.0.1:8080/v1").clean()
    assert refused.value.message_dict == {
        "base_url": ["除非 10.0.0.1:8080 在 CHATSITE_PRIVATE_HOSTS 中，否则不使用未加密的 http。"]
    }


def test_a_detection_that_finds_nothing_says_so(alice: Client, reachable: Endpoint, vendor: FakeVendor) -> None:
    vendor.script = lambda request: [404, {"Content-Type": "text/html"}, b"<script>alert(1)</script>"]
    before = Endpoint.objects.values().get()
    response = alice.post(page(Endpoint, "detect", reachable.pk), {"model": "parrot"})
    assert_is_safe(response)
    assert "Nothing works" in response.content.decode()
    assert Endpoint.objects.values().get() == before


def test_a_detection_needs_the_name_of_a_model(alice: Client, reachable: Endpoint, vendor: FakeVendor) -> None:
    assert alice.post(page(Endpoint, "detect", reachable.pk), {"model": " "}).context["form"].errors["model"]
    assert vendor.requests == []


@pytest.mark.parametrize("kind", ["detect", "models"])
def test_both_pages_are_for_those_who_may_change_endpoints(
    cast: Cast, reachable: Endpoint, vendor: FakeVendor, kind: str
) -> None:
    address = page(Endpoint, kind, reachable.pk)
    client = staff(cast, "view_endpoint")
    assert client.get(address).status_code == client.post(address, {"model": "m"}).status_code == 403
    cast.carol.refresh_from_db()
    outsider = Client()
    outsider.force_login(cast.carol)
    assert outsider.post(address, {"model": "m"}).status_code == 302
    assert vendor.requests == []
    assert model_sync.served(reachable) == {"parrot"}


def test_models_are_added_by_those_who_may_add_them(cast: Cast, reachable: Endpoint) -> None:
    address = page(Endpoint, "models", reachable.pk)
    assert staff(cast, "change_endpoint").post(address, {"model": "m"}).status_code == 403
    client = staff(cast, "change_endpoint", "add_deployment", "add_languagemodel")
    assert client.post(address, {"model": "m"}).status_code == 302
    assert model_sync.served(reachable) == {"parrot", "m"}


@pytest.mark.parametrize("kind", ["detect", "models"])
def test_a_forged_request_is_refused(cast: Cast, reachable: Endpoint, vendor: FakeVendor, kind: str) -> None:
    client = proven(cast.alice)
    client.handler.enforce_csrf_checks = True
    assert client.post(page(Endpoint, kind, reachable.pk), {"model": "m"}).status_code == 403
    assert vendor.requests == []


def test_the_vendors_list_is_filtered_and_what_is_served_is_marked(
    alice: Client, reachable: Endpoint, vendor: FakeVendor
) -> None:
    entries = [{"id": f"m-{number:04}"} for number in range(3000)] + [{"id": "parrot"}, {"id": "<b>parrot"}]
    vendor.script = lambda request: [{"Content-Type": "application/json"}, json.dumps({"data": entries}).encode()]
    address = page(Endpoint, "models", reachable.pk)
    response = alice.get(address)
    assert_is_safe(response)
    assert (response.context["listed"], len(response.context["shown"])) == (3002, 200)
    response = alice.get(address, {"q": "parrot"})
    assert_is_safe(response)
    text = response.content.decode()
    assert "2 of 3002 models" in text
    assert text.count('type="checkbox" name="model"') == 1
    assert "&lt;b&gt;parrot" in text
    assert "(added)" in text


def test_an_empty_list_and_a_missing_one_say_so(alice: Client, reachable: Endpoint, vendor: FakeVendor) -> None:
    address = page(Endpoint, "models", reachable.pk)
    vendor.script = lambda request: [{"Content-Type": "application/json"}, b'{"object": "list", "data": []}']
    assert "list of models is empty." in alice.get(address).content.decode()
    vendor.script = lambda request: [404, b"404 page not found"]
    text = alice.get(address).content.decode()
    assert "The vendor has no list of models at this address." in text
    assert "does not offer this model" not in text


@pytest.mark.parametrize("reply", [[b'{"object": "list", "data": []}'], [404, b"404 page not found"]])
def test_without_a_list_the_ids_are_typed_on_the_same_page(
    alice: Client, reachable: Endpoint, vendor: FakeVendor, reply: list[Any]
) -> None:
    vendor.script = lambda request: [{"Content-Type": "application/json"}, *reply]
    address = page(Endpoint, "models", reachable.pk)
    assert 'name="typed"' in alice.get(address).content.decode()
    told = alice.post(address, {"typed": "one/model, another\r\n\r\nparrot"}, follow=True).content.decode()
    assert "Added models: one/model, another." in told
    assert model_sync.served(reachable) == {"one/model", "another", "parrot"}


def test_picks_stay_when_the_filter_or_the_order_changes(
    alice: Client, reachable: Endpoint, vendor: FakeVendor
) -> None:
    entries = [{"id": "a-small", "context_length": 8000}, {"id": "b-large", "context_length": 90000}, {"id": "c"}]
    vendor.script = lambda request: [{"Content-Type": "application/json"}, json.dumps({"data": entries}).encode()]
    address = page(Endpoint, "models", reachable.pk)
    shown = alice.post(address, {"model": ["a-small", "c", "unknown"], "q": "large", "order": "input", "show": "x"})
    assert_is_safe(shown)
    text = shown.content.decode()
    assert text.count('name="model" value="a-small" checked') == text.count('name="model" value="c" checked') == 1
    assert 'value="b-large">' in text
    assert "unknown" not in text
    assert model_sync.served(reachable) == {"parrot"}
    shown = alice.post(address, {"model": ["a-small", "c"], "q": "", "order": "input", "show": "x"})
    assert [entry.id for entry in shown.context["shown"]] == ["b-large", "a-small", "c"]
    assert shown.context["picked"] == ["a-small", "c"]


def test_picked_models_are_served_and_noted(alice: Client, reachable: Endpoint) -> None:
    address = page(Endpoint, "models", reachable.pk) + "?q=a"
    response = alice.post(address, {"model": ["a", "b"]})
    table = f"{page(LanguageModel, 'changelist')}?deployments__endpoint__id__exact={reachable.pk}"
    assert (response.status_code, response.headers["Location"]) == (302, table)
    assert alice.post(address, {"model": ["a"]}).headers["Location"] == address, "where nothing is new, one stays"
    assert model_sync.served(reachable) == {"a", "b", "parrot"}
    assert "a, b" in LogEntry.objects.get().get_change_message()


def test_a_list_that_does_not_come_is_said_in_words(alice: Client, reachable: Endpoint, vendor: FakeVendor) -> None:
    vendor.script = lambda request: [401, b'{"error":{"message":"Invalid token %s"}}' % CANARY.encode()]
    response = alice.get(page(Endpoint, "models", reachable.pk))
    assert_is_safe(response)
    assert "The vendor refused the key." in response.content.decode()


def test_raw_extras_are_a_deployments(alice: Client, endpoint: Endpoint) -> None:
    address = page(Deployment, "change", endpoint.deployments.get().pk)
    fields = form(alice.get(address))
    save(alice, address, fields | {"raw_extras": '{"a": 1}'})
    assert endpoint.deployments.get().raw_extras == {"a": 1}
    response = alice.post(address, fields | {"raw_extras": "[1]"})
    assert response.context["adminform"].form.errors["raw_extras"]
    assert endpoint.deployments.get().raw_extras == {"a": 1}


def test_another_address_has_other_refusals(alice: Client, endpoint: Endpoint) -> None:
    endpoint.deployments.update(learnt=["no:temperature"])
    address = page(Endpoint, "change", endpoint.pk)
    fields = form(alice.get(address)) | {"headers": "{}", "base_url": "https://other.example/v1"}
    save(alice, address, fields)
    assert endpoint.deployments.get().learnt == []
