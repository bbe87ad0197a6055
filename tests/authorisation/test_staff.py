"""Each role of staff tries every form of the admin, and gains exactly what it is for."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from conversations.accounts import staff_roles
from conversations.models import User
from tests.authorisation.staff import GAINS, gained
from tests.authorisation.world import World
from tests.conftest import PASSWORD

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.mark.parametrize(
    "roles", [("helpdesk", "keys"), pytest.param(tuple(GAINS), marks=pytest.mark.soak)], ids=["two", "all"]
)
def test_each_role_gains_what_it_is_for_and_nothing_else(world: World, roles: tuple[str, ...]) -> None:
    staff_roles.prepare()
    for role in roles:
        won = gained(_client_of(role), world.targets)
        assert {prize: doors for prize, doors in won.items() if prize not in GAINS[role]} == {}, role
        assert set(won) == GAINS[role], role


def _client_of(role: str) -> Client:
    """Return a client of the clerk with this role, the password given again a moment ago."""
    person = User.objects.get(username="clerk")
    person.groups.set(Group.objects.filter(name=role))
    client = Client(headers={"host": "127.0.0.1"}, raise_request_exception=False)
    client.force_login(person)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client
