"""Titles by a model: cleaned, live, paid, and never in the way of what people do."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import pytest
from django.test import Client

from conversations import actions
from conversations.generation.side_calls import titles
from conversations.models import Budget, Conversation, Installation, ReadMark, UsageRecord
from conversations.text import generated_title
from providers.models import ApiKey, LanguageModel, Trouble
from tests.conftest import Cast
from tests.conversations.paying import Connect, finished, priced
from tests.conversations.test_engine import ask, until
from tests.fake_vendor import FakeVendor
from tests.providers.administering import alice, page
from tests.vendor_replies import Received, Step, default_reply, history, openai_stream

__all__ = ["alice", "priced"]

QUESTION = "How do I migrate a job queue\nwithout losing any of the jobs that wait in it?"
FIRST_WORDS = "How do I migrate a job queue without losing any of the jobs…"


def at_rest() -> bool:
    return not titles._threads._running and not titles._threads._waiting


@pytest.fixture
def namer(cast: Cast, model: LanguageModel) -> Iterator[LanguageModel]:
    """Return a model of the same vendor that names conversations."""
    row = LanguageModel.objects.create(name="namer")
    row.deployments.create(
        endpoint=model.deployments.get().endpoint, vendor_id="namer", input_price=1000, output_price=2000
    )
    Installation.objects.create(pk=1, title_model=row)
    yield row
    until(at_rest)


def titled(vendor: FakeVendor, title: Sequence[Step]) -> list[Received]:
    """Let the vendor answer the model for titles so; returns these calls as they come."""
    asked: list[Received] = []

    def script(call: Received) -> Sequence[Step]:
        if call.json["model"] != "namer":
            return default_reply(call)
        asked.append(call)
        return title

    vendor.script = script
    return asked


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("Moving a job queue", "Moving a job queue"),
        ('"Moving a job queue."\n', "Moving a job queue"),
        ("\n\n## **Title:** Moving a `queue`\n\nHere is why.", "Moving a queue"),
        ("Title:\n“Moving a queue”", "Moving a queue"),
        ("Here's a short title: Moving a queue", "Moving a queue"),
        ("标题：《迁移任务队列》", "迁移任务队列"),
        ("《红楼梦》与《水浒传》", "《红楼梦》与《水浒传》"),
        ("<think>The user\nwants</think>\nMoving a queue", "Moving a queue"),
        ("<think>never ends", ""),
        ("so it is.</think>Moving a queue", "Moving a queue"),
        ("```\nMoving a queue\n```", "Moving a queue"),
        ("[Moving](javascript:alert(1)) a queue", "Moving a queue"),
        ("- C# and __init__", "C# and __init__"),
        ("<b>x</b>\x00\u202egnp", "<b>x</b>  gnp"),
        ("\u200b \n . \n---\n", ""),
        ('{"title": "Moving a queue"}', "Moving a queue"),
        ('```json\n{"emoji": "x", "title": "\\u8fc1\\u79fb \\"B\\" \\ud800"}\n```', '迁移 "B" \ufffd'),
        ("<title>Moving a queue</title>", "Moving a queue"),
        ("# Title\n\nMoving a queue", "Moving a queue"),
        ("Sure, here's a concise title:\n\n**Moving a queue**", "Moving a queue"),
        ("[" * 1_000_000, ""),
        ("", ""),
        ("I’m sorry, but I can’t help with that.", ""),
        ("抱歉，我无法为此生成标题。", ""),
        ("Sorry letters to customers", "Sorry letters to customers"),
        ("word " * 2000, "word " * 11 + "word…"),
        ("字" * 10_000, "字" * 60 + "…"),
    ],
)
def test_what_a_model_says_becomes_one_short_line(said: str, title: str) -> None:
    assert generated_title(said) == " ".join(title.split())


def test_a_title_comes_live_to_all_readers_is_paid_and_makes_nothing_unread(
    cast: Cast, model: LanguageModel, namer: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.gate.clear()
    asked = titled(vendor, [vendor.gate, openai_stream(["Title: Moving", " a queue"])])
    writer, reader = connect(cast.alice), connect(cast.bob)
    key = ask(writer, model, QUESTION, team=str(cast.team.pk))["conversation"]
    finished(writer)
    conversation = Conversation.objects.get(pk=key)
    assert conversation.title == FIRST_WORDS
    for person in (cast.alice, cast.bob):
        ReadMark.objects.advance(person, conversation, conversation.revision, leaves_unseen=False)
    before = conversation.updated_at
    vendor.gate.set()
    for socket in (writer, reader):
        assert socket.event("conversation.updated", title="Moving a queue")["conversation"] == key
    conversation.refresh_from_db()
    assert (conversation.title, conversation.updated_at) == ("Moving a queue", before)
    assert set(ReadMark.objects.filter(conversation=key).values_list("revision", flat=True)) == {conversation.revision}
    [call] = asked
    assert history(call) == [titles.BEFORE + QUESTION + titles.AFTER]
    assert (call.json["max_tokens"], call.json.get("reasoning_effort", "none")) == (30, "none")
    until(at_rest)
    paid = UsageRecord.objects.get(purpose="title")
    assert (paid.user, paid.team, paid.model, paid.conversation, paid.outcome) == (
        cast.alice, cast.team, namer, conversation.pk, "complete",
    )  # fmt: skip
    assert UsageRecord.objects.filter(purpose="reply").count() == 1
    ask(writer, model, "And then?", conversation=key)
    finished(writer)
    assert len(asked) == 1


def rename(cast: Cast, key: str) -> None:
    actions.change_conversation(cast.alice, UUID(key), title="Mine")


def delete(cast: Cast, key: str) -> None:
    actions.delete_conversation(cast.alice, UUID(key))


def end(cast: Cast, key: str) -> None:
    actions.end_conversation(cast.alice, UUID(key))


def stop(cast: Cast, key: str) -> None:
    Conversation.objects.get(pk=key).messages.filter(role="assistant").update(stop_requested=True)


@pytest.mark.parametrize(
    ("act", "left"), [(rename, ["Mine"]), (delete, [FIRST_WORDS]), (end, []), (stop, [FIRST_WORDS])]
)
def test_what_people_do_meanwhile_wins(
    act: Callable[[Cast, str], None],
    left: list[str],
    cast: Cast,
    model: LanguageModel,
    namer: LanguageModel,
    vendor: FakeVendor,
    connect: Connect,
) -> None:
    vendor.gate.clear()
    asked = titled(vendor, [vendor.gate, openai_stream(["Theirs"])])
    socket = connect(cast.alice)
    key = ask(socket, model, QUESTION)["conversation"]
    finished(socket)
    until(lambda: asked)
    act(cast, key)
    vendor.gate.set()
    until(at_rest)
    assert list(Conversation.objects.filter(pk=key).values_list("title", flat=True)) == left
    assert UsageRecord.objects.filter(purpose="title", outcome="complete").count() == 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ([500, b"{}"], "vendor_down"),
        ([openai_stream(["no"], "content_filter")], "complete"),
        ([openai_stream(["\n\n"])], None),
        ([threading.Event()], "vendor_timeout"),
        ([openai_stream(["word "] * 5000)], "complete"),
    ],
)
def test_where_no_title_comes_the_first_words_stand_and_people_are_not_disturbed(
    answer: Sequence[Step],
    outcome: str | None,
    cast: Cast,
    model: LanguageModel,
    namer: LanguageModel,
    vendor: FakeVendor,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(titles, "SECONDS", 0.3)
    titled(vendor, answer)
    socket = connect(cast.alice)
    key = ask(socket, model, QUESTION)["conversation"]
    assert finished(socket)["status"] == "complete"
    until(at_rest)
    until(lambda: UsageRecord.objects.filter(purpose="title").exists())
    title = Conversation.objects.get(pk=key).title
    assert title == FIRST_WORDS or title.startswith("word word")
    assert outcome in (None, UsageRecord.objects.get(purpose="title").outcome)
    if outcome == "vendor_timeout":
        assert not Trouble.objects.exists()


def test_without_money_or_a_right_to_the_model_nobody_is_asked(
    cast: Cast, model: LanguageModel, namer: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    asked = titled(vendor, [openai_stream(["Theirs"])])
    budget = Budget.objects.create(kind="model", target=namer.pk, period="day", hard="0.000001")
    socket = connect(cast.alice)
    for _ in range(2):
        key = ask(socket, model, QUESTION)["conversation"]
        finished(socket)
        until(at_rest)
        assert Conversation.objects.get(pk=key).title == FIRST_WORDS
        budget.delete() if budget.pk else None
        namer.teams.add(cast.team)
        cast.team.memberships.filter(user=cast.alice).delete()
    assert asked == []
    assert not UsageRecord.objects.filter(purpose="title").exists()


def test_a_question_to_people_alone_goes_to_no_vendor(
    cast: Cast, model: LanguageModel, namer: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    ack = connect(cast.alice).ask("message.send", conversation=None, text=QUESTION, models=[], team=str(cast.team.pk))
    assert ack["replies"] == []
    until(at_rest)
    assert vendor.requests == []


def test_a_key_that_is_full_of_replies_is_asked_again_later(
    cast: Cast,
    model: LanguageModel,
    namer: LanguageModel,
    vendor: FakeVendor,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(titles, "AGAIN_SECONDS", 0.1)
    ApiKey.objects.update(max_concurrent=1)
    asked = titled(vendor, [openai_stream(["Moving a queue"])])
    socket = connect(cast.alice)
    key = ask(socket, model, QUESTION)["conversation"]
    finished(socket)
    until(lambda: asked)
    until(lambda: Conversation.objects.get(pk=key).title == "Moving a queue")


def test_a_model_that_refuses_the_limit_and_the_switch_of_thinking_names_conversations_all_the_same(
    cast: Cast, model: LanguageModel, namer: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    """Ask again without the limit that newer models refuse (LibreChat #8927)."""

    def script(call: Received) -> Sequence[Step]:
        body = call.json
        if body["model"] != "namer":
            return default_reply(call)
        refused = next((name for name in ("max_tokens", "reasoning_effort") if name in body), None)
        told = f"Unsupported parameter: '{refused}' is not supported with this model."
        words = f"{told} Use 'max_completion_tokens' instead." if refused == "max_tokens" else told
        refusal = [400, {"Content-Type": "application/json"}, json.dumps({"error": {"message": words}}).encode()]
        return refusal if refused else [openai_stream(["Moving a queue"])]

    vendor.script = script
    socket = connect(cast.alice)
    key = ask(socket, model, QUESTION)["conversation"]
    until(lambda: Conversation.objects.get(pk=key).title == "Moving a queue")
    assert set(namer.deployments.get().learnt) == {"max_completion_tokens", "no:reasoning_effort"}


def test_an_administrator_names_the_model(alice: Client, cast: Cast, model: LanguageModel) -> None:
    site = Installation.objects.create(pk=1)
    shown = alice.get(page(Installation, "change", site.pk)).content.decode()
    assert "Model for titles" in shown
    fields = {"sign_up": "invited", "logo_color": "green", "title_model": str(model.pk), "names_former_members": "on"}
    assert alice.post(page(Installation, "change", site.pk), fields).status_code == 302
    assert Installation.title_model_of_site() == model.pk
