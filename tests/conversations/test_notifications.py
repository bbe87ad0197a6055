"""Notifications: the rows of what happened, who is told of them, and when they are read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from conversations.actions.links.invitations import invite, join
from conversations.actions.teams import create_team
from conversations.models import (
    Arrangement,
    Budget,
    Conversation,
    Membership,
    Message,
    Notification,
    Tally,
    User,
    Verification,
)
from conversations.models.notifications import budget_warnings, notification
from conversations.notifications import telling, troubles
from providers.models import ApiKey, Endpoint, LanguageModel, Trouble
from tests.conftest import Cast, both_ways
from tests.conversations.calling import Api
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_stream


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notification, "GRACE", timedelta(0))


@both_ways
def test_a_mention_is_told_on_all_pages_until_it_is_read(
    cast: Cast, connect: Callable[..., Socket], at_once: None
) -> None:
    alice, bob, other = connect(cast.alice), connect(cast.bob), connect(cast.bob)
    ack = alice.ask("message.send", conversation=None, team=cast.team.id, text="@bob look", models=[], id="one")
    alice.ask("message.send", conversation=None, team=cast.team.id, text="@bob look", models=[], id="one")
    telling.tell()
    for socket in (bob, other):
        told = socket.event("notification.created")
        assert told["unread"] == 1
        assert (told["notification"]["kind"], told["notification"]["person"]["name"]) == ("mention", "alice")
        assert "look" not in str({**told["notification"], "title": ""}), "nothing of what it says"
    telling.tell()
    assert Api(cast.bob).get("/notifications")["unread"] == 1
    bob.ask("conversation.read", conversation=ack["conversation"], revision=2)
    assert other.event("notification.read")["unread"] == 0
    assert Api(cast.bob).get("/notifications")["results"][0]["read"]
    assert [frame["type"] for frame in other.settle()].count("notification.created") == 1


def test_a_reply_is_told_to_who_asked_unless_they_saw_it(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Callable[..., Socket], at_once: None
) -> None:
    vendor.play([openai_stream(["Yes."])] * 2)
    bob, other = connect(cast.bob), connect(cast.bob)
    seen = bob.ask("message.send", conversation=None, text="Seen?")
    ended = bob.event("message.finished", conversation=seen["conversation"])
    bob.ask("conversation.read", conversation=seen["conversation"], revision=ended["revision"])
    away = bob.ask("message.send", conversation=None, text="Away?")
    bob.event("message.finished", conversation=away["conversation"])
    telling.tell()
    told = other.event("notification.created")["notification"]
    assert (told["kind"], told["conversation"], told["subject"]) == ("reply_ended", away["conversation"], "parrot")
    assert not Notification.objects.filter(conversation=seen["conversation"]).exists(), "nobody was away"
    assert Notification.objects.get().person == cast.bob


@pytest.mark.parametrize("lost", ["place", "account", "muted"])
def test_nothing_is_told_of_what_one_may_not_read_any_more(
    cast: Cast, connect: Callable[..., Socket], lost: str, at_once: None
) -> None:
    bob = connect(cast.bob)
    ack = connect(cast.alice).ask("message.send", conversation=None, team=cast.team.id, text="@bob", models=[])
    if lost == "place":
        Membership.objects.filter(user=cast.bob).delete()
    elif lost == "account":
        User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    else:
        Arrangement.objects.create(user=cast.bob, conversation_id=ack["conversation"], muted=True)
    telling.tell()
    assert "notification.created" not in {frame["type"] for frame in bob.settle(0.1)}
    assert Notification.objects.untold().count() == 0
    assert Notification.objects.of(cast.bob).unread().count() == (1 if lost == "account" else 0)


def test_a_remark_is_told_to_whom_it_is_for_and_an_answer_to_who_made_it(
    cast: Cast, connect: Callable[..., Socket]
) -> None:
    alice, bob = connect(cast.alice), connect(cast.bob)
    said = alice.ask("message.send", conversation=None, team=cast.team.id, text="Hi", models=[])["message"]
    made = alice.ask("remark.add", message=said, text="See?", assignee=cast.bob.pk)["remark"]
    bob.ask("remark.reply", remark=made, text="I see.")
    told = Notification.objects.order_by("pk").values_list("person__username", "kind", "by__username")
    assert list(told) == [("bob", "remark", "alice"), ("alice", "remark", "bob")]
    alice.ask("remark.delete", remark=made)
    assert not Notification.objects.exists(), "what is gone is not told"


def test_one_or_all_are_read(cast: Cast, connect: Callable[..., Socket]) -> None:
    bob = connect(cast.bob)
    rows = [Notification.objects.create(person=cast.bob, kind="joined", key=str(number)) for number in range(3)]
    foreign = Notification.objects.create(person=cast.carol, kind="joined", key="theirs")
    assert bob.ask("notification.read", notification=rows[0].pk)["unread"] == 2
    assert bob.ask("notification.read", notification=foreign.pk)["code"] == "not_found"
    page = Api(cast.bob).get("/notifications?limit=2")
    assert [row["read"] for row in page["results"]] == [False, False]
    assert Api(cast.bob).get(f"/notifications?before={page['next']}")["results"][0]["read"]
    assert bob.ask("notification.read")["unread"] == 0
    assert Notification.objects.of(cast.carol).unread().count() == 1


@pytest.mark.django_db
def test_they_are_kept_for_a_while_and_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notification, "MAX_KEPT", 3)
    person, other = (User.objects.create_user(name) for name in ("many", "few"))
    for number in range(5):
        Notification.objects.create(person=person, kind="joined", key=str(number))
    old = Notification.objects.create(person=other, kind="joined", key="old")
    Notification.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=91))
    Notification.objects.trim()
    assert sorted(Notification.objects.values_list("key", flat=True)) == ["2", "3", "4"]


@pytest.mark.django_db
def test_who_invited_is_told_who_came() -> None:
    lead, guest = (User.objects.create_user(name) for name in ("lead", "guest"))
    team = create_team(lead, "Crew")
    made, _ = invite(lead, team.pk, "member", days=1, is_single_use=False)
    for _ in range(2):
        join(guest, made)
    told = Notification.objects.get()
    assert (told.person, told.kind, told.by, told.team) == (lead, "joined", guest, team)
    assert Notification.objects.of(lead).exists()
    Membership.objects.filter(user=lead).delete()
    assert not Notification.objects.of(lead).exists(), "who has left does not read who comes"


@pytest.mark.django_db
def test_staff_is_told_of_a_refused_key_and_of_an_endpoint_that_stays_away() -> None:
    boss = User.objects.create_superuser("boss")
    User.objects.create_user("clerk", is_staff=True)
    endpoint = Endpoint.objects.create(name="Far", wire="openai", base_url="https://vendor.example/v1")
    key = ApiKey.objects.create(endpoint=endpoint, secret="sk-test-refused")
    personal = ApiKey.objects.create(endpoint=endpoint, secret="sk-test-own", owner=boss)
    now = timezone.now()

    def trouble(subject: Any, code: str, minutes: int) -> Trouble:
        return Trouble(subject=subject, code=code, text="", since=now - timedelta(minutes=minutes), cooling_until=now)

    with transaction.atomic():
        for one in (trouble(key.pk, "key_refused", 0), trouble(personal.pk, "key_refused", 0)):
            troubles.note(one)
        for minutes in (0, 2, 2):
            troubles.note(trouble(endpoint.pk, "vendor_down", minutes))
    told = list(Notification.objects.order_by("pk").values_list("person", "kind"))
    assert told == [(boss.pk, "key_refused"), (boss.pk, "endpoint_down")]
    assert "sk-test" not in str(list(Notification.objects.values()))


@pytest.mark.django_db
@pytest.mark.parametrize(("soft", "hard", "steps"), [(8, None, [3, 4, 2, 5]), (None, 10, [8, 0, 1, 4])])
def test_staff_is_told_once_that_a_budget_is_nearly_used_up(
    soft: int | None, hard: int | None, steps: list[int]
) -> None:
    User.objects.create_superuser("boss")
    spender = User.objects.create_user("spender")
    budget = Budget.objects.create(kind="person", period="day", soft=soft, hard=hard)
    tally = Tally.objects.create(budget=budget, target=spender.pk, begins=timezone.now())
    counts = []
    for step in steps:
        tally.refresh_from_db()
        Tally.objects.filter(pk=tally.pk).update(spent=tally.spent + step * 10**6)
        budget_warnings.warn(tally, step * 10**6)
        counts.append(Notification.objects.count())
    assert counts == [0, 0, 1, 1]
    assert Notification.objects.get().subject == "spender · day"


def test_a_verified_answer_whose_day_has_come_is_told_once(cast: Cast, connect: Callable[..., Socket]) -> None:
    conversation = Conversation.objects.create(owner=cast.bob, title="Rule")
    reply = Message.objects.create(
        conversation=conversation, role="assistant", status="complete", author=cast.bob, revision=1
    )
    mark = Verification.objects.create(
        message=reply, conversation=conversation, by=cast.bob, until=timezone.localdate(), revision=2
    )
    for _ in range(2):
        Notification.objects.note_due()
    assert Notification.objects.get().kind == "verified_due"
    Verification.objects.filter(pk=mark.pk).update(until=timezone.localdate() - timedelta(days=1))
    Notification.objects.note_due()
    assert Notification.objects.count() == 2, "another day is another thing"


def test_the_page_shows_what_happened_with_a_way_there(cast: Cast, connect: Callable[..., Socket]) -> None:
    ack = connect(cast.alice).ask("message.send", conversation=None, team=cast.team.id, text="@bob <b>", models=[])
    client = Api(cast.bob).client
    page = client.get("/notifications/").content.decode()
    assert "alice mentioned you in “@bob &lt;b&gt;”" in page
    assert f"/conversations/{ack['conversation']}/?at={ack['message']}#message-{ack['message']}" in page
    assert 'data-unread="1"' in client.get("/").content.decode()
    assert client.post("/notifications/read/").status_code == 302
    assert "data-unread" not in client.get("/notifications/newest/").content.decode()
