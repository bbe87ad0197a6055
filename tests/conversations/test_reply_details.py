"""The details of a reply: figures of its row and of the ledger, for whoever may read it."""

import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.content.differences import Run, differences
from conversations.models import Conversation, Message, UsageRecord, User
from conversations.models.message import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("static_files")]


def reply_of(person: User, **fields: Any) -> Message:
    conversation = Conversation.objects.create(owner=person, title="Figures")
    usual = {"role": Role.ASSISTANT, "status": "complete", "revision": 1, "author": person, "model_name": "parrot"}
    return Message.objects.create(conversation=conversation, **{**usual, **fields})


def call_of(reply: Message, **fields: Any) -> UsageRecord:
    usual = {"model_name": "parrot", "endpoint_name": "Gateway", "outcome": "complete", "total_ms": 2400}
    return UsageRecord.objects.create(conversation=reply.conversation_id, message=reply.pk, **{**usual, **fields})


def shown(person: User, reply: Message, language: str = "en") -> str:
    person.language = language
    person.save()
    client = Client()
    client.force_login(person)
    answer = client.get(f"/replies/{reply.pk}/")
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


def test_it_tells_what_a_reply_was(alice: User) -> None:
    counts = {"input_tokens": 1200, "cached_tokens": 1000, "output_tokens": 90, "thought_tokens": 30}
    settings = {"temperature": 0.2, "thinking": "low", "stop": ["a", "b"], "json_schema": {"a": None}}
    reply = reply_of(alice, **counts, cost=51_000, parameters=settings)
    call_of(reply, outcome="vendor_busy", total_ms=900)
    call_of(reply, first_token_ms=400, output_tokens=90)
    Message.objects.create(
        conversation=reply.conversation,
        parent=reply,
        role=Role.ASSISTANT,
        status="complete",
        revision=2,
        input_tokens=800,
        cost=9_000,
    )
    assert shown(alice, reply) == (
        "Details Close Model parrot at Gateway Asked by alice "
        f"{re.search(r'alice (.*?) Status', shown(alice, reply))[1]} Status complete 2 calls First word after 0.40 s "
        "Took 2.40 s 45 tokens a second Tokens in 1,200 1,000 from cache Tokens out 90 30 of them thoughts "
        "Cost 0.0510 USD Temperature 0.2 Thinking A little Stop words, one a line a, b "
        "JSON schema of the reply {&quot;a&quot;: null} "
        "Whole conversation: 2,000 tokens in, 90 out · 0.0600 USD"
    )
    assert "首字延迟 0.40 秒 总用时 2.40 秒 每秒 45 token 输入 token 1,200 1,000 来自缓存" in shown(
        alice, reply, "zh-hans"
    )


def test_what_nobody_knows_is_said_as_that(alice: User) -> None:
    told = shown(alice, reply_of(alice, author=None, status="failed"))
    assert "Status failed Tokens in – Tokens out – Cost No price set Whole conversation: – tokens in, – out" in told


def test_a_question_has_none(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert client.get(f"/replies/{reply_of(alice, role=Role.USER).pk}/").status_code == 404


def test_what_tells_its_versions_apart(alice: User) -> None:
    first = reply_of(alice, parameters={"temperature": 0.2, "seed": 7})
    again = {"conversation": first.conversation, "role": Role.ASSISTANT, "status": "complete", "revision": 1}
    second = Message.objects.create(
        **again, model_name="owl", parameters={"temperature": 1, "seed": 7, "thinking": {"level": "low"}}
    )
    reply_of(alice)  # of another conversation
    client = Client()
    client.force_login(alice)
    assert client.get(f"/replies/{second.pk}/versions/").json() == {
        str(first.pk): "parrot · Temperature: 0.2 · Thinking: As the model likes",
        str(second.pk): "owl · Temperature: 1 · Thinking: A little",
    }


def test_it_shows_what_another_version_said(alice: User) -> None:
    first = reply_of(alice, text="The sky is blue today, and the sun is warm.")
    fields = {"role": Role.ASSISTANT, "status": "complete", "revision": 2, "author": alice, "model_name": "macaw"}
    other = {**fields, "text": "The sky is <b>grey</b> today, and the sun is warm."}
    second = Message.objects.create(conversation=first.conversation, **other)
    compared = "Compared with version 1, parrot The sky is blue &lt;b&gt;grey&lt;/b&gt; today, and the sun is warm."
    assert shown(alice, second).endswith(compared)
    assert "与第 2 个版本（macaw）对比" in shown(alice, first, "zh-hans")
    third = Message.objects.create(conversation=first.conversation, **other)
    assert shown(alice, third).endswith("Both say the same.")


@given(*[st.text(alphabet="ab \n中文", max_size=30)] * 2)
@settings(max_examples=50)
def test_a_comparison_holds_both_texts(before: str, after: str) -> None:
    runs = differences(before, after) or [Run("common", before)]
    assert "".join(run.text for run in runs if run.kind != "added") == before
    assert "".join(run.text for run in runs if run.kind != "removed") == after


def test_a_comparison_shows_little_of_what_is_common_and_ends_with_texts_that_have_nothing() -> None:
    common = "word " * 100
    kinds = [(run.kind, len(run.text)) for run in differences(f"{common}one {common}", f"{common}two {common}")]
    assert kinds == [("common", 81), ("removed", 3), ("added", 3), ("common", 81)]
    whole = [" ".join(f"{letter}{number}" for number in range(20_000)) for letter in "ab"]
    assert [run.kind for run in differences(*whole)] == ["removed", "added"]
