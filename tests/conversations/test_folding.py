"""Conversations that are longer than their model's context window go on: the oldest replies are left out."""

from collections.abc import Callable

import pytest
from django.test import Client

from conversations.generation.folding import fitting
from conversations.models import Conversation, Message, User
from conversations.usage.estimates import prompt_tokens
from providers.models import LanguageModel
from providers.types import Part, Prompt, Turn
from tests.conftest import Cast
from tests.conversations.sharing import answer, last, talk
from tests.conversations.test_engine import Connect, ask
from tests.fake_vendor import FakeVendor

WINDOW = 8_000


def said(role: str, text: str) -> Turn:
    return Turn(role, (Part("text", text),))


def prompt_of(*turns: Turn, **parameters: int) -> Prompt:
    return Prompt(model="m", turns=turns, system="Be brief.", parameters=parameters)


def text_of(prompt: Prompt) -> str:
    return "\n".join(part.text for turn in prompt.turns for part in turn.parts)


def grown(count: int) -> list[Turn]:
    turns = []
    for number in range(count):
        turns += [said("user", f"question {number}"), said("assistant", f"answer {number} " + "word " * 150)]
    return turns


def test_three_hundred_turns_stay_within_the_window_and_begin_alike_for_long() -> None:
    turns, beginnings, kept = grown(300), set(), 0
    for asked in range(0, 600, 2):
        prompt, count = fitting.fitted(prompt_of(*turns[: asked + 1]), WINDOW)
        assert prompt_tokens(prompt) <= 1.01 * fitting.FULL * WINDOW, "but for the note and blank lines"
        assert all(f"question {number}" in text_of(prompt) for number in range(asked // 2 + 1))
        assert [turn.role for turn in prompt.turns] == ["user", "assistant"] * (len(prompt.turns) // 2) + ["user"]
        beginnings.add(text_of(prompt)[: text_of(prompt).find(fitting.NOTE)] if count else "")
        kept = max(kept, count)
        if count:
            assert f"answer {count - 1} " not in text_of(prompt)
            assert f"answer {count} " in text_of(prompt)
    assert kept > 200
    assert len(beginnings) < 60, "the beginning changes once for many turns"


@pytest.mark.parametrize("window", [None, 1_000_000])
def test_what_fits_is_as_it_was(window: int | None) -> None:
    prompt = prompt_of(*grown(30), said("user", "and now?"))
    assert fitting.fitted(prompt, window) == (prompt, 0)


def test_room_is_kept_for_a_long_reply() -> None:
    turns = [*grown(20), said("user", "and now?")]
    assert fitting.fitted(prompt_of(*turns), WINDOW)[1] == 0
    prompt, count = fitting.fitted(prompt_of(*turns, max_tokens=5_000), WINDOW)
    assert count > 0
    assert prompt_tokens(prompt) <= WINDOW - 5_000


def test_people_s_own_words_are_never_left_out() -> None:
    turns = [said("user", "mine " * 3_000), said("assistant", "short"), said("user", "mine again " * 3_000)]
    prompt, count = fitting.fitted(prompt_of(*turns, said("assistant", "short"), said("user", "so?")), WINDOW)
    assert count == 2
    assert text_of(prompt).count("mine") == 6_000


@pytest.mark.usefixtures("static_files")
def test_it_is_said_at_the_reply(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, sign_in: Callable[[User], Client]
) -> None:
    LanguageModel.objects.update(context_window=2_000)
    conversation = talk(cast.bob)
    for number in range(12):
        question = Message.objects.create(
            conversation=conversation, parent=last(conversation), role="user", author=cast.bob, text=f"q{number}",
            parts=[{"kind": "text", "text": f"q{number}"}], status="complete", revision=conversation.advance(1),
        )  # fmt: skip
        answer(conversation, question, f"a{number} " + "word " * 120)
    bob = connect(cast.bob)
    client = sign_in(cast.bob)
    body = {"conversation": str(conversation.pk), "parent": str(last(conversation).pk), "models": [str(model.pk)]}
    told = client.post("/api/v1/estimate", {**body, "text": "so?"}, content_type="application/json").json()
    assert told["window_share"] > fitting.FULL
    sent = ask(bob, model, "so?", conversation=str(conversation.pk), parent=str(last(conversation).pk))
    bob.event("message.finished")
    [request] = vendor.requests
    words = str(request.json["messages"])
    assert all(f"q{number}" in words for number in range(12))
    assert "a0 " not in words
    assert "a11 " in words
    reply = Message.objects.get(pk=sent["replies"][0])
    assert reply.left_out == [{"parameter": "replies", "sent": None}]
    page = client.get(f"/conversations/{Conversation.objects.get().pk}/").content.decode()
    assert 'data-word="left_out.replies"' in page
