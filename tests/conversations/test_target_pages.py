"""The pages of a person's and of a team's places: a secret is shown once, an address never again."""

import json

import pytest
from django.test import Client

from conversations.models import Delivery, Target
from conversations.models.notifications.sentences import outcome
from tests.conftest import Cast
from tests.conversations.test_own_keys import client_of


@pytest.mark.usefixtures("static_files")
def test_a_place_is_added_on_a_page_with_a_secret_that_is_shown_once(cast: Cast) -> None:
    given = {"form": "webhook", "address": "https://robot.example/canary-address", "kinds": ["mention", "joined"]}
    stale = Client()
    stale.force_login(cast.bob)
    assert "reauthenticate" in stale.post("/account/notifications/", given).headers["Location"]
    bob, alice = client_of(cast.bob), client_of(cast.alice)
    for client, path in ((bob, "/account/notifications/"), (alice, f"/teams/{cast.team.pk}/notifications/")):
        made = client.post(path, given)
        assert made.status_code == 201
        assert 'value="whsec_' in made.content.decode()
        page = client.get(path).content.decode()
        assert "whsec_" not in page
        assert "canary-address" not in page
        assert "••••ress" in page
        refused = client.post(path, {**given, "address": "https://10.0.0.1/words"})
        assert refused.status_code == 422
        assert "10.0.0.1 is a private address" in refused.content.decode()
        assert "https://10.0.0.1/words" in refused.content.decode(), "nothing that was typed is lost"
    assert client_of(cast.bob).post(f"/teams/{cast.team.pk}/notifications/", given).status_code == 404
    path = f"/teams/{cast.team.pk}/notifications/"
    assert "who no longer leads this team" not in alice.get(path).content.decode()
    Target.objects.filter(team=cast.team).update(created_by=cast.bob)
    assert "added by bob, who no longer leads this team" in alice.get(path).content.decode()
    assert Target.objects.get(person=cast.bob).kinds == ["mention", "joined"]
    assert b"canary-address" not in json.dumps(list(Target.objects.values("address", "signing")), default=str).encode()
    target = Target.objects.get(person=cast.bob)
    Delivery.objects.create(target=target, kind="test", outcome="vendor_down", key="1")
    log = bob.get(f"/account/notifications/{target.pk}/").content.decode()
    assert "waiting · no connection" in log, "in words, as far as the answer is not the target's own"
    assert outcome("500") == "500"
