"""The lists of the HTTP API, page by page, and the events that its changes send to sockets."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from conversations import actions
from conversations.models import Conversation, Message
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.calling import NOBODY, Api, say
from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_event

MESSAGE_FIELDS = {"id", "conversation", "parent", "role", "author", "for_people", "asked_by", "text", "parts", "files",
                  "status", "seq", "model", "finish_reason", "usage", "error", "left_out", "created_at"}  # fmt: skip

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def alice(cast: Cast) -> Api:
    return Api(cast.alice)


# --- Lists ---------------------------------------------------------------------------------------------------------


def titles(api: Api, query: str) -> list[str]:
    return [row["title"] for row in api.get(f"/conversations{query}")["results"]]


def test_the_newest_conversation_is_first(alice: Api) -> None:
    first, second = alice.make(title="first"), alice.make(title="second")
    assert titles(alice, "") == ["second", "first"]
    alice.call("PATCH", f"/conversations/{first['id']}", {"title": "changed"})
    assert titles(alice, "") == ["changed", "second"]
    assert second["unread"] is False, "who made it has nothing to read"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_over_equal_times_miss_and_repeat_nothing(cast: Cast, alice: Api, size: int) -> None:
    now = timezone.now()
    rows = [Conversation(owner=cast.alice, title=str(number), updated_at=now) for number in range(7)]
    rows += [Conversation(owner=cast.alice, title="older", updated_at=now - timedelta(microseconds=1))]
    Conversation.objects.bulk_create(rows)
    seen, cursor = [], ""
    while cursor is not None:
        page = alice.get(f"/conversations?limit={size}&cursor={cursor}")
        assert len(page["results"]) <= size
        seen += [row["title"] for row in page["results"]]
        cursor = page["next"]
    assert sorted(seen) == [*map(str, range(7)), "older"]
    assert seen[-1] == "older"


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "bm93IHg=", "字", "MjAyNi0wMS0wMSAx", "a" * 5000])
def test_a_cursor_that_is_none_of_ours_is_refused(alice: Api, cursor: str) -> None:
    assert alice.refusal("GET", f"/conversations?cursor={cursor}") == (400, "bad_field")


@pytest.mark.parametrize(("limit", "rows"), [("0", 1), ("-5", 1), ("1", 1), (str(10**30), 3), ("200", 3)])
def test_a_limit_is_kept_within_its_bounds(alice: Api, limit: str, rows: int) -> None:
    made = [alice.make(title=title) for title in "abc"]
    assert len(alice.get(f"/conversations?limit={limit}")["results"]) == rows
    conversation = Conversation.objects.get(pk=made[0]["id"])
    for text in "abc":
        say(conversation, text)
    assert len(alice.get(f"/conversations/{conversation.pk}/messages?limit={limit}")["results"]) == rows


@pytest.mark.parametrize("query", ["limit=x", "limit=1.5", "team=x", "limit="])
def test_a_wrong_query_is_refused(alice: Api, query: str) -> None:
    assert alice.refusal("GET", f"/conversations?{query}") == (400, "bad_field")


@pytest.mark.parametrize(
    ("q", "found"),
    [("100%", ["100% sure"]), ("%", ["100% sure"]), ("_", ["snake_case"]), ("\\", ["back\\slash"]),
     ("北京", ["去北京旅行"]), ("京", ["去北京旅行"]), ("SNAKE", ["snake_case"]), ("nothing", []), ("'; --", [])],
)  # fmt: skip
def test_a_search_takes_every_character_as_it_is(alice: Api, q: str, found: list[str]) -> None:
    for title in ("100% sure", "snake_case", "back\\slash", "去北京旅行"):
        alice.make(title=title)
    response = alice.client.get("/api/v1/conversations", {"q": q})
    assert [row["title"] for row in response.json()["results"]] == found


def test_a_search_looks_into_messages_one_may_see(cast: Cast, alice: Api) -> None:
    private = Conversation.objects.create(owner=cast.alice, title="private")
    shared = Conversation.objects.create(owner=cast.alice, team=cast.team, title="shared")
    for conversation in (private, shared):
        say(conversation, "the word 你好 is here")
    for person, seen in ((cast.alice, ["shared", "private"]), (cast.rita, ["shared"]), (cast.carol, [])):
        assert titles(Api(person), "?q=你好") == seen


def test_a_search_for_nul_is_refused_and_a_long_one_is_cut(alice: Api) -> None:
    assert alice.refusal("GET", "/conversations?q=a%00b") == (400, "bad_text")
    assert titles(alice, f"?q={'x' * 5000}") == []


def test_the_list_of_one_team(cast: Cast, alice: Api) -> None:
    alice.make(title="private")
    alice.make(title="shared", team=str(cast.team.id))
    assert titles(alice, f"?team={cast.team.id}") == ["shared"]
    assert titles(Api(cast.carol), f"?team={cast.team.id}") == []
    assert titles(alice, f"?team={NOBODY}") == []


# --- Messages ------------------------------------------------------------------------------------------------------


def test_messages_come_in_pages_oldest_first(cast: Cast, alice: Api) -> None:
    conversation = Conversation.objects.create(owner=cast.alice)
    said = [say(conversation, str(number), author=cast.alice) for number in range(5)]
    path = f"/conversations/{conversation.pk}/messages"
    newest = alice.get(f"{path}?limit=2")
    assert [message["text"] for message in newest["results"]] == ["3", "4"]
    assert newest["revision"] == 5
    older = alice.get(f"{path}?limit=2&before={newest['next']}")
    assert [message["text"] for message in older["results"]] == ["1", "2"]
    oldest = alice.get(f"{path}?limit=2&before={older['next']}")
    assert ([message["id"] for message in oldest["results"]], oldest["next"]) == ([str(said[0].id)], None)


def test_a_message_has_all_its_fields(cast: Cast, alice: Api) -> None:
    conversation = Conversation.objects.create(owner=cast.alice)
    question = say(conversation, "Hi", author=cast.alice)
    say(
        conversation, "Hello", role="assistant", author=cast.alice, parent=question, parts=[{"kind": "text"}], seq=3,
        status="interrupted", error_code="cut_off", error_text="It broke.", model_name="parrot", input_tokens=5,
    )  # fmt: skip
    asked, replied = alice.get(f"/conversations/{conversation.pk}/messages")["results"]
    assert set(asked) >= MESSAGE_FIELDS
    assert (asked["author"], asked["parent"], asked["error"]) == (
        {"id": str(cast.alice.id), "name": "alice"},
        None,
        None,
    )
    assert (replied["author"], replied["parent"], replied["seq"]) == (None, str(question.id), 3)
    assert replied["error"] == {"code": "cut_off", "text": "It broke."}
    nothing = {"output_tokens": None, "thought_tokens": None, "cached_tokens": None, "cost": None}
    assert replied["usage"] == {"input_tokens": 5, **nothing}
    assert replied["finish_reason"] is None


# --- Announced -----------------------------------------------------------------------------------------------------


def test_a_change_is_told_to_everyone_who_may_read(cast: Cast, alice: Api, connect: Callable[..., Socket]) -> None:
    made = alice.make(title="one", team=str(cast.team.id))
    bob, carol = connect(cast.bob), connect(cast.carol)
    alice.call("PATCH", f"/conversations/{made['id']}", {"title": "two"})
    told = bob.event("conversation.updated", conversation=made["id"])
    assert (told["title"], told["revision"]) == ("two", 2)
    assert carol.ask("ping")["type"] == "ack"
    assert [frame["type"] for frame in carol.frames] == ["ack"]


def test_a_new_conversation_is_told_to_its_team(cast: Cast, alice: Api, connect: Callable[..., Socket]) -> None:
    bob = connect(cast.bob)
    assert bob.ask("ping")["type"] == "ack"
    made = alice.make(title="one", team=str(cast.team.id))
    assert bob.event("conversation.updated", conversation=made["id"])["title"] == "one"


def test_deleting_hangs_up_and_tells_everyone(
    cast: Cast, alice: Api, model: LanguageModel, vendor: FakeVendor, connect: Callable[..., Socket]
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate])
    socket, bob, carol = connect(cast.alice), connect(cast.bob), connect(cast.carol)
    ack = socket.ask("message.send", conversation=None, text="Hi", models=[model.id], team=cast.team.id)
    socket.event("message.delta")
    assert alice.call("DELETE", f"/conversations/{ack['conversation']}") == (204, None)
    for watcher in (socket, bob):
        assert watcher.event("conversation.gone")["conversation"] == ack["conversation"]
    assert vendor.requests[0].hung_up.wait(2)
    assert carol.ask("ping")["type"] == "ack"
    assert [frame["type"] for frame in carol.frames] == ["ack"]
    until(lambda: not Message.objects.under_way().exists())
    assert Message.objects.get(role="assistant").text == "Hel", "it is in the bin with all that was said"
    assert socket.ask("conversation.open", conversation=ack["conversation"])["code"] == "not_found"


def test_a_search_says_which_message_has_the_words(cast: Cast) -> None:
    alice = Api(cast.alice)
    rivers, bread = (actions.create_conversation(cast.alice, title=title) for title in ("The Danube", "Bread"))
    say(bread, "Who bakes at the Danube?", author=cast.alice)
    newest = say(bread, "At the danube", author=cast.alice)
    say(bread, "Nobody", author=cast.alice)
    found = alice.get("/conversations?q=danube")
    assert {row["title"] for row in found["results"]} == {rivers.title, bread.title}
    assert found["hits"] == {str(bread.pk): str(newest.pk)}
    assert alice.get("/conversations")["hits"] == {}
