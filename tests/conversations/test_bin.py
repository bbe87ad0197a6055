"""The bin: what is deleted is nobody's, comes back whole, and ends after 30 days."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from conversations import actions, sweeper
from conversations.models import Conversation, File, Message
from providers.models.audit import AuditEntry
from tests.conftest import Cast
from tests.conversations.calling import Api, say
from tests.conversations.sharing import is_gone, share
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def shared(cast: Cast) -> Conversation:
    """Create a conversation of the team that Rita, who reads there, has read."""
    made = Conversation.objects.create(owner=cast.bob, team=cast.team, title="Rivers")
    actions.mark_read(cast.rita, made.pk, say(made, "The Danube", author=cast.bob).revision)
    return made


def rows(api: Api, query: str = "") -> list[str]:
    return [row["title"] for row in api.get(f"/conversations{query}")["results"]]


def test_what_is_in_the_bin_is_seen_by_those_who_may_restore_it(cast: Cast, shared: Conversation) -> None:
    people = {name: Api(getattr(cast, name)) for name in ("alice", "bob", "rita", "carol")}
    alice, bob, rita = (people[name] for name in ("alice", "bob", "rita"))
    path, before = f"/conversations/{shared.pk}", rita.get(f"/conversations/{shared.pk}")
    assert rita.refusal("DELETE", path) == (404, "not_found")
    assert bob.call("DELETE", path) == (204, None)
    for api in people.values():
        assert rows(api) == rows(api, "?q=Danube") == []
        assert api.refusal("GET", path) == api.refusal("DELETE", path) == (404, "not_found")
    assert {name: rows(api, "?bin=true") for name, api in people.items()} == {
        "alice": ["Rivers"], "bob": ["Rivers"], "rita": [], "carol": [],
    }  # fmt: skip
    assert rita.refusal("POST", f"{path}/restore") == (404, "not_found")
    status, restored = alice.call("POST", f"{path}/restore")
    assert (status, restored["deleted_at"]) == (200, None)
    assert rita.get(path) == {**before, "revision": before["revision"] + 2}, "in its old place, and nothing to read"
    assert bob.refusal("POST", f"{path}/restore") == (404, "not_found")


def test_links_end_with_it_and_do_not_come_back(cast: Cast, shared: Conversation) -> None:
    _, path = share(cast.bob, shared)
    actions.delete_conversation(cast.bob, shared.pk)
    assert is_gone(path)
    actions.restore_conversation(cast.bob, shared.pk)
    assert is_gone(path)


def test_those_who_have_it_open_hear_that_it_goes_and_comes(
    cast: Cast, shared: Conversation, connect: Callable[..., Socket]
) -> None:
    rita = connect(cast.rita)
    rita.ask("conversation.open", conversation=shared.pk)
    actions.delete_conversation(cast.bob, shared.pk)
    gone = rita.event("conversation.gone", conversation=str(shared.pk))
    assert rita.ask("conversation.open", conversation=shared.pk)["code"] == "not_found"
    actions.restore_conversation(cast.bob, shared.pk)
    back = rita.event("conversation.updated", conversation=str(shared.pk))
    assert back["revision"] == gone["revision"] + 1
    assert rita.ask("conversation.open", conversation=shared.pk)["revision"] == back["revision"]


def test_an_old_page_of_the_bin_ends_neither_what_is_back_nor_what_came_later(cast: Cast, shared: Conversation) -> None:
    later = Conversation.objects.create(owner=cast.bob, title="Later")
    actions.delete_conversation(cast.bob, shared.pk)
    client = Client()
    client.force_login(cast.bob)
    page = client.get("/bin/")
    actions.restore_conversation(cast.alice, shared.pk)
    actions.delete_conversation(cast.bob, later.pk)
    assert client.post(f"/bin/{shared.pk}/end/").status_code == 404
    assert client.post(page.context["empty_bin"]).status_code == 302
    assert Conversation.objects.count() == 2


@pytest.mark.parametrize("way", ["at once", "from the bin", "with the bin", "by time"])
def test_it_ends_with_its_files(cast: Cast, shared: Conversation, way: str) -> None:
    others = Conversation.objects.create(owner=cast.carol, title="Not Bob's")
    file = File.objects.create(owner=cast.bob, name="map.png", media_type="image/png", size=1)
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_bytes(b"x")
    shared.messages.get().files.add(file)
    File.objects.update(created_at=F("created_at") - timedelta(days=2))
    if way != "at once":
        actions.delete_conversation(cast.bob, shared.pk)
        actions.delete_conversation(cast.carol, others.pk)
    _end(cast, shared, way)
    assert list(Conversation.objects.all()) == [others]
    assert not Message.objects.exists()
    sweeper.go_round(0)
    assert not file.path.exists()
    acts = AuditEntry.objects.filter(subject=str(shared.pk)).order_by("id").values_list("act", flat=True)
    assert list(acts) == ["removed"] * (1 if way == "at once" else 2)


def test_the_sweeper_ends_a_few_at_a_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        Conversation.objects.create(owner=cast.bob, title=f"{number}", deleted_at=timezone.now() - timedelta(days=31))
    monkeypatch.setattr("conversations.actions.bin.BATCH", 2)
    left = []
    for number in range(3):
        sweeper.go_round(number)
        left.append(Conversation.objects.count())
    assert left == [1, 0, 0]


def _end(cast: Cast, shared: Conversation, way: str) -> None:
    deleted: Any = Conversation.objects.filter(pk=shared.pk)
    match way:
        case "with the bin":
            assert actions.empty_bin(cast.bob, timezone.now()) == 1
        case "by time":
            deleted.update(deleted_at=timezone.now() - timedelta(days=29))
            sweeper.go_round(0)
            assert deleted.exists()
            deleted.update(deleted_at=timezone.now() - timedelta(days=31))
            sweeper.go_round(0)
        case _:
            path = f"/conversations/{shared.pk}?for_good=true"
            assert Api(cast.rita).refusal("DELETE", path) == (404, "not_found")
            assert Api(cast.bob).call("DELETE", path) == (204, None)
