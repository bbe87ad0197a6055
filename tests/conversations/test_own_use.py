"""The page of a person's own use, and the words about a person that models are told."""

import csv
import io
from collections.abc import Callable
from datetime import datetime

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation, Membership, Message, Team, UsageRecord, User
from conversations.usage import own_use
from conversations.usage.estimates import likely_usage
from providers.models import LanguageModel
from tests.clock import Clock
from tests.conftest import Cast
from tests.conversations.sharing import bytes_of
from tests.conversations.test_engine import Connect, ask
from tests.fake_vendor import FakeVendor

pytestmark = pytest.mark.usefixtures("static_files")
NOW = datetime(2026, 11, 15, 12, tzinfo=timezone.get_default_timezone())


def call(person: User, day: int, model: str = "parrot", team: Team | None = None, **fields: int | None) -> None:
    UsageRecord.objects.create(
        created_at=NOW.replace(day=day),
        user=person,
        team=team,
        conversation=person.pk,
        message=person.pk,
        model_name=model,
        endpoint_name="Gateway",
        outcome="complete",
        total_ms=900,
        **{"input_tokens": 100, "output_tokens": 20, "cost": 1_500, **fields},
    )


def list_of(person: User) -> HttpResponseBase:
    client = Client()
    client.force_login(person)
    return client.get("/account/usage.csv", headers={"accept-encoding": "identity"})


@pytest.fixture
def used(cast: Cast, clock: Clock) -> Cast:
    clock.turn((NOW - clock.now()).total_seconds())
    call(cast.bob, 15)
    call(cast.bob, 15, "=owl", cast.team, thought_tokens=5, cost=None)
    call(cast.bob, 1, team=cast.team, output_tokens=None, cost=9_000)
    call(cast.carol, 15, cost=70_000)
    return cast


def test_it_is_summed_by_time_model_and_team(used: Cast) -> None:
    mine = own_use.use_of(used.bob)
    assert mine.today == own_use.Use("", 2, 200, 45, 1_500, 1)
    assert mine.month == own_use.Use("", 3, 300, 45, 10_500, 1)
    assert [(use.name, use.calls, use.cost) for use in mine.models] == [("parrot", 2, 10_500), ("=owl", 1, 0)]
    assert [(use.name, use.calls) for use in mine.teams] == [("Crew", 2), ("private", 1)]
    Membership.objects.filter(user=used.bob).delete()
    Team.objects.update(name="Layoffs")
    assert [use.name for use in own_use.use_of(used.bob).teams] == ["a former team", "private"]
    assert b"Layoffs" not in bytes_of(list_of(used.bob)), "what it is called now is not for them"
    Team.objects.filter(pk=used.team.pk).delete()
    assert [use.name for use in own_use.use_of(used.bob).teams] == ["a former team", "private"]


def test_the_page_and_its_list_are_of_one_person(used: Cast) -> None:
    client = Client()
    client.force_login(used.bob)
    page = client.get("/account/usage/").content.decode()
    assert "0.0105" in page
    assert "0.07" not in page
    rows = list(csv.DictReader(io.StringIO(bytes_of(list_of(used.bob)).decode("utf-8-sig"))))
    assert [(row["team"], row["model"], row["cost"]) for row in rows] == [
        ("Crew", "parrot", "0.009"),
        ("private", "parrot", "0.0015"),
        ("Crew", "'=owl", ""),
    ]


def test_models_are_told_of_a_person_in_private_alone(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, sign_in: Callable[[User], Client]
) -> None:
    client = sign_in(cast.bob)
    words = {"address_as": "Captain", "about_me": "I sail.\r\nBriefly, please."}
    assert client.post("/account/introduction/", words).status_code == 302
    assert "I sail." in client.get("/parameters/").content.decode()
    bob = connect(cast.bob)
    private = ask(bob, model)
    bob.event("message.finished")
    ask(bob, model, team=str(cast.team.pk))
    bob.event("message.finished")
    told, in_team = (
        [turn for turn in request.json["messages"] if turn["role"] != "user"] for request in vendor.requests
    )
    assert (
        told[0]["content"]
        == "Address the person you talk with as: Captain\n\nThey say of themselves:\nI sail.\nBriefly, please."
    )
    assert in_team == []
    conversation = Conversation.objects.get(pk=private["conversation"])
    branch = Message.objects.branch(Message.objects.get(pk=private["message"]).pk)
    counted = likely_usage(conversation, branch, {}).input_tokens
    assert client.post("/account/introduction/", {"address_as": " ", "about_me": "\u200b"}).status_code == 302
    assert likely_usage(conversation, branch, {}).input_tokens < counted
    assert client.post("/account/introduction/", {"about_me": "a" * 4_001}).status_code == 422
