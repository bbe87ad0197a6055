"""The look-ups that addresses of the admin's lists may use."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client, RequestFactory
from django.urls import reverse

from conversations.accounts import staff_roles
from conversations.models import User
from providers.audit.admin import NoExistenceLeakAdmin
from tests.conftest import PASSWORD, Cast

pytestmark = pytest.mark.usefixtures("static_files")

LONG = "a" * 20  # a bad expression takes a second for it, and for twice as long a name for ever
BAD = "^(a|a)*!$"


@pytest.fixture
def auditor(cast: Cast) -> Client:
    """Return a client of a person who may see every list and change nothing."""
    staff_roles.prepare()
    person = User.objects.create_user("audrey", password=PASSWORD, is_staff=True)
    person.groups.add(Group.objects.get(name="auditor"))
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(person)
    return client


def of(model: type) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")  # type: ignore[attr-defined]


def test_no_list_takes_an_expression(auditor: Client) -> None:
    User.objects.create_user(LONG)
    assert auditor.get(of(User), {"username__regex": BAD}).status_code == 400
    for model, page in admin.site._registry.items():
        names = ["pk", *(field.name for field in model._meta.get_fields())]
        taken = {f"{name}__{how}" for name in names for how in ("regex", "iregex") if _takes(page, f"{name}__{how}")}
        assert taken == set(), model.__name__


def _takes(page: "admin.ModelAdmin[Any]", look_up: str) -> bool:
    return page.lookup_allowed(look_up, BAD, RequestFactory().get("/"))


@pytest.mark.parametrize(
    "look_up", ["email", "email__startswith", "email__gt", "email_key__contains", "pk__lt", "what"]
)
def test_no_list_is_asked_for_what_it_does_not_show(auditor: Client, cast: Cast, look_up: str) -> None:
    assert auditor.get(of(User), {look_up: "a"}).status_code == 400


def test_every_list_is_one_of_ours() -> None:
    assert [model for model, page in admin.site._registry.items() if not isinstance(page, NoExistenceLeakAdmin)] == []


@pytest.mark.parametrize(
    "choice", ["is_active__exact=1", "is_staff__exact=0", "teams__id__exact=", "teams__isnull=True"]
)
def test_a_list_is_filtered_by_what_it_offers(auditor: Client, cast: Cast, choice: str) -> None:
    if choice.endswith("id__exact="):
        choice += str(cast.team.pk)
    assert auditor.get(f"{of(User)}?{choice}").status_code == 200


def test_a_search_of_very_many_words_is_a_search(auditor: Client, cast: Cast) -> None:
    for model in (User, *(model for model in admin.site._registry if model.__name__ == "AuditEntry")):
        answer = auditor.get(of(model), {"q": " ".join(f"word{number}" for number in range(1500))})
        assert answer.status_code == 200
    assert "bob" in auditor.get(of(User), {"q": "bob"}).content.decode()
