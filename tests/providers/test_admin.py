"""The admin: every page opens under a strict policy, keys go in and never come out."""

import json
import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation

from conversations.models import Conversation, Membership, Message, Team, User
from providers import syncing
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from tests.conftest import CANARY, PASSWORD, Cast
from tests.fake_vendor import FakeVendor, Received, default_reply

NEW_KEY = "sk-test-entered-0123456789wxyz"
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
ENDPOINTS = {Endpoint, ApiKey, LanguageModel}

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def alice(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.alice)
    return client


@pytest.fixture
def endpoint(cast: Cast, settings: Any) -> Endpoint:
    made = Endpoint.objects.create(name="Ours", wire="openai", base_url="https://vendor.example/v1")
    ApiKey.objects.create(endpoint=made, secret=CANARY)
    model = LanguageModel.objects.create(name="parrot")
    Deployment.objects.create(model=model, endpoint=made, vendor_id="parrot")
    return made


def page(model: type[Model], kind: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=args)


def assert_is_safe(response: HttpResponse) -> None:
    """A strict policy, nothing that it would have to forbid, and no key."""
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-" not in policy
    text = response.content.decode()
    inline = re.findall(r"<script(?![^>]*\b(?:src|nonce)=)(?![^>]*application/json)[^>]*>", text)
    assert inline == []
    assert not re.search(r"<[^>]+\son[a-z]+=", text)
    assert CANARY not in text
    assert "sealed1:" not in text


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_page_of_every_model_opens(alice: Client, endpoint: Endpoint, model: type[Model]) -> None:
    pages = [page(model, "changelist"), f"{page(model, 'changelist')}?q=x"]
    if admin.site._registry[model].has_add_permission(_request_of_superuser()):
        pages.append(page(model, "add"))
    if row := model._default_manager.first():
        pages += [page(model, kind, row.pk) for kind in ("change", "history", "delete")]
    for address in pages:
        response = alice.get(address, follow=True)
        assert response.status_code == 200, address
        assert_is_safe(response)


def _request_of_superuser() -> Any:
    from django.test import RequestFactory

    request = RequestFactory().get("/admin/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    return request


def test_the_index_opens(alice: Client) -> None:
    assert_is_safe(alice.get("/admin/"))


def test_conversations_are_not_in_the_admin() -> None:
    assert {Endpoint, ApiKey, LanguageModel, User, Team} <= set(REGISTERED)
    assert not {Conversation, Message} & set(REGISTERED)


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_who_is_no_staff_is_led_away(cast: Cast, endpoint: Endpoint, model: type[Model]) -> None:
    client = Client()
    client.force_login(cast.bob)
    for address in (page(model, "changelist"), page(model, "add")):
        assert client.get(address).status_code in (302, 403)
        assert client.post(address, {}).status_code in (302, 403)


def test_staff_without_permission_sees_no_endpoint(cast: Cast, endpoint: Endpoint) -> None:
    cast.bob.is_staff = True
    cast.bob.save()
    client = Client()
    client.force_login(cast.bob)
    assert client.get("/admin/").status_code == 200
    for model in ENDPOINTS:
        assert client.get(page(model, "changelist")).status_code == 403
    assert client.get(page(Endpoint, "change", endpoint.pk)).status_code == 403


def test_the_way_in_is_the_sign_in_page_of_the_site(cast: Cast) -> None:
    client = Client()
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    client.post("/accounts/login/?next=/admin/", {"login": "alice", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200
    assert Client().post("/admin/login/", {"username": "alice", "password": PASSWORD}).status_code == 302


# --- Endpoints and keys --------------------------------------------------------------------------------------------


def form(response: HttpResponse) -> dict[str, Any]:
    """What a browser would send of this admin page if nobody changed anything."""
    context = response.context  # type: ignore[attr-defined]
    adminform = context["adminform"].form
    fields = {field.html_name: field.value() for field in adminform}
    for formset in (inline.formset for inline in context["inline_admin_formsets"]):
        for part in (formset.management_form, *formset.forms):
            fields |= {field.html_name: field.value() for field in part}
    return {name: value for name, value in fields.items() if value is not None and value is not False}


def more_keys(fields: dict[str, Any], **row: str) -> dict[str, Any]:
    """One more row in the table of keys."""
    at = fields["keys-TOTAL_FORMS"]
    return {**fields, "keys-TOTAL_FORMS": at + 1, **{f"keys-{at}-{name}": value for name, value in row.items()}}


def save(client: Client, address: str, fields: dict[str, Any]) -> None:
    response = client.post(address, fields)
    errors = response.context["errors"] if response.context and "errors" in response.context else ""
    assert response.status_code == 302, errors


def keys(endpoint: Endpoint) -> list[str]:
    return [key.secret.reveal() for key in endpoint.keys.all()]


def test_an_endpoint_is_added_with_its_key(alice: Client, cast: Cast) -> None:
    address = page(Endpoint, "add")
    fields = form(alice.get(address)) | {"name": "New", "wire": "openai", "base_url": "https://vendor.example/v1"}
    save(alice, address, more_keys(fields | {"headers": "{}"}, new_key=CANARY, enabled="on"))
    made = Endpoint.objects.get(name="New")
    assert keys(made) == [CANARY]
    assert made.keys.get().created_by == cast.alice
    shown = alice.get(page(Endpoint, "change", made.pk))
    assert "••••nary" in shown.content.decode()
    assert_is_safe(shown)


def test_an_empty_key_field_keeps_the_stored_key(alice: Client, endpoint: Endpoint) -> None:
    address = page(Endpoint, "change", endpoint.pk)
    fields = form(alice.get(address))
    save(alice, address, fields | {"keys-0-name": "renamed", "headers": "{}"})
    assert keys(endpoint) == [CANARY]
    assert endpoint.keys.get().name == "renamed"


def test_a_key_is_replaced_by_the_one_that_is_entered(alice: Client, endpoint: Endpoint) -> None:
    address = page(ApiKey, "change", endpoint.keys.get().pk)
    save(alice, address, form(alice.get(address)) | {"new_key": NEW_KEY})
    assert keys(endpoint) == [NEW_KEY]


def test_a_new_address_removes_the_stored_keys(alice: Client, endpoint: Endpoint) -> None:
    address = page(Endpoint, "change", endpoint.pk)
    fields = form(alice.get(address)) | {"base_url": "https://other.example/v1", "headers": "{}"}
    save(alice, address, fields)
    assert keys(endpoint) == []


def test_a_new_address_keeps_the_key_entered_with_it(alice: Client, cast: Cast, endpoint: Endpoint) -> None:
    address = page(Endpoint, "change", endpoint.pk)
    fields = form(alice.get(address)) | {"base_url": "https://other.example/v1", "headers": "{}"}
    save(alice, address, more_keys(fields, new_key=NEW_KEY, enabled="on"))
    assert keys(endpoint) == [NEW_KEY]
    assert endpoint.keys.get().created_by == cast.alice


def test_a_new_address_keeps_the_key_entered_over_a_stored_one(alice: Client, endpoint: Endpoint) -> None:
    ApiKey.objects.create(endpoint=endpoint, secret="sk-test-a-second-one-9876")
    address = page(Endpoint, "change", endpoint.pk)
    fields = form(alice.get(address)) | {"base_url": "https://other.example/v1", "headers": "{}"}
    save(alice, address, fields | {"keys-0-new_key": NEW_KEY})
    assert keys(endpoint) == [NEW_KEY]


def test_a_key_cannot_be_moved_to_another_endpoint(alice: Client, endpoint: Endpoint) -> None:
    other = Endpoint.objects.create(name="Elsewhere", wire="openai", base_url="https://other.example/v1")
    address = page(ApiKey, "change", endpoint.keys.get().pk)
    save(alice, address, form(alice.get(address)) | {"endpoint": str(other.pk)})
    assert keys(endpoint) == [CANARY]
    assert keys(other) == []


@pytest.mark.parametrize(
    "base_url", ["http://vendor.example", "https://10.0.0.1", "https://metadata.internal", "https://x@vendor.example"]
)
def test_an_address_that_may_not_be_called_is_refused(alice: Client, endpoint: Endpoint, base_url: str) -> None:
    address = page(Endpoint, "change", endpoint.pk)
    response = alice.post(address, form(alice.get(address)) | {"base_url": base_url, "headers": "{}"})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["base_url"]
    assert keys(endpoint) == [CANARY]


@pytest.mark.parametrize("headers", ['{"Authorization": "x"}', '{"X-A": 1}', "[]", "{", '{"X-A": "a\\nb"}'])
def test_extra_headers_that_may_not_be_sent_are_refused(alice: Client, endpoint: Endpoint, headers: str) -> None:
    address = page(Endpoint, "change", endpoint.pk)
    response = alice.post(address, form(alice.get(address)) | {"headers": headers})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["headers"]


def test_a_refused_key_is_not_shown_again(alice: Client, endpoint: Endpoint) -> None:
    address = page(ApiKey, "add")
    response = alice.post(address, {"endpoint": str(endpoint.pk), "new_key": f"{CANARY} {CANARY}", "enabled": "on"})
    assert response.status_code == 200
    assert_is_safe(response)


def test_a_key_cannot_be_searched_for(alice: Client, endpoint: Endpoint) -> None:
    for search in ("?q=nary", "?secret__startswith=s", "?secret=x"):
        response = alice.get(page(ApiKey, "changelist") + search, follow=True)
        assert response.status_code in (200, 400)
        assert "sealed1" not in response.content.decode()


# --- Detecting and syncing -----------------------------------------------------------------------------------------


@pytest.fixture
def reachable(endpoint: Endpoint, vendor: FakeVendor) -> Endpoint:
    """The endpoint at the scripted vendor."""
    endpoint.base_url = vendor.openai_url
    endpoint.save()
    return endpoint


def staff(cast: Cast, *permissions: str) -> Client:
    cast.bob.is_staff = True
    cast.bob.save()
    cast.bob.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(cast.bob)
    return client


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
    assert text.count("chat/completions") + text.count("streamGenerateContent") == len(vendor.requests)
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
    assert syncing.served(reachable) == {"parrot"}


def test_models_are_added_by_those_who_may_add_them(cast: Cast, reachable: Endpoint) -> None:
    address = page(Endpoint, "models", reachable.pk)
    assert staff(cast, "change_endpoint").post(address, {"model": "m"}).status_code == 403
    client = staff(cast, "change_endpoint", "add_deployment", "add_languagemodel")
    assert client.post(address, {"model": "m"}).status_code == 302
    assert syncing.served(reachable) == {"parrot", "m"}


@pytest.mark.parametrize("kind", ["detect", "models"])
def test_a_forged_request_is_refused(cast: Cast, reachable: Endpoint, vendor: FakeVendor, kind: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice)
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
    assert "served already" in text


def test_picked_models_are_served_and_noted(alice: Client, reachable: Endpoint) -> None:
    address = page(Endpoint, "models", reachable.pk) + "?q=a"
    response = alice.post(address, {"model": ["a", "b"]})
    assert (response.status_code, response.headers["Location"]) == (302, address)
    assert syncing.served(reachable) == {"a", "b", "parrot"}
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


# --- People and teams ----------------------------------------------------------------------------------------------


def test_a_team_is_edited_with_its_members(alice: Client, cast: Cast) -> None:
    address = page(Team, "change", cast.team.pk)
    fields = form(alice.get(address))
    at = int(fields["memberships-TOTAL_FORMS"])
    places = {fields[f"memberships-{row}-user"]: row for row in range(at)}
    fields |= {f"memberships-{places[cast.bob.pk]}-role": "reader", f"memberships-{places[cast.rita.pk]}-DELETE": "on"}
    fields |= {"memberships-TOTAL_FORMS": at + 1, f"memberships-{at}-user": cast.carol.pk}
    save(alice, address, fields | {f"memberships-{at}-role": "member"})
    now = dict(Membership.objects.filter(team=cast.team).values_list("user__username", "role"))
    assert now == {"alice": "lead", "bob": "reader", "carol": "member"}


def test_a_person_is_added_and_can_sign_in(alice: Client) -> None:
    words = {"username": "dora", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    save(alice, page(User, "add"), words)
    assert Client().login(username="dora", password=PASSWORD)
