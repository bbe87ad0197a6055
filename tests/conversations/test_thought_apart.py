"""A thought that was shown as text, because no tag opened it, is apart in the end; sources keep their places."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.content import phrases
from conversations.content.parts import text_of, with_thought_apart
from conversations.models import Message

PAGE = [{"uri": "https://a.example/", "title": "A", "domain": "a.example"}]


def cited(*places: tuple[int, int]) -> dict[str, Any]:
    """Return sources of these places of the text."""
    supports = [{"start": start, "end": end, "sources": [0]} for start, end in places]
    return {"kind": "citation", "sources": PAGE, "supports": supports}


def test_the_first_text_is_divided_and_its_sources_move() -> None:
    picture = {"kind": "image", "media_type": "image/png"}
    parts = [{"kind": "text", "text": "Hm.\n</think>Answer"}, picture, {"kind": "text", "text": "s"}]
    divided = with_thought_apart([*parts, cited((0, 3), (10, 14), (12, 18))])
    assert divided == [
        {"kind": "thought", "text": "Hm.\n"},
        {"kind": "text", "text": "Answer"},
        picture,
        {"kind": "text", "text": "s"},
        cited((0, 2), (0, 6)),
    ]
    assert text_of(divided) == "Answers"


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [{"kind": "thought", "text": "Hm.\n</think>a"}],
        [{"kind": "text", "text": "Hm, a."}, cited((0, 3))],
        [{"kind": "code", "text": "Hm.\n</think>a", "language": ""}],
        [{"kind": "text", "text": "Hm.\n</think>a", "vendor": {"wire": "gemini", "part": {}}}],
        [{"kind": "text", "text": "See `</think>`."}],
    ],
)
def test_other_parts_stay_as_they_are(parts: list[dict[str, Any]]) -> None:
    assert with_thought_apart(parts) == parts


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([], "Nothing."),
        ([{"kind": "thought", "text": "Hm"}], "Thoughts."),
        ([{"kind": "thought", "text": "Hm"}, {"kind": "text", "text": "a"}], ""),
        ([{"kind": "unknown"}], ""),
    ],
)
def test_a_reply_that_answers_nothing_says_so(parts: list[dict[str, Any]], sentence: str) -> None:
    said = {"finish.nothing": "Nothing.", "finish.thoughts": "Thoughts.", "finish.length": "Cut."}
    reply = Message(role="assistant", status="complete", finish_reason="stop", parts=parts)
    assert phrases.outcome(said, reply) == sentence
    cut = Message(role="assistant", status="complete", finish_reason="length", parts=parts)
    assert phrases.outcome(said, cut) == "Cut."
