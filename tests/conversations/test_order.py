"""The order that each person keeps: pins, archive, mute and marks of their own."""

from collections.abc import Callable

import pytest

from conversations import actions
from conversations.models import Conversation
from tests.conftest import Cast
from tests.conversations.calling import Api, say
from tests.sockets import Socket

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture
def shared(cast: Cast) -> Conversation:
    """Create a conversation of the team that everybody there has read."""
    made = Conversation.objects.create(owner=cast.bob, team=cast.team, title="Rivers")
    revision = say(made, "Hello", author=cast.bob).revision
    for person in (cast.alice, cast.bob, cast.rita):
        actions.mark_read(person, made.pk, revision)
    return made


def titles(api: Api, query: str) -> list[str]:
    return [row["title"] for row in api.get(f"/conversations{query}")["results"]]


def test_each_reader_arranges_their_own_list_alone(cast: Cast, shared: Conversation) -> None:
    rita, bob, path = Api(cast.rita), Api(cast.bob), f"/conversations/{shared.pk}"
    rita.make(title="Bread")
    status, changed = rita.call("PATCH", path, {"pinned": True, "unread": True})
    assert (status, changed["pinned"], changed["unread"], changed["archived"]) == (200, True, True, False)
    assert titles(rita, "?pinned=true") == ["Rivers"]
    assert titles(rita, "?kind=private") == titles(rita, "?pinned=false") == ["Bread"]
    assert titles(bob, "?pinned=true") == []
    assert titles(bob, "?kind=team&archived=false") == ["Rivers"]
    seen = bob.get(path)
    assert (seen["pinned"], seen["unread"], seen["revision"]) == (False, False, changed["revision"])
    assert rita.call("PATCH", path, {"unread": False, "pinned": None})[1]["unread"] is False
    assert rita.get(path)["pinned"], "null changes nothing"
    for refused in ({"pinned": True, "title": "Mine"}, {}):
        assert rita.refusal("PATCH", path, refused) == (404, "not_found")
    assert Api(cast.carol).refusal("PATCH", path, {"pinned": True}) == (404, "not_found")


def test_what_is_archived_comes_back_with_news_unless_it_is_muted(cast: Cast, shared: Conversation) -> None:
    rita, path = Api(cast.rita), f"/conversations/{shared.pk}"
    rita.call("PATCH", path, {"archived": True})
    actions.change_conversation(cast.bob, shared.pk, title="Streams")
    assert titles(rita, "?archived=false") == [], "another title is no news"
    assert titles(rita, "?archived=true") == titles(rita, "") == ["Streams"]
    say(shared, "And you?", author=cast.bob)
    assert titles(rita, "?archived=false") == ["Streams"]
    rita.call("PATCH", path, {"archived": True, "muted": True})
    say(shared, "Nobody?", author=cast.bob)
    assert titles(rita, "?archived=false") == []
    assert rita.call("PATCH", path, {"archived": False})[1]["archived"] is False


def test_ones_other_tabs_are_told_and_nobody_else(
    cast: Cast, shared: Conversation, connect: Callable[..., Socket]
) -> None:
    rita, bob = connect(cast.rita), connect(cast.bob)
    rita.ask("conversation.open", conversation=shared.pk)
    Api(cast.rita).call("PATCH", f"/conversations/{shared.pk}", {"archived": True})
    told = rita.event("conversation.arranged", conversation=str(shared.pk))
    assert {name: told[name] for name in ("pinned", "archived", "muted", "unread")} == {
        "pinned": False, "archived": True, "muted": False, "unread": False,
    }  # fmt: skip
    assert bob.ask("ping")["type"] == "ack"
    assert [frame["type"] for frame in bob.frames] == ["ack"]
