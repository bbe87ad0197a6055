"""The admin's pages for tests: signing in, reading forms, changing and saving them."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from conversations.models import User
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from tests.conftest import CANARY, PASSWORD, Cast

NEW_KEY = "sk-test-entered-0123456789wxyz"


@pytest.fixture
def alice(cast: Cast) -> Client:
    """Return a client of a superuser who has just given the password again."""
    return proven(cast.alice)


@pytest.fixture
def endpoint(cast: Cast, settings: Any) -> Endpoint:
    made = Endpoint.objects.create(name="Ours", wire="openai", base_url="https://vendor.example/v1")
    ApiKey.objects.create(endpoint=made, secret=CANARY)
    model = LanguageModel.objects.create(name="parrot")
    Deployment.objects.create(model=model, endpoint=made, vendor_id="parrot")
    return made


def proven(person: User) -> Client:
    """Return a client of a person who has given the password again, as changing an address requires."""
    client = Client()
    client.force_login(person)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def staff(cast: Cast, *permissions: str) -> Client:
    """Make Bob staff with these permissions, and return his client, the password given again."""
    cast.bob.is_staff = True
    cast.bob.save()
    cast.bob.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return proven(cast.bob)


def page(model: type[Model], kind: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=args)


def assert_is_safe(response: HttpResponse) -> None:
    """Check for a strict policy, nothing that it would have to forbid, and no key."""
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-" not in policy
    text = response.content.decode()
    inline = re.findall(r"<script(?![^>]*\b(?:src|nonce)=)(?![^>]*application/json)[^>]*>", text)
    assert inline == []
    assert not re.search(r"<[^>]+\son[a-z]+=", text)
    assert CANARY not in text
    assert "sealed1:" not in text


def form(response: HttpResponse) -> dict[str, Any]:
    """Return the fields that a browser would send of this admin page if nobody changed anything."""
    context = response.context  # type: ignore[attr-defined]
    adminform = context["adminform"].form
    fields = {field.html_name: field.value() for field in adminform}
    for formset in (inline.formset for inline in context["inline_admin_formsets"]):
        for part in (formset.management_form, *formset.forms):
            fields |= {field.html_name: field.value() for field in part}
    return {name: value for name, value in fields.items() if value is not None and value is not False}


def more_keys(fields: dict[str, Any], **row: str) -> dict[str, Any]:
    """Return the fields with one more row in the table of keys."""
    at = fields["keys-TOTAL_FORMS"]
    return {**fields, "keys-TOTAL_FORMS": at + 1, **{f"keys-{at}-{name}": value for name, value in row.items()}}


def save(client: Client, address: str, fields: dict[str, Any]) -> None:
    response = client.post(address, fields)
    errors = response.context["errors"] if response.context and "errors" in response.context else ""
    assert response.status_code == 302, errors


def keys(endpoint: Endpoint) -> list[str]:
    return [key.secret.reveal() for key in endpoint.keys.all()]
