"""A person's own keys: only where an administrator allows them, theirs alone, and never shown."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from conversations.models import User
from providers.models import ApiKey, Endpoint, LanguageModel
from tests.conftest import CANARY, PASSWORD, Cast
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket

MINE = "sk-test-my-own-0123456789mine"
ADDRESS = "/account/keys/"

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def endpoint(model: LanguageModel) -> Endpoint:
    Endpoint.objects.update(personal_keys=True)
    return Endpoint.objects.get()


def client_of(person: User) -> Client:
    """Return a client that has just given the password, as adding a key requires."""
    client = Client()
    client.force_login(person)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def add(client: Client, endpoint: Endpoint, key: str = MINE) -> int:
    return client.post(ADDRESS, {"endpoint": str(endpoint.pk), "key": key}).status_code


def test_an_own_key_is_added_and_removed(cast: Cast, endpoint: Endpoint) -> None:
    bob = client_of(cast.bob)
    assert add(bob, endpoint) == 302
    key = ApiKey.objects.get(owner=cast.bob)
    assert (key.secret.reveal(), key.endpoint, key.created_by) == (MINE, endpoint, cast.bob)
    page = bob.get(ADDRESS).content.decode()
    assert "••••mine" in page
    assert MINE not in page
    assert bob.post(reverse("remove-own-key", args=[key.pk])).status_code == 302
    assert not ApiKey.objects.filter(owner=cast.bob).exists()


def test_it_is_nobody_elses(cast: Cast, endpoint: Endpoint) -> None:
    add(client_of(cast.bob), endpoint)
    mine, sites = ApiKey.objects.get(owner=cast.bob).pk, ApiKey.objects.get(owner=None).pk
    carol = client_of(cast.carol)
    assert "mine" not in carol.get(ADDRESS).content.decode()
    assert {carol.post(reverse("remove-own-key", args=[key])).status_code for key in (mine, sites, uuid4())} == {404}
    assert ApiKey.objects.count() == 2


def test_the_site_decides_where(cast: Cast, endpoint: Endpoint) -> None:
    bob = client_of(cast.bob)
    Endpoint.objects.update(personal_keys=False)
    assert "An administrator can allow it" in bob.get(ADDRESS).content.decode()
    assert add(bob, endpoint) == 422
    Endpoint.objects.update(personal_keys=True, enabled=False)
    assert add(bob, endpoint) == 422
    assert ApiKey.objects.filter(owner=cast.bob).count() == 0


@pytest.mark.parametrize("key", ["", "two words", "schlüssel", "x" * 5000, CANARY])
def test_what_is_no_key_or_there_already_is_refused(cast: Cast, endpoint: Endpoint, key: str) -> None:
    bob = client_of(cast.bob)
    assert add(bob, endpoint, key) == 422
    assert ApiKey.objects.count() == 1


def test_strangers_and_old_sign_ins_are_asked_for_a_password(cast: Cast, endpoint: Endpoint) -> None:
    assert add(Client(), endpoint) == 302
    stale = Client()
    stale.force_login(cast.bob)
    asked = stale.post(ADDRESS, {"endpoint": str(endpoint.pk), "key": MINE})
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/?next=")
    assert MINE not in str([session.get_decoded() for session in Session.objects.all()]), "it waits unsealed"
    assert "enter it again" in stale.get(asked.headers["Location"]).content.decode()
    stale.post(asked.headers["Location"], {"password": PASSWORD})
    assert ApiKey.objects.count() == 1
    assert add(stale, endpoint) == 302


def test_it_answers_its_owners_questions_alone(
    cast: Cast, endpoint: Endpoint, model: LanguageModel, vendor: FakeVendor, connect: Callable[..., Socket]
) -> None:
    ApiKey.objects.create(endpoint=endpoint, secret=MINE, owner=cast.bob)
    for person, key in ((cast.bob, MINE), (cast.carol, CANARY)):
        socket = connect(person)
        ask(socket, model)
        socket.event("message.finished")
        assert vendor.requests[-1].headers["Authorization"] == f"Bearer {key}"
