"""The columns of pages: whoever sees a page named there may open it, and it says where one is."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from conversations.accounts import staff_roles
from conversations.models import User
from providers.models import Endpoint, LanguageModel
from tests.conftest import Cast
from tests.conversations.test_teams import enter

pytestmark = pytest.mark.usefixtures("static_files")
ENTRY = re.compile(r'<a class="frame__page" href="([^"]+)"( aria-current="page")?')
EVERYTHING = 15


def walk(client: Client, start: str) -> set[str]:
    """Open each page that the column names, and return their addresses."""
    addresses = {address for address, _current in ENTRY.findall(client.get(start).content.decode())}
    for address in addresses - {"/accounts/logout/"}:
        page = client.get(address, follow=True)
        assert page.status_code == 200, address
        current = {one for one, is_current in ENTRY.findall(page.content.decode()) if is_current}
        assert current == {address} or address in ("/admin/", "/account/", "/teams/"), address
    return addresses


@pytest.mark.parametrize(("role", "seen"), [("", 0), ("helpdesk", 2), ("keys", 5), ("money", 4), ("auditor", 14)])
def test_staff_is_named_the_pages_of_its_role(cast: Cast, model: LanguageModel, role: str, seen: int) -> None:
    staff_roles.prepare()
    User.objects.filter(pk=cast.carol.pk).update(is_staff=True)
    cast.carol.groups.set(Group.objects.filter(name=role))
    assert len(walk(enter(cast.carol), "/admin/") - {"/admin/", "/account/"}) == seen


def test_a_superuser_is_named_all_of_them(cast: Cast, model: LanguageModel) -> None:
    assert len(walk(enter(cast.alice), "/admin/") - {"/account/"}) == EVERYTHING


def test_settings_name_own_keys_only_where_a_vendor_takes_them(cast: Cast, model: LanguageModel) -> None:
    assert "/account/keys/" not in walk(enter(cast.bob), "/account/")
    Endpoint.objects.update(personal_keys=True)
    assert "/account/keys/" in walk(enter(cast.bob), "/account/")


def test_a_team_names_its_leads_pages_to_them_alone(cast: Cast) -> None:
    team = f"/teams/{cast.team.pk}/"
    pages = {f"{team}{name}/" for name in ("invitations", "defaults", "retention", "keys", "audit", "notifications")}
    for_all = {team, f"{team}prompts/", f"{team}verified/", "/teams/"}
    assert walk(enter(cast.alice), team) == {*for_all, *pages}
    assert walk(enter(cast.bob), team) == for_all
