"""Robots, webhooks and letters: who is told what, once, and what a hostile or dead one costs."""

import time
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import actions
from conversations.errors import Refused
from conversations.models import (
    Budget,
    Conversation,
    Delivery,
    Installation,
    Membership,
    Message,
    Notification,
    Project,
    Tally,
    Target,
    Team,
    User,
)
from conversations.models.notifications import budget_warnings, delivery, notification
from conversations.notifications import sending, telling
from providers.models import Endpoint
from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor

ALL = [kind.value for kind in notification.Kind]


@pytest.fixture
def people(db: None, monkeypatch: pytest.MonkeyPatch, vendor: FakeVendor) -> tuple[User, User, Team]:
    monkeypatch.setattr(notification, "GRACE", timedelta(0))
    vendor.script = lambda _request: [200, b'{"code": 0}']
    lead, bob = (User.objects.create_user(name, language="en") for name in ("lead", "bob"))
    team = Team.objects.create(name="Crew")
    for person, role in ((lead, "lead"), (bob, "member")):
        Membership.objects.create(team=team, user=person, role=role)
    return lead, bob, team


def target(owner: User, url: str, form: str = "webhook", team: Team | None = None, **more: Any) -> Target:
    given = {"form": form, "name": "There", "address": url, "signing": "", "kinds": ALL, "with_text": False, **more}
    made, _ = actions.add_target(owner, team.pk if team else None, **given)
    return made


def mention(by: User, person: User, team: Team, **more: Any) -> Conversation:
    conversation = Conversation.objects.create(owner=by, team=team, title="A plan", **more)
    said = Message.objects.create(
        conversation=conversation, role="user", author=by, text="The secret word", status="complete", revision=1
    )
    Notification.objects.note_mentions(said, [person.pk])
    return conversation


def work() -> list[Delivery]:
    """Tell and send all that is due, in this thread."""
    telling.tell()
    for one in Target.objects.due():
        sending.tell(one.pk)
    return list(Delivery.objects.order_by("pk"))


def url(vendor: FakeVendor) -> str:
    return f"http://{vendor.host}/hook?key=canary-of-the-robot"


def test_a_person_and_a_team_are_told_once_with_title_and_name(
    people: tuple[User, User, Team], vendor: FakeVendor
) -> None:
    lead, bob, team = people
    mine = target(bob, url(vendor))
    target(lead, url(vendor), "feishu", team)
    mention(lead, bob, team)
    assert [row.status for row in work()] == ["sent", "sent"]
    work()
    own, shared = (request.json for request in vendor.requests)
    assert (own["type"], own["title"], own["person"], own["repeated"]) == ("mention", "A plan", "lead", False)
    assert "lead mentioned somebody in “A plan”" in shared["content"]["text"]
    assert "secret word" not in str([own, shared]), "no text, unless its owner wants it"
    assert len(vendor.requests) == 2
    Target.objects.filter(pk=mine.pk).update(with_text=True)
    mention(lead, bob, team)
    work()
    assert vendor.requests[2].json["text"] == "The secret word"
    assert vendor.requests[2].headers["webhook-signature"].startswith("v1,")
    assert str(Target.objects.get(pk=mine.pk).address) == "••••obot", "never shown again"


def test_a_team_is_told_of_what_its_member_has_read_at_once(
    people: tuple[User, User, Team], vendor: FakeVendor
) -> None:
    lead, bob, team = people
    target(bob, url(vendor))
    target(lead, url(vendor), "feishu", team)
    conversation = mention(lead, bob, team)
    Notification.objects.see(bob, conversation, 1)
    for _ in range(2):
        work()
    assert [request.json["msg_type"] for request in vendor.requests] == ["text"], "it is no news for its person"
    assert not Notification.objects.untold().exists()


def test_what_is_dropped_fills_no_log(
    people: tuple[User, User, Team], vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead, bob, team = people
    monkeypatch.setattr(delivery, "MAX_LOGGED", 2)
    target(bob, url(vendor))
    for _ in range(4):
        mention(lead, bob, team)
    telling.tell()
    Conversation.objects.update(deleted_at=timezone.now())
    assert [row.status for row in work()] == ["dropped"] * 2


def test_the_slow_places_of_one_leads_teams_take_turns(
    people: tuple[User, User, Team], monkeypatch: pytest.MonkeyPatch, vendor: FakeVendor
) -> None:
    lead, bob, team = people
    others = [Team.objects.create(name=f"Crew {number}") for number in range(3)]
    Membership.objects.bulk_create(Membership(team=one, user=lead, role="lead") for one in others)
    for owner, place in ((lead, team), *((lead, one) for one in others), (bob, None)):
        Delivery.objects.test(target(owner, url(vendor), team=place))
    owners = list[Any]()
    monkeypatch.setattr(sending._pool, "submit_for", lambda owner, _work: owners.append(owner) or Future())
    sending.send()
    sending._queued.clear()
    assert owners == [lead.pk] * 4 + [bob.pk]


@pytest.mark.parametrize("lost", ["place", "account", "bin", "project"])
def test_what_one_may_not_know_any_more_is_not_sent(
    people: tuple[User, User, Team], vendor: FakeVendor, lost: str
) -> None:
    lead, bob, team = people
    target(bob, url(vendor))
    target(lead, url(vendor), team=team)
    conversation = mention(lead, bob, team)
    telling.tell()
    assert Delivery.objects.count() == 2
    if lost == "place":
        Membership.objects.filter(user=bob).delete()
    elif lost == "account":
        User.objects.filter(pk=bob.pk).update(is_active=False)
    elif lost == "bin":
        Conversation.objects.update(deleted_at=timezone.now())
    else:
        narrow = Project.objects.create(name="P", owner=lead, team=team, is_narrow=True)
        Conversation.objects.filter(pk=conversation.pk).update(project=narrow)
    statuses = {row.target.person_id: row.status for row in work()}
    assert statuses[bob.pk] == "dropped"
    assert statuses[None] == ("sent" if lost in ("place", "account") else "dropped")
    for one in Target.objects.all():
        is_known = statuses[one.person_id] == "sent" or lost == "account"
        assert Delivery.objects.filter(target=one).readable_by(one).exists() == is_known, "the log has titles of now"


def test_a_private_address_and_a_vendor_of_the_site_are_refused(
    people: tuple[User, User, Team], vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bob, _ = people
    for address in (
        "http://robot.example/", "https://10.0.0.1/x", "https://localhost/", "https://robot.example/#f",
        "https://user@robot.example/", "https://robot.example/?a b", "https://robot.example/?a\r\nX: y",
        "https://[::ffff:127.0.0.1]/", "https://robot.example:25/",
    ):  # fmt: skip
        with pytest.raises(Refused):
            target(bob, address)
    target(bob, url(vendor))
    Endpoint.objects.create(name="Ours", wire="openai", base_url=f"http://{vendor.host}/v1")
    with pytest.raises(Refused):
        target(bob, url(vendor))
    Delivery.objects.test(Target.objects.get())
    [row] = work()
    assert (row.status, row.outcome) == ("failed", "address_refused"), "judged again at each call"
    assert vendor.requests == []


def test_a_malformed_vendor_or_a_lost_secret_holds_up_nobody(
    people: tuple[User, User, Team], vendor: FakeVendor, settings: Any
) -> None:
    lead, bob, _ = people
    Endpoint.objects.create(name="Ours", wire="openai", base_url="not an address")
    locked, open_ = target(bob, url(vendor)), target(lead, url(vendor))
    Target.objects.filter(pk=locked.pk).update(address=Target.objects.get(pk=open_.pk).address)
    for one in (locked, open_):
        Delivery.objects.test(one)
    assert sorted((row.status, row.outcome) for row in work()) == [("failed", "locked"), ("sent", "200")]


def test_a_robot_is_told_each_event_whole_in_as_many_posts_as_that_takes(
    people: tuple[User, User, Team], vendor: FakeVendor
) -> None:
    lead, bob, team = people
    target(bob, url(vendor), "wecom", with_text=True)
    vendor.script = lambda _request: [200, b'{"errcode": 0}']
    talks = [mention(lead, bob, team) for _ in range(5)]
    Message.objects.update(text="好" * 300)
    while any(row.status == "waiting" for row in work()):
        Target.objects.update(rests_until=None)
    said = [request.json["text"]["content"] for request in vendor.requests]
    assert max(len(text.encode()) for text in said) <= 2_000
    assert all(any(f"/{talk.pk}/?at=" in text for text in said) for talk in talks)
    assert all(text.endswith(f"#message-{text[-36:]}") for text in said), "no address is cut"


def test_a_target_behind_those_that_wait_for_a_thread_gets_its_turn(
    people: tuple[User, User, Team], vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead, bob, _ = people
    first, second = target(bob, url(vendor)), target(lead, url(vendor))
    for one in (first, second):
        Delivery.objects.test(one)
    monkeypatch.setattr(sending, "MAX_TARGETS_AT_ONCE", 1)
    monkeypatch.setattr(sending, "_queued", {first.pk})
    begun = list[Any]()
    monkeypatch.setattr(sending, "_in_thread", begun.append)
    sending.send()
    until(lambda: begun == [second.pk])


def test_a_team_is_told_that_its_budget_is_nearly_used_up(people: tuple[User, User, Team], vendor: FakeVendor) -> None:
    lead, _, team = people
    User.objects.create_superuser("boss")
    target(lead, url(vendor), team=team)
    budget = Budget.objects.create(kind="team", period="day", soft=8)
    for owner in (team, Team.objects.create(name="Others")):
        tally = Tally.objects.create(budget=budget, target=owner.pk, begins=timezone.now(), spent=8 * 10**6)
        budget_warnings.warn(tally, 10**6)
    work()
    [said] = [request.json for request in vendor.requests]
    assert said["sentence"] == "A budget is nearly used up: Crew · day"
    assert said["url"].endswith(f"/teams/{team.pk}/"), "leads do not see the administration"


def test_an_administrator_can_let_nothing_out(people: tuple[User, User, Team], vendor: FakeVendor) -> None:
    _, bob, _ = people
    Delivery.objects.test(target(bob, url(vendor)))
    Installation.objects.create(pk=1, tells_outside=False)
    assert work()[0].status == "dropped"
    with pytest.raises(Refused):
        target(bob, url(vendor))
    assert vendor.requests == []


def test_a_redirect_is_not_followed(people: tuple[User, User, Team], vendor: FakeVendor) -> None:
    _, bob, _ = people
    vendor.script = lambda _request: [307, {"Location": f"http://{vendor.host}/other"}, b""]
    Delivery.objects.test(target(bob, url(vendor)))
    [row] = work()
    assert (row.status, row.outcome, row.attempts) == ("waiting", "307", 1)
    assert len(vendor.requests) == 1


def test_it_is_told_again_after_a_failure_and_at_most_twice_after_a_kill(
    people: tuple[User, User, Team], vendor: FakeVendor
) -> None:
    _, bob, _ = people
    vendor.play([500, b""])
    Delivery.objects.test(target(bob, url(vendor)))
    [row] = work()
    assert (row.status, row.outcome, row.started_at) == ("waiting", "500", None)
    assert work()[0].attempts == 1, "it rests"
    Target.objects.update(rests_until=None)
    assert work()[0].status == "sent"
    assert [request.json["repeated"] for request in vendor.requests] == [False, False]
    assert len({request.headers["webhook-id"] for request in vendor.requests}) == 1

    # A process died in the middle of a post: whether it arrived is not known.
    Delivery.objects.all().delete()
    Delivery.objects.test(Target.objects.get())
    Delivery.objects.update(started_at=timezone.now())
    [row] = work()
    assert (row.status, row.is_repeated) == ("sent", True)
    assert vendor.requests[-1].json["repeated"] is True
    Delivery.objects.update(status="waiting")
    assert (work()[0].status, work()[0].outcome) == ("failed", "unknown")
    assert len(vendor.requests) == 3


def test_one_process_tells_a_target_at_a_time(people: tuple[User, User, Team], vendor: FakeVendor) -> None:
    _, bob, _ = people
    made = target(bob, url(vendor))
    rows = Target.objects.filter(pk=made.pk)
    assert [rows.claim(), rows.claim()] == [True, False]
    rows.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert rows.claim(), "its process died"
    made.rest(timezone.now() + timedelta(hours=1), failed=False)
    assert not rows.claim(), "another process has just told it"


def test_ten_thousand_events_to_a_dead_target_cost_nothing_else(
    people: tuple[User, User, Team], vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    lead, bob, _ = people
    settings.CHATSITE_PRIVATE_HOSTS |= {"127.0.0.1:9"}
    dead, alive = target(bob, "http://127.0.0.1:9/"), target(lead, url(vendor))
    events = [Notification(person=bob, kind="joined", key=str(number)) for number in range(10_000)]
    begun = time.thread_time()
    for first in range(0, len(events), 200):
        Delivery.objects.add([(dead, event) for event in events[first : first + 200]])
    assert time.thread_time() - begun < 2
    assert Delivery.objects.count() == delivery.MAX_WAITING
    dead.refresh_from_db()
    assert dead.dropped == 10_000 - delivery.MAX_WAITING
    Delivery.objects.test(alive)
    for _ in range(sending.MAX_FAILURES + 3):
        work()
        Target.objects.filter(pk=dead.pk).update(rests_until=None)
    assert [request.json["type"] for request in vendor.requests] == ["test"]
    dead.refresh_from_db()
    assert not dead.is_on
    assert not Delivery.objects.waiting().exists()
    assert Delivery.objects.filter(target=dead).count() <= delivery.MAX_LOGGED
    assert Notification.objects.get(kind="target_off").person == bob
    with CaptureQueriesContext(connection) as asked:
        sending.send()
    assert len(asked) == 1
    actions.test_target(bob, dead.pk)
    dead.refresh_from_db()
    assert dead.is_on


def test_a_letter_brings_what_happened_at_most_once_an_hour(people: tuple[User, User, Team], settings: Any) -> None:
    lead, bob, team = people
    settings.CHATSITE_SENDS_MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    User.objects.filter(pk=bob.pk).update(email="bob@mail.example")
    target(bob, "", "mail")
    for title in ("First\r\nBcc: all@mail.example", "Second"):
        conversation = mention(lead, bob, team)
        Conversation.objects.filter(pk=conversation.pk).update(title=title)
    assert {row.status for row in work()} == {"sent"}
    mention(lead, bob, team)
    work()
    [letter] = mail.outbox
    assert (letter.to, letter.subject) == (["bob@mail.example"], "What happened at Chatsite: 2")
    assert "lead mentioned you in “First Bcc: all@mail.example”" in letter.body
    assert site_settings.CHATSITE_ORIGINS[0] + "/account/notifications/" in letter.body
    Target.objects.update(rests_until=timezone.now())
    work()
    assert len(mail.outbox) == 2
    mention(lead, bob, team)
    telling.tell()
    actions.read_notifications(bob)
    Target.objects.update(rests_until=timezone.now())
    assert work()[-1].status == "dropped"
    assert len(mail.outbox) == 2, "what was read meanwhile is no news"
