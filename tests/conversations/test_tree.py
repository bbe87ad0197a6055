"""The tree: other wordings, other versions, going on after a break, several models at once, copies."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from conversations.generation.prompts import GO_ON
from conversations.models import Conversation, Message
from conversations.models.message import Status
from providers.models import LanguageModel
from tests.conftest import Cast, both_ways, serve
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import close, gemini_event, gemini_stream, openai_event, openai_stream

Connect = Callable[..., Socket]


def ask(socket: Socket, model: LanguageModel, text: str = "Hi", **fields: Any) -> dict[str, Any]:
    """Ask and wait for the end of every reply."""
    ack = socket.ask("message.send", **{"conversation": None, "text": text, "models": [model.id], **fields})
    assert ack["type"] == "ack", ack
    for reply in ack["replies"]:
        ended(socket, reply)
    return ack


def ended(socket: Socket, reply: str) -> dict[str, Any]:
    """Return the message that this reply has become."""
    finished = socket.wait(lambda frame: frame["type"] == "message.finished" and frame["message"]["id"] == reply)
    return finished["message"]


def change(socket: Socket, kind: str, **fields: Any) -> dict[str, Any]:
    ack = socket.ask(kind, **fields)
    assert ack["type"] == "ack", ack
    return ack


# --- Other wordings ------------------------------------------------------------------------------------------------


def test_an_edit_is_a_question_beside_the_old_one(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    alice = connect(cast.alice)
    first = ask(alice, model, "Tea?", parameters={"temperature": 0.5})
    ack = change(alice, "message.edit", message=first["message"], text="Coffee?")
    ended(alice, ack["replies"][0])
    old, new = Message.objects.get(pk=first["message"]), Message.objects.get(pk=ack["message"])
    assert (old.text, new.text) == ("Tea?", "Coffee?")
    assert new.parent_id == old.parent_id
    assert ack["conversation"] == first["conversation"]
    reply = Message.objects.get(pk=ack["replies"][0])
    assert (reply.parent_id, reply.model_id, reply.parameters) == (new.pk, model.id, {"temperature": 0.5})
    vendor.next_request()
    assert [turn["content"] for turn in vendor.next_request().json["messages"]] == ["Coffee?"]


def test_an_edit_stops_the_replies_that_the_editor_waits_for_and_no_other_s(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    vendor.play([openai_event("Hers"), vendor.gate], [openai_event("His"), vendor.gate])
    other = serve(vendor, "openai", "other")
    alice, bob = connect(cast.alice), connect(cast.bob)
    asked = change(alice, "message.send", conversation=None, text="Tea?", team=cast.team.pk, models=[model.pk])
    alice.event("message.delta")
    his = change(bob, "reply.retry", message=asked["replies"][0], models=[other.pk])
    bob.event("message.delta")
    edited = change(alice, "message.edit", message=asked["message"], text="Coffee?")
    assert ended(alice, asked["replies"][0])["status"] == "stopped"
    assert Message.objects.get(pk=his["replies"][0]).is_under_way
    vendor.gate.set()
    for reply in (his["replies"][0], edited["replies"][0]):
        ended(alice, reply)


def test_an_edit_in_the_middle_leaves_the_later_messages_on_the_old_branch(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    alice = connect(cast.alice)
    first = ask(alice, model, "One")
    second = ask(alice, model, "Two", conversation=first["conversation"])
    edited = change(alice, "message.edit", message=first["message"], text="Eins")
    ended(alice, edited["replies"][0])
    assert Message.objects.get(pk=second["message"]).parent_id == Message.objects.get(pk=first["replies"][0]).pk
    assert Message.objects.branch(edited["replies"][0])[0].text == "Eins"


def test_a_team_mate_may_reword_and_signs_it(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    alice, bob = connect(cast.alice), connect(cast.bob)
    first = ask(alice, model, team=cast.team.id)
    ack = change(bob, "message.edit", message=first["message"], text="Ahoy")
    assert Message.objects.get(pk=ack["message"]).author == cast.bob
    assert ended(alice, ack["replies"][0])["status"] == "complete"


# --- Other versions ------------------------------------------------------------------------------------------------


def test_a_retry_is_a_version_beside_the_old_one(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    vendor.play([openai_stream(["First"])], [openai_stream(["Second"])])
    alice = connect(cast.alice)
    first = ask(alice, model)
    ack = change(alice, "reply.retry", message=first["replies"][0])
    assert ended(alice, ack["replies"][0])["text"] == "Second"
    assert Message.objects.get(pk=first["replies"][0]).text == "First"
    assert Message.objects.get(pk=ack["replies"][0]).parent_id == Message.objects.get(pk=first["message"]).pk


def test_a_retry_may_ask_other_models(cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect) -> None:
    other = serve(vendor, "gemini", "macaw")
    alice = connect(cast.alice)
    first = ask(alice, model)
    ack = change(alice, "reply.retry", message=first["replies"][0], models=[model.id, other.id])
    named = [ended(alice, reply)["model_name"] for reply in ack["replies"]]
    assert named == ["parrot", "macaw"]


@both_ways
def test_twenty_clicks_on_retry_are_one_version(  # C08
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    alice = connect(cast.alice)
    first = ask(alice, model)
    go = threading.Event()
    vendor.play([openai_event("Sec"), go, openai_stream(["ond"])])
    answers = [alice.ask("reply.retry", message=first["replies"][0]) for _ in range(20)]
    assert [answer["type"] for answer in answers] == ["ack"] + ["error"] * 19
    assert {answer["code"] for answer in answers[1:]} == {"busy"}
    go.set()
    ended(alice, answers[0]["replies"][0])
    assert Message.objects.filter(parent=first["message"]).count() == 2


def test_the_same_retry_again_is_the_same_version(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    alice = connect(cast.alice)
    first = ask(alice, model)
    acks = [alice.ask("reply.retry", id="once", message=first["replies"][0]) for _ in range(2)]
    assert acks[0]["replies"] == acks[1]["replies"]
    assert alice.ask("reply.retry", id="once", message=first["message"])["code"] == "not_found"
    ended(alice, acks[0]["replies"][0])
    assert alice.ask("reply.continue", id="once", message=first["replies"][0])["code"] == "conflict"


def test_several_models_answer_one_question(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    other = serve(vendor, "gemini", "macaw")
    alice = connect(cast.alice)
    ack = ask(alice, model, models=[model.id, other.id])
    replies = Message.objects.filter(pk__in=ack["replies"]).order_by("id")
    assert [(reply.model_name, reply.status) for reply in replies] == [("parrot", "complete"), ("macaw", "complete")]
    after = ask(alice, model, "And?", conversation=ack["conversation"], parent=ack["replies"][0])
    assert Message.objects.get(pk=after["message"]).parent_id == replies[0].pk


# --- Going on ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", ["openai", "gemini"])
def test_what_broke_off_is_continued_behind_a_seam(wire: str, cast: Cast, vendor: FakeVendor, connect: Connect) -> None:
    broken, rest = {
        "openai": ([openai_event("The sun r"), close], [openai_stream(["ises", "."])]),
        "gemini": ([gemini_event("The sun r"), close], [gemini_stream(["ises", "."])]),
    }[wire]
    vendor.play(broken, rest)
    alice = connect(cast.alice)
    first = ask(alice, serve(vendor, wire))
    ack = change(alice, "reply.continue", message=first["replies"][0])
    whole = ended(alice, ack["replies"][0])
    assert [(part["kind"], part.get("text", "")) for part in whole["parts"]] == [
        ("text", "The sun r"),
        ("seam", ""),
        ("text", "ises."),
    ]
    assert (whole["text"], whole["status"], whole["finish_reason"]) == ("The sun rises.", "complete", "stop")
    deltas = [frame for frame in alice.frames if frame.get("message") == ack["replies"][0]]
    assert [frame["seq"] for frame in deltas] == list(range(1, len(deltas) + 1))
    assert deltas[0]["text"] == "The sun r"
    assert deltas[1]["part"] == {"kind": "seam"}
    assert "".join(frame.get("text", "") for frame in deltas) == whole["text"]
    assert Message.objects.get(pk=first["replies"][0]).text == "The sun r"
    vendor.next_request()
    sent = vendor.next_request().json
    assert GO_ON in str(sent)
    assert "The sun r" in str(sent)


def test_a_continued_reply_goes_on_into_the_next_question_as_one_answer(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    vendor.play([openai_event("One, t"), close], [openai_stream(["wo."])], [openai_stream(["Yes."])])
    alice = connect(cast.alice)
    first = ask(alice, model, "Count")
    ack = change(alice, "reply.continue", message=first["replies"][0])
    ended(alice, ack["replies"][0])
    ask(alice, model, "Done?", conversation=first["conversation"])
    sent = [vendor.next_request().json for _ in range(3)][-1]
    assert [turn["content"] for turn in sent["messages"]] == ["Count", "One, two.", "Done?"]


def test_what_breaks_off_again_is_continued_again(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    vendor.play([openai_event("a"), close], [413, b"{}"], [openai_stream(["b"])])
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    again = change(alice, "reply.continue", message=reply)["replies"][0]
    broken = ended(alice, again)
    assert (broken["status"], broken["text"], broken["error"]["code"]) == ("interrupted", "a", "context_too_long")
    last = change(alice, "reply.continue", message=again)["replies"][0]
    assert ended(alice, last)["text"] == "ab"


def test_what_is_carried_over_counts_against_what_a_reply_may_hold(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    vendor.play([openai_event("a" * (2**20 - 5)), close], [openai_stream(["bbb", "cccc"])])
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    whole = ended(alice, change(alice, "reply.continue", message=reply)["replies"][0])
    assert whole["text"].lstrip("a") == "bbbcc"
    assert (len(whole["text"]), whole["error"]["code"]) == (2**20, "reply_too_long")
    assert alice.ask("reply.continue", message=whole["id"])["code"] == "conflict"


def test_what_has_an_end_is_not_continued(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    vendor.play([openai_stream(["Done."])], [openai_stream(["To the lim"], "length")], [openai_stream(["it"])])
    alice = connect(cast.alice)
    first = ask(alice, model)
    assert alice.ask("reply.continue", message=first["replies"][0])["code"] == "conflict"
    cut = ask(alice, model, conversation=first["conversation"])
    ack = change(alice, "reply.continue", message=cut["replies"][0])
    assert ended(alice, ack["replies"][0])["text"] == "To the limit"


# --- Branches ------------------------------------------------------------------------------------------------------


def test_all_see_the_branch_that_was_chosen_last(
    cast: Cast,
    vendor: FakeVendor,
    model: LanguageModel,
    connect: Connect,
    sign_in: Callable[..., Client],
) -> None:
    vendor.play(*([openai_stream([text])] for text in ("Old.", "New.", "Newest.")))
    alice, bob = connect(cast.alice), connect(cast.bob)
    first = ask(alice, model, "Which?", team=cast.team.id)
    second = change(alice, "reply.retry", message=first["replies"][0])
    ended(alice, second["replies"][0])
    change(bob, "branch.choose", message=first["replies"][0])
    address = f"/conversations/{first['conversation']}/"
    for person in (cast.alice, cast.bob):
        page = sign_in(person).get(address).content.decode()
        assert "Old." in page
        assert "New." not in page
    ask(alice, model, "More?", conversation=first["conversation"], parent=first["replies"][0])
    assert "Newest." in sign_in(cast.bob).get(address).content.decode()  # below what he chose


def test_a_fork_is_a_private_copy_of_the_branch(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    alice, rita = connect(cast.alice), connect(cast.rita)
    first = ask(alice, model, "One", team=cast.team.id)
    second = ask(alice, model, "Two", conversation=first["conversation"])
    ask(alice, model, "Three", conversation=first["conversation"])
    ack = change(rita, "conversation.fork", message=second["replies"][0])  # readers may make a copy
    fork = Conversation.objects.get(pk=ack["conversation"])
    assert (fork.owner, fork.team, fork.title) == (cast.rita, None, "One")
    copied = Message.objects.branch(Message.objects.leaf_for(cast.rita, fork))
    original = Message.objects.branch(Message.objects.get(pk=second["replies"][0]).pk)
    assert [(m.text, m.parts, m.author_id, m.created_at) for m in copied] == [
        (m.text, m.parts, m.author_id, m.created_at) for m in original
    ]
    assert {message.pk for message in copied}.isdisjoint(message.pk for message in original)
    told = rita.event("conversation.updated", conversation=fork.pk)
    assert told["revision"] == fork.revision == len(copied) + 1
    on = ask(rita, model, "Alone", conversation=fork.pk)
    assert Message.objects.get(pk=on["message"]).parent_id == copied[-1].pk
    assert not any(frame.get("conversation") == str(fork.pk) for frame in alice.settle())


def test_a_reply_under_way_is_not_copied(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    go = threading.Event()
    vendor.play([openai_event("a"), go, openai_stream(["b"])])
    alice = connect(cast.alice)
    ack = alice.ask("message.send", conversation=None, text="Hi", models=[model.id])
    alice.event("message.delta")
    assert alice.ask("conversation.fork", message=ack["replies"][0])["code"] == "conflict"
    go.set()
    ended(alice, ack["replies"][0])


# --- Permission ----------------------------------------------------------------------------------------------------

COMMANDS = {
    "message.edit": {"text": "Mine"},
    "reply.retry": {},
    "reply.continue": {},
    "conversation.fork": {},
    "branch.choose": {},
}


@pytest.mark.parametrize("kind", COMMANDS)
def test_an_outsider_changes_nothing(
    kind: str, cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    vendor.play([openai_event("Hel"), close])
    first = ask(connect(cast.alice), model, team=cast.team.id)
    target = first["message"] if kind == "message.edit" else first["replies"][0]
    before = Message.objects.count()
    carol = connect(cast.carol)
    refused = carol.ask(kind, message=target, **COMMANDS[kind])
    absent = carol.ask(kind, message=first["conversation"], **COMMANDS[kind])
    assert refused["code"] == "not_found"
    assert {**refused, "id": ""} == {**absent, "id": ""}
    assert Message.objects.count() == before


@pytest.mark.parametrize("kind", ["message.edit", "reply.retry", "reply.continue", "branch.choose"])
def test_who_only_reads_writes_no_version(
    kind: str, cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    vendor.play([openai_event("Hel"), close])
    first = ask(connect(cast.alice), model, team=cast.team.id)
    target = first["message"] if kind == "message.edit" else first["replies"][0]
    assert connect(cast.rita).ask(kind, message=target, **COMMANDS[kind])["code"] == "not_found"
    assert not Message.objects.under_way().exists()


def test_empty_words_and_wrong_targets_are_refused(
    cast: Cast, vendor: FakeVendor, model: LanguageModel, connect: Connect
) -> None:
    alice = connect(cast.alice)
    first = ask(alice, model)
    assert alice.ask("message.edit", message=first["message"], text="  ")["code"] == "bad_text"
    assert alice.ask("message.edit", message=first["replies"][0], text="Hi")["code"] == "not_found"
    assert alice.ask("reply.retry", message=first["message"])["code"] == "not_found"
    assert alice.ask("message.edit", message="x", text="Hi")["code"] == "bad_field"
    assert Message.objects.filter(status=Status.COMPLETE).count() == 2
