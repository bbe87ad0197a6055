"""The admin: every page opens under a strict policy, keys go in and never come out."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from conversations.models import Conversation, Membership, Message, Team, User
from providers.models import ApiKey, AuditEntry, Endpoint, LanguageModel
from tests.conftest import CANARY, PASSWORD, Cast
from tests.providers.administering import NEW_KEY, alice, assert_is_safe, endpoint, form, keys, more_keys, page, save

__all__ = ["alice", "endpoint"]
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
ENDPOINTS = {Endpoint, ApiKey, LanguageModel}

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_page_of_every_model_opens(alice: Client, endpoint: Endpoint, model: type[Model]) -> None:
    pages = [page(model, "changelist"), f"{page(model, 'changelist')}?q=x"]
    if admin.site._registry[model].has_add_permission(_request_of_superuser()):
        pages.append(page(model, "add"))
    if row := model._default_manager.first():
        pages += [page(model, kind, row.pk) for kind in ("change", "history")]
        if admin.site._registry[model].has_delete_permission(_request_of_superuser(), row):
            pages.append(page(model, "delete", row.pk))
    for address in pages:
        response = alice.get(address, follow=True)
        assert response.status_code == 200, address
        assert_is_safe(response)
    table = alice.get(page(model, "csv"))
    assert table.headers["Content-Type"].startswith("text/csv")
    assert table.streaming or CANARY not in table.content.decode()
    assert AuditEntry.objects.filter(act="downloaded").exists()


def test_a_list_is_taken_away_as_it_is_shown(alice: Client, endpoint: Endpoint) -> None:
    LanguageModel.objects.create(name="=HYPERLINK(1)", enabled=False)
    table = alice.get(page(LanguageModel, "csv") + "?enabled__exact=0").content.decode("utf-8-sig")
    assert table.splitlines()[1:] == ["'=HYPERLINK(1),no,,–,–,everybody,"]
    clerk = Client()
    clerk.force_login(User.objects.create_user("clerk", is_staff=True))
    assert clerk.get(page(LanguageModel, "csv")).status_code == 403


def _request_of_superuser() -> Any:
    from django.test import RequestFactory

    request = RequestFactory().get("/admin/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    return request


def test_the_index_opens(alice: Client) -> None:
    assert_is_safe(alice.get("/admin/"))


def test_ones_own_password_is_changed_on_the_sites_own_page(alice: Client, cast: Cast) -> None:
    new = "another fine passphrase"
    given = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    for response in (alice.get("/admin/password_change/"), alice.post("/admin/password_change/", given)):
        assert response.headers["Location"] == reverse("account_change_password")
    cast.alice.refresh_from_db()
    assert cast.alice.check_password(PASSWORD)


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


@pytest.mark.parametrize("blank", ["\u200b\u200b", "\u3164\u2800"])
def test_a_name_of_which_nothing_can_be_seen_is_refused(alice: Client, endpoint: Endpoint, blank: str) -> None:
    rows = [(Endpoint, endpoint), (LanguageModel, LanguageModel.objects.get()), (ApiKey, endpoint.keys.get())]
    for model, row in rows:
        address = page(model, "change", row.pk)
        shown = alice.post(address, {"headers": "{}", **form(alice.get(address)), "name": blank})
        assert "A name needs at least one character that can be seen." in shown.content.decode()
        row.refresh_from_db()
        assert row.name != blank
    address = page(LanguageModel, "add")
    shown = alice.post(address, form(alice.get(address)) | {"name": blank})
    assert "A name needs at least one character that can be seen." in shown.content.decode()
    preset = {"name": blank, "base_url": "https://vendor.example/v1", "key": NEW_KEY, "models": "parrot"}
    shown = alice.post("/admin/providers/endpoint/preset/?preset=openai", preset)
    assert "A name needs at least one character that can be seen." in shown.content.decode()
    assert Endpoint.objects.count() == 1


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


def test_a_person_is_added_and_comes_in_by_a_link(alice: Client) -> None:
    response = alice.post(page(User, "add"), {"username": "dora", "password1": PASSWORD, "password2": PASSWORD})
    dora = User.objects.get(username="dora")
    assert response.headers["Location"] == reverse("new-password-link", args=[dora.pk])
    assert not dora.has_usable_password()
