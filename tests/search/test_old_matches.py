"""The best match is found although hundreds of newer texts have the same words."""

import pytest

from conversations.models import Conversation, Message, User
from conversations.search.queries import parse
from conversations.search.rebuilding import mend
from conversations.search.results import WINDOW, search
from tests.search.conftest import make_noise

FILLER = " Nobody reads what else stands here, for it is long and says little of interest to anybody." * 6 + " "
OLD = {
    "week": ("The week", ""),
    "client table": ("", "A client table: this client, that client, any client has a table, and a table has a client."),
    "client page": ("", f"{FILLER}The client page is down.{FILLER}"),
    '"a page and a table"': ("", "Make a page and a table of it."),
    "会议": ("", "会议纪要：会议由王芳主持，会议两小时，下次会议在周五。"),
    "会议 内容": ("", f"{FILLER}这是会议内容。{FILLER}"),
    "数据内容": ("", f"{FILLER}数据内容。{FILLER}"),
}


@pytest.fixture
def old(db: None) -> dict[str, tuple[User, str]]:
    """Return the reader of each query and the line that must come first."""
    alice = User.objects.create(username="alice")
    for title, text in OLD.values():
        one = Conversation.objects.create(owner=alice, title=title, revision=1)
        if text:
            Message.objects.create(
                conversation=one, author=alice, role="user", status="complete", text=text, parts=[], revision=1
            )
    sum(mend())
    make_noise(alice, None, WINDOW + 20)
    sum(mend())
    return {typed: (alice, text or title) for typed, (title, text) in OLD.items()}


def test_an_old_and_better_match_comes_before_newer_ones(old: dict[str, tuple[User, str]]) -> None:
    missed = {}
    for typed, (person, text) in old.items():
        found = search(person, parse(typed)).results[:10]
        lines = ["".join(piece.text for piece in result.snippet).strip("…") for result in found]
        if not any(line in text for line in lines):
            missed[typed] = lines[:3]
    assert missed == {}


def test_pages_repeat_and_miss_nothing_beside_old_matches(old: dict[str, tuple[User, str]]) -> None:
    person, _ = old["client table"]
    seen, cursor = [], "begin"
    while cursor:
        page = search(person, parse("client table"), "relevance", "" if cursor == "begin" else cursor)
        seen += [result.message for result in page.results]
        cursor = page.next
    assert len(seen) == len(set(seen)) == WINDOW + 21
