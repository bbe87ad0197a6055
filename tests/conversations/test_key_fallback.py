"""The switch at a person's or a team's key: only this key, or this key first and then the site's."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from conversations.content.phrases import phrases
from conversations.models import Budget, Conversation, Tally, UsageRecord, User
from conversations.usage.explain_access import why
from providers.client.route import route_of
from providers.models import ApiKey, AuditEntry, Deployment, Endpoint, LanguageModel, Trouble
from providers.pool import cooldown
from providers.pool.blame import Subject
from tests.conftest import CANARY, PASSWORD, Cast
from tests.conversations.paying import Connect, finished, priced
from tests.conversations.test_engine import ask
from tests.fake_vendor import FakeVendor
from tests.providers.administering import form, page, save
from tests.vendor_replies import Received, Step, default_reply

__all__ = ["priced"]

JSON = {"Content-Type": "application/json"}
MINE = "sk-test-my-own-0123456789mine"
REFUSED: Sequence[Step] = [401, JSON, json.dumps({"error": {"message": "no", "code": "invalid_api_key"}}).encode()]


@pytest.fixture
def key(cast: Cast, model: LanguageModel) -> ApiKey:
    """Return Bob's own key, beside the site's."""
    endpoint = Endpoint.objects.get()
    Endpoint.objects.update(personal_keys=True)
    return ApiKey.objects.create(endpoint=endpoint, secret=MINE, owner=cast.bob)


def refuse(vendor: FakeVendor, key: str = MINE) -> None:
    def answer(call: Received) -> Sequence[Step]:
        return REFUSED if key in call.headers["Authorization"] else default_reply(call)

    vendor.script = answer


def keys_called(vendor: FakeVendor) -> list[str]:
    return [call.headers["Authorization"].removeprefix("Bearer ") for call in vendor.requests]


def test_only_this_key_is_said_in_the_error(
    cast: Cast, model: LanguageModel, key: ApiKey, vendor: FakeVendor, connect: Connect
) -> None:
    refuse(vendor)
    bob = connect(cast.bob)
    for _ in range(2):  # refused, then resting
        ask(bob, model)
        told = finished(bob)["error"]
        assert told["code"] == "key_refused"
        assert "Your own key cannot answer now" in told["text"]
        assert "the site's keys are not tried" in told["text"]
        assert told["cause"] == "own_key_alone"
        assert "reply.own_key_alone" in phrases()
    assert keys_called(vendor) == [MINE]


def test_what_the_vendor_said_of_ones_own_key_is_told_to_its_owner_alone(
    cast: Cast,
    model: LanguageModel,
    key: ApiKey,
    vendor: FakeVendor,
    connect: Connect,
    sign_in: Callable[[User], Client],
) -> None:
    said = "No such key of <b>Bob</b>"
    told = json.dumps({"error": {"message": said, "code": "invalid_api_key"}}).encode()
    vendor.script = lambda _: [401, JSON, told]
    bob = connect(cast.bob)
    for _ in range(2):  # refused, then resting
        ask(bob, model)
        assert finished(bob)["quote"] == said
    assert len(vendor.requests) == 1
    assert escape(said) in sign_in(cast.bob).get(reverse("own-keys")).content.decode()
    admin = sign_in(cast.alice)
    pages = [
        "/admin/",
        f"/admin/keys/{key.pk}/",
        "/admin/providers/trouble/",
        f"/admin/access/?person=bob&model={model.pk}",
    ]
    shown = {page: admin.get(page).content.decode() for page in pages}
    assert [page for page, text in shown.items() if "No such key" in text] == []
    assert "cooling down until" not in shown["/admin/"] + shown[f"/admin/keys/{key.pk}/"]
    assert "refused the key" in shown[pages[-1]], "an administrator who explains the person's access sees our sentence"


@pytest.mark.parametrize("busy", [False, True], ids=["refused", "at its limit"])
def test_this_key_first_is_followed_by_the_sites(
    cast: Cast, priced: LanguageModel, key: ApiKey, vendor: FakeVendor, connect: Connect, busy: bool
) -> None:
    ApiKey.objects.filter(pk=key.pk).update(falls_back=True, priority=9)
    site = ApiKey.objects.get(owner=None)
    budget = Budget.objects.create(kind="key", target=site.pk, period="day", hard=Decimal(1))
    bob = connect(cast.bob)
    ask(bob, priced)
    assert finished(bob)["status"] == "complete"
    assert keys_called(vendor) == [MINE], "whatever the priority, one's own comes first"
    if busy:
        vendor.script = lambda call: (
            [429, {**JSON, "Retry-After": "500"}, b"{}"] if MINE in str(call.headers) else default_reply(call)
        )
    else:
        refuse(vendor)
    for _ in range(2):
        ask(bob, priced)
        assert finished(bob)["status"] == "complete"
    assert keys_called(vendor) == [MINE, MINE, CANARY, CANARY], "the second question does not wait for the first key"
    own = route_of(Deployment.objects.get(), key)
    assert Trouble.objects.get().subject == cooldown.place_of(Subject.PAIR if busy else Subject.KEY, own)
    of_site = UsageRecord.objects.filter(key=site.pk)
    assert {(row.user_id, row.outcome) for row in of_site} == {(cast.bob.pk, "complete")}
    spent = Tally.objects.get(budget=budget)
    assert (spent.spent, spent.reserved) == (sum(row.cost or 0 for row in of_site), 0)
    assert spent.spent > 0


def test_the_sites_used_up_budget_counts_for_who_falls_back_on_it(
    cast: Cast, priced: LanguageModel, key: ApiKey, vendor: FakeVendor, connect: Connect
) -> None:
    ApiKey.objects.filter(pk=key.pk).update(falls_back=True)
    Budget.objects.create(kind="key", target=ApiKey.objects.get(owner=None).pk, period="day", hard=Decimal(0))
    refuse(vendor)
    bob = connect(cast.bob)
    ask(bob, priced)
    assert finished(bob)["error"]["code"] == "key_refused"
    assert keys_called(vendor) == [MINE]


def test_a_teams_key_does_as_the_administrator_set_it(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, sign_in: Callable[[User], Client]
) -> None:
    team_key = ApiKey.objects.create(endpoint=Endpoint.objects.get(), secret=MINE)
    cast.team.api_keys.add(team_key)
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team)
    refuse(vendor)
    bob = connect(cast.bob)
    ask(bob, model, conversation=str(conversation.pk))
    told = finished(bob)["error"]
    assert "The team's key cannot answer now" in told["text"]
    assert told["cause"] == "team_key_alone"
    assert "reply.team_key_alone" in phrases()
    admin, address = sign_in(cast.alice), page(ApiKey, "change", team_key.pk)
    save(admin, address, form(admin.get(address)) | {"teams": [str(cast.team.pk)], "falls_back": "on"})
    assert AuditEntry.objects.filter(after__falls_back=True).exists()
    told = "\n".join(why(cast.bob, model, cast.team))
    assert "the team's." in told
    assert "the site's, if those before cannot." in told
    ask(bob, model, conversation=str(conversation.pk), parent=None)
    assert finished(bob)["status"] == "complete"
    assert keys_called(vendor) == [MINE, MINE, CANARY], "saving the key lets it be tried again"


def test_an_owner_changes_the_own_key_alone(cast: Cast, model: LanguageModel, key: ApiKey) -> None:
    site = ApiKey.objects.get(owner=None).pk
    bob, carol, admin = Client(), Client(), Client()
    for client, person in ((bob, cast.bob), (carol, cast.carol), (admin, cast.alice)):
        client.force_login(person)

    def change(client: Client, pk: object, value: str) -> tuple[int, bool]:
        status = client.post(reverse("change-own-key", args=[pk]), {"falls_back": value}).status_code
        return status, ApiKey.objects.get(pk=key.pk).falls_back

    assert change(bob, key.pk, "yes") == (302, True)
    assert change(bob, key.pk, "no") == (302, False)
    assert {change(carol, pk, "yes") for pk in (key.pk, site, uuid4())} == {(404, False)}
    assert change(bob, site, "yes") == (404, False)
    assert not ApiKey.objects.filter(falls_back=True).exists()
    address = page(ApiKey, "change", key.pk)
    save(admin, address, form(admin.get(address)) | {"falls_back": "on"})
    assert not ApiKey.objects.get(pk=key.pk).falls_back, "its owner's questions go where the owner says"


def test_an_own_key_is_added_with_the_choice(cast: Cast, model: LanguageModel) -> None:
    Endpoint.objects.update(personal_keys=True)
    bob = Client()
    bob.force_login(cast.bob)
    bob.post("/accounts/reauthenticate/", {"password": PASSWORD})
    fields = {"endpoint": str(Endpoint.objects.get().pk), "key": MINE}
    for choice, falls_back in (("yes", True), ("no", False), ("", False)):
        assert bob.post(reverse("own-keys"), {**fields, "falls_back": choice}).status_code == 302
        assert ApiKey.objects.get(owner=cast.bob).falls_back == falls_back
        shown = bob.get(reverse("own-keys")).content.decode()
        assert ("this key first, then the site's keys</span>" in shown) == falls_back
        ApiKey.objects.filter(owner=cast.bob).delete()


def test_one_key_that_stands_alone_keeps_the_sites_away(
    cast: Cast, model: LanguageModel, key: ApiKey, vendor: FakeVendor, connect: Connect
) -> None:
    ApiKey.objects.filter(pk=key.pk).update(falls_back=True)
    other = ApiKey.objects.create(endpoint=key.endpoint, secret=f"{MINE}-2", owner=cast.bob)
    refuse(vendor)
    bob = connect(cast.bob)
    ask(bob, model)
    assert "the site's keys are not tried" in finished(bob)["error"]["text"]
    assert set(keys_called(vendor)) == {MINE, other.secret.reveal()}
