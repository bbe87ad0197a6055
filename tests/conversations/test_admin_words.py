"""The administration in Chinese says nothing in English that a person has to read."""

import json
import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from conversations.accounts import staff_roles
from conversations.admin.words import permissions
from conversations.models import User
from providers.models import Endpoint, LanguageModel, Trouble
from tests.conftest import Cast
from tests.providers.administering import alice, form, page, proven, save

__all__ = ["alice"]

pytestmark = pytest.mark.usefixtures("static_files")
ENGLISH = re.compile(r"[Aa]uthenticator|Can \w+|any address|Add link|Model name|Choose|Search")


@pytest.fixture
def chinese(cast: Cast, alice: Client) -> Client:
    TOTP.activate(cast.bob, generate_totp_secret())
    User.objects.filter(pk=cast.alice.pk).update(language="zh-hans")
    return alice


def test_its_pages_hold_no_english(chinese: Client, cast: Cast) -> None:
    factor = Authenticator.objects.get()
    addresses = ["/admin/", reverse("admin:providers_endpoint_preset"), page(User, "change", cast.bob.pk)]
    addresses += [page(Group, "add"), page(Authenticator, "changelist"), page(Authenticator, "delete", factor.pk)]
    found = {address: ENGLISH.findall(_words(chinese.get(address).content.decode())) for address in addresses}
    assert {address: words for address, words in found.items() if words} == {}


def test_what_rests_is_told_in_words(chinese: Client, model: LanguageModel) -> None:
    Trouble.objects.create(
        subject=Endpoint.objects.get().pk, code="key_refused", text="The vendor refused the key.", since=timezone.now(),
        cooling_until=timezone.now() + timedelta(minutes=1),
    )  # fmt: skip
    shown = _words(chinese.get(reverse("admin:providers_trouble_changelist")).content.decode())
    assert shown.count("服务商拒绝了密钥。") == 2, "in the list and in its filter"
    assert "key_refused" not in shown
    itself = chinese.get(page(Trouble, "change", Trouble.objects.get().pk)).content.decode()
    assert str(Endpoint.objects.get()) in itself, "its own page does not say what it is of"
    of_endpoint = chinese.get(page(Endpoint, "change", Endpoint.objects.get().pk)).content.decode()
    assert '<p class="errornote">服务商拒绝了密钥。' in of_endpoint, "nor does the page to which it leads"


def test_labels_of_forms_begin_alike(cast: Cast, model: LanguageModel) -> None:
    client, endpoint = proven(cast.alice), Endpoint.objects.get()
    addresses = [reverse("admin:conversations_budget_add"), reverse("add-keys", args=[endpoint.pk])]
    shown = "".join(client.get(address).content.decode() for address in addresses)
    labels = [label.strip() for label in re.findall(r"<label[^>]*>([^<]*:)</label>", shown)]
    assert "Applies to:" in labels
    assert [label for label in labels if not label[0].isupper()] == []


def _words(page: str) -> str:
    """Return the texts that people read, those of buttons included."""
    buttons = re.findall(r'<input type="submit"[^>]*value="([^"]*)"', page)
    texts = re.sub(r"<(script|svg|style).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join([texts, *buttons])


def test_the_scripts_speak_it_too(chinese: Client) -> None:
    words = chinese.get(reverse("admin:jsi18n")).content.decode()
    for english, said in (("Choose all %s", "选择全部%s"), ("Remove all %s", "移除全部%s")):
        assert f'"{english}": {json.dumps(said)}' in words


def test_permissions_are_named_by_what_they_allow(cast: Cast) -> None:
    staff_roles.prepare()  # the auditor sees what has no page in the administration, too
    client, permission = proven(cast.alice), Permission.objects.get(codename="change_endpoint")
    shown = client.get(page(Group, "add")).content.decode()
    assert f'<option value="{permission.pk}">endpoint: may change</option>' in shown
    assert "tally" not in shown
    assert {one.content_type.model for one in permissions()} >= {"endpoint", "user", "budget"}


def test_a_permission_that_is_not_offered_stays_with_who_has_it(cast: Cast) -> None:
    odd = Permission.objects.get(codename="view_tally")
    group = Group.objects.create(name="Odd")
    group.permissions.add(odd)
    client, address = proven(cast.alice), page(Group, "change", group.pk)
    fields = form(client.get(address))
    save(client, address, {**fields, "name": "Odder", "permissions": [str(pk) for pk in fields["permissions"]]})
    assert list(group.permissions.all()) == [odd]


def test_translated_labels_name_the_presets() -> None:
    from conversations.forms.endpoints import EndpointForm

    with translation.override("zh-hans"):
        assert "任意地址" in dict(EndpointForm().fields["preset"].choices)["gemini"]
