"""The search over the HTTP API and as a page."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from conversations.models import Message, Team
from tests.search.conftest import NOISE, Corpus

pytestmark = pytest.mark.usefixtures("static_files")


def ask(corpus: Corpus, person: str, **query: Any) -> Any:
    client = Client()
    client.force_login(corpus.people[person])
    return client.get("/api/v1/search", query)


def page(corpus: Corpus, person: str, address: str) -> str:
    client = Client()
    client.force_login(corpus.people[person])
    return unescape(client.get(address, headers={"Accept-Language": "en"}).content.decode())


def test_the_api_answers_as_promised(corpus: Corpus) -> None:
    answer = ask(corpus, "bob", q="反向复制").json()
    assert answer["next"] is None
    (hit,) = answer["results"]
    said = Message.objects.get(pk=hit["message"])
    pieces = [{"text": "保留", "hit": False}, {"text": "反向复制", "hit": True},
              {"text": "二十四小时，回滚时只需把连接串指回旧库。", "hit": False}]  # fmt: skip
    assert hit == {
        "conversation": str(said.conversation_id), "message": str(said.pk), "title": "数据库迁移方案",
        "team": {"id": str(said.conversation.team_id), "name": "Platform"}, "author": None, "model": None,
        "model_name": "parrot", "created_at": hit["created_at"], "snippet": pieces, "verified": None,
    }  # fmt: skip
    (title,) = ask(corpus, "bob", q="onboarding", titles=True).json()["results"]
    assert title["message"] is None
    assert title["author"]["name"] == "alice"


NARROWED: list[tuple[dict[str, Any], int]] = [
    ({"q": "week", "sort": "newest"}, 20),
    ({"q": "week Week wéek " * 8, "sort": "newest"}, 20),
    ({"has_file": True}, 2),
    ({"q": "对比度", "before": "2000-01-01"}, 0),
    ({"q": "对比度", "after": "2000-01-01"}, 1),
    ({}, 0),
    ({"q": "\u200b ''"}, 2),
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"q": "x" * 201}, "too_long"),
    ({"q": " ".join(map(str, range(21)))}, "too_long"),
    ({"q": "before:soon"}, "bad_field"),
    ({"q": "a", "after": "tomorrow"}, "bad_field"),
    ({"q": "a", "after": "0001-01-01T00:00:00+14:00"}, "bad_field"),
    ({"before": "9999-12-31T23:59:59-14:00"}, "bad_field"),
    ({"q": "a", "cursor": "x"}, "bad_field"),
    ({"q": "a", "sort": "oldest"}, "bad_field"),
    ({"q": "a", "team": "x"}, "bad_field"),
    ({"q": "a\0"}, "bad_text"),
]


def test_the_api_narrows_and_refuses(corpus: Corpus) -> None:
    for query, count in NARROWED:
        assert len(ask(corpus, "rita", **query).json()["results"]) == count, query
    for query, code in REFUSED:
        answer = ask(corpus, "rita", **query)
        assert answer.status_code in (400, 413), query
        assert answer.json()["error"]["code"] == code, query


def test_the_api_goes_on_at_a_cursor(corpus: Corpus) -> None:
    first = ask(corpus, "rita", q="会议").json()
    second = ask(corpus, "rita", q="会议", cursor=first["next"]).json()
    third = ask(corpus, "rita", q="会议", cursor=second["next"]).json()
    seen = {hit["message"] for answer in (first, second, third) for hit in answer["results"]}
    assert len(seen) == NOISE
    assert third["next"] is None


def test_the_page_marks_words_and_leads_to_messages(corpus: Corpus) -> None:
    shown = page(corpus, "bob", "/search/?q=反向复制")
    assert "保留<mark>反向复制</mark>二十四小时" in shown
    found = re.search(r'href="/conversations/[0-9a-f-]+/\?at=([0-9a-f-]+)#message-([0-9a-f-]+)"', shown)
    assert found
    assert found[1] == found[2] == str(Message.objects.get(text__startswith="保留反向复制").pk)
    assert "No results." in page(corpus, "carol", "/search/?q=反向复制")
    team = Team.objects.get(name="Platform")
    inside = Message.objects.get(text__startswith="保留反向复制").conversation_id
    other = Message.objects.get(text__startswith="先看是不是").conversation_id
    assert "<mark>反向复制</mark>" in page(corpus, "bob", f"/search/?q=反向复制&conversation={inside}")
    assert "No results." in page(corpus, "bob", f"/search/?q=反向复制&conversation={other}")
    assert "数据库迁移方案" in page(corpus, "bob", f"/search/?conversation={inside}")
    assert "数据库迁移方案" not in page(corpus, "wang", f"/search/?conversation={inside}")
    assert f"?q=反向复制&team={team.pk}" in unescape(shown.replace("%E5%8F%8D%E5%90%91%E5%A4%8D%E5%88%B6", "反向复制"))
    assert "<mark>" in page(corpus, "bob", f"/search/?q=反向复制&team={team.pk}")
    assert "No results." in page(corpus, "wang", f"/search/?q=川菜&team={team.pk}")
    assert "Write a day as 2025-12-31." in page(corpus, "bob", "/search/?q=before:soon")
