"""The ends of replies when something else ends first: the vendor, the process, the database, another writer."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import DataError, connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from conversations import sweeper
from conversations.generation import checkpoints, recovery, runner
from conversations.generation.checkpoints import AlreadyEnded
from conversations.generation.outcomes import Outcome
from conversations.generation.queue import Places
from conversations.ids import BOOT_ID
from conversations.live import LiveReply, hub
from conversations.models import Conversation, Message, UsageRecord
from conversations.models.message import Status
from conversations.reporting.periods import Period
from conversations.reporting.scoreboard import contests
from providers.models import ApiKey, LanguageModel
from tests.conftest import Cast, serve
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import (
    Step,
    close,
    event,
    gemini_end,
    gemini_event,
    openai_end,
    openai_event,
    openai_stream,
    reset,
)

Connect = Callable[..., Socket]
JSON = {"Content-Type": "application/json"}


def ask(socket: Socket, model: LanguageModel, text: str = "Hi", **fields: Any) -> dict[str, Any]:
    ack = socket.ask("message.send", **{"conversation": None, "text": text, "models": [model.id], **fields})
    assert ack["type"] == "ack", ack
    return ack


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait for a condition that no event announces."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it has not come to be")


# --- The vendor ends first -----------------------------------------------------------------------------------------

# Name: the vendor's script; then status, text, error code and finish reason of the reply.
ENDINGS: dict[str, tuple[Sequence[Step], tuple[str, str, str, str]]] = {
    "whole": ([openai_stream(["Hel", "lo"])], ("complete", "Hello", "", "stop")),
    "at the limit": ([openai_stream(["Hel", "lo"], "length")], ("complete", "Hello", "", "length")),
    "filtered before a word": ([openai_end("content_filter")], ("complete", "", "", "blocked")),
    "filtered after words": ([openai_stream(["Hel"], "content_filter")], ("complete", "Hel", "", "blocked")),
    "cut off": ([openai_event("Hel"), close], ("interrupted", "Hel", "cut_off", "")),
    "torn off": ([openai_event("Hel"), reset], ("interrupted", "Hel", "cut_off", "")),
    "no finish": ([openai_event("Hel")], ("interrupted", "Hel", "cut_off", "")),
    "cut off before a word": ([200, b": hello\n\n", close], ("failed", "", "cut_off", "")),
    "an error after words": (
        [openai_event("Hel"), event({"error": {"message": "boom", "code": "server_error"}})],
        ("interrupted", "Hel", "vendor_down", ""),
    ),
    "key refused": ([401, JSON, b'{"error":{"message":"no"}}'], ("failed", "", "key_refused", "")),
    "no quota": ([402, JSON, b"{}"], ("failed", "", "quota", "")),
    "too many calls": ([429, {**JSON, "Retry-After": "200"}, b"{}"], ("failed", "", "rate_limited", "")),
    "no such model": ([404, JSON, b"{}"], ("failed", "", "model_not_found", "")),
    "broken": ([500, b"<html>oops</html>"], ("failed", "", "vendor_down", "")),
    "a web page": ([{"Content-Type": "text/html"}, b"<!DOCTYPE html><p>Log in</p>"], ("failed", "", "bad_reply", "")),
    "an error that says 200": ([JSON, b'{"error":{"message":"no"}}'], ("failed", "", "vendor_down", "")),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_how_the_vendor_ends_is_how_the_reply_ends(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, name: str
) -> None:
    script, (status, text, code, finish) = ENDINGS[name]
    vendor.script = lambda _: script
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    told = alice.event("message.finished")["message"]
    stored = Message.objects.get(pk=reply)
    assert (stored.status, stored.text, stored.error_code, stored.finish_reason) == (status, text, code, finish)
    assert (told["status"], told["text"]) == (status, text)
    assert (told["error"] or {}).get("code", "") == code
    assert stored.error_text.endswith((".", "boom", "no")) or not code
    assert "oops" not in stored.error_text
    assert stored.ended_at
    deltas = "".join(frame.get("text", "") for frame in alice.frames if frame["type"] == "message.delta")
    assert deltas == text
    assert alice.ask("ping", open={told["conversation"]: 5})["moved"] == []


def test_replies_beyond_the_places_of_a_process_wait_in_order_and_say_so(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_places", Places(1))
    gate = threading.Event()
    vendor.script = lambda _: [openai_event("Hel"), gate, openai_stream(["lo"])]
    alice = connect(cast.alice)
    first = ask(alice, model)["replies"][0]
    alice.event("message.delta", message=first)
    waiting = [ask(alice, model)["replies"][0] for _ in range(3)]
    for reply in waiting:
        assert alice.event("message.waiting", message=reply)["reason"] == {"code": "queued"}
    assert len(vendor.requests) == 1
    stopped = waiting.pop(1)
    assert alice.ask("reply.stop", message=stopped)["type"] == "ack"
    assert alice.event("message.finished")["message"]["id"] == stopped
    gate.set()
    ended = [alice.event("message.finished")["message"] for _ in range(3)]
    assert [(one["id"], one["text"]) for one in ended] == [(reply, "Hello") for reply in (first, *waiting)]


GAPS: dict[str, tuple[Sequence[Step], list[tuple[str, str]]]] = {
    "in the middle": (
        [openai_event("One "), b"data: {broken\n\n", openai_event("two"), openai_end()],
        [("text", "One "), ("gap", ""), ("text", "two")],
    ),
    "twice in one place": (
        [openai_event("One "), b"data: {broken\n\ndata: {again\n\n", openai_event("two"), openai_end()],
        [("text", "One "), ("gap", ""), ("text", "two")],
    ),
    "before the first word": (
        [b"data: {broken\n\n", openai_event("One two"), openai_end()],
        [("gap", ""), ("text", "One two")],
    ),
    "before the end": (
        [openai_event("One two"), b"data: {broken\n\n", openai_end()],
        [("text", "One two"), ("gap", "")],
    ),
    "behind the end": ([openai_event("One two"), openai_end(), b"data: {broken\n\n"], [("text", "One two")]),
}


@pytest.mark.parametrize("name", GAPS)
def test_a_reply_says_where_it_has_a_gap(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, name: str
) -> None:
    script, parts = GAPS[name]
    vendor.play(script)
    alice = connect(cast.alice)
    ack = ask(alice, model)
    told = alice.event("message.finished")["message"]
    assert (told["status"], told["text"]) == ("complete", "One two")
    assert [(part["kind"], part.get("text", "")) for part in told["parts"]] == parts
    told_live = [frame["part"] for frame in alice.frames if frame["type"] == "message.delta" and "part" in frame]
    assert told_live == [part for part in told["parts"] if part["kind"] == "gap"]
    gaps = int(("gap", "") in parts)
    assert UsageRecord.objects.get().gaps == gaps
    assert [score.gapped for contest in contests(Period.until_today()) for score in contest.scores] == [gaps]
    vendor.next_request()
    ask(alice, model, "And?", conversation=ack["conversation"], parent=ack["replies"][0])
    assert vendor.next_request().json["messages"][1] == {"role": "assistant", "content": "One two"}


def test_a_thought_that_no_tag_opens_is_no_answer_in_the_end(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([openai_event("First a.\n</th"), openai_event("ink>\nAnswer"), openai_end()])
    alice = connect(cast.alice)
    ack = ask(alice, model)
    told = alice.event("message.finished")["message"]
    assert told["text"] == "\nAnswer"
    stored = Message.objects.get(pk=ack["replies"][0])
    assert stored.parts == [{"kind": "thought", "text": "First a.\n"}, {"kind": "text", "text": "\nAnswer"}]
    vendor.next_request()
    ask(alice, model, "And?", conversation=ack["conversation"], parent=ack["replies"][0])
    assert vendor.next_request().json["messages"][1] == {"role": "assistant", "content": "\nAnswer"}


def test_what_the_vendor_counts_never_costs_a_word(
    cast: Cast, model: LanguageModel, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = checkpoints._end_row

    def end_row(message: Message, reply: Any, outcome: Outcome, html: str) -> None:
        if outcome.usage.input_tokens is not None:
            raise DataError("integer out of range")
        real(message, reply, outcome, html)

    monkeypatch.setattr(checkpoints, "_end_row", end_row)
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    said = alice.event("message.finished")["message"]["text"]
    stored = Message.objects.get(pk=reply)
    assert (stored.status, stored.text, stored.input_tokens) == ("complete", said, None)
    assert said


GEMINI_BLOCKS = {
    "the question": [event({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}})],
    "the answer": [gemini_end("SAFETY")],
    "the rest of the answer": [gemini_event("Hel"), gemini_end("SAFETY")],
}


@pytest.mark.parametrize("name", GEMINI_BLOCKS)
def test_what_the_vendors_rules_block_says_so(cast: Cast, vendor: FakeVendor, connect: Connect, name: str) -> None:
    vendor.play(GEMINI_BLOCKS[name])
    alice = connect(cast.alice)
    ask(alice, serve(vendor, "gemini"))
    told = alice.event("message.finished")["message"]
    text = "Hel" if name == "the rest of the answer" else ""
    assert (told["status"], told["finish_reason"], told["text"]) == ("complete", "blocked", text)
    assert ("refusal" in [part["kind"] for part in told["parts"]]) == (not text)


def test_a_vendor_that_is_not_there_fails_in_words(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, settings: Any
) -> None:
    settings.CHATSITE_PRIVATE_HOSTS = frozenset()
    alice = connect(cast.alice)
    ask(alice, model)
    error = alice.event("message.finished")["message"]["error"]
    assert error["code"] == "vendor_down"
    assert "CHATSITE_PRIVATE_HOSTS" in error["text"]
    assert vendor.requests == []


def test_a_model_that_lost_its_key_meanwhile_fails_in_words(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    alice = connect(cast.alice)
    first = ask(alice, model)
    alice.event("message.delta")
    ask(alice, model, "two", conversation=first["conversation"], parent=first["replies"][0])
    ApiKey.objects.all().delete()
    vendor.gate.set()
    assert alice.event("message.finished")["message"]["status"] == "complete"
    last = alice.event("message.finished")["message"]
    assert (last["status"], last["error"]["code"]) == ("failed", "no_model")


def test_after_a_failure_the_next_question_is_answered(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([413, b"{}"])
    alice = connect(cast.alice)
    first = ask(alice, model, "one")
    assert alice.event("message.finished")["message"]["status"] == "failed"
    ask(alice, model, "two", conversation=first["conversation"], parent=first["replies"][0])
    assert alice.event("message.finished")["message"]["status"] == "complete"
    assert [turn["content"] for turn in vendor.requests[1].json["messages"]] == ["one\n\ntwo"]


# --- The process ends first ----------------------------------------------------------------------------------------


@pytest.fixture
def left_behind(cast: Cast) -> Callable[..., Message]:
    """Return a function that creates a reply as a killed process leaves it."""
    conversation = Conversation.objects.create(owner=cast.alice)

    def leave(**fields: Any) -> Message:
        given = {"role": "assistant", "status": "streaming", "owner": "an earlier boot", "heartbeat": timezone.now()}
        return Message.objects.create(
            conversation=conversation, author=cast.alice, revision=conversation.advance(1), **{**given, **fields}
        )

    return leave


def test_replies_of_an_earlier_boot_are_ended_at_the_start(left_behind: Callable[..., Message]) -> None:
    spoken = left_behind(text="**Hel", seq=3, parts=[{"kind": "text", "text": "**Hel"}])
    silent = left_behind(status="waiting")
    stopped = left_behind(text="Hel", seq=1, stop_requested=True)
    mine = left_behind(owner=BOOT_ID)
    ended = left_behind(text="Hello", status="complete")
    before = Conversation.objects.get().revision
    recovery.end_replies_of_earlier_boots()
    for message, status, code in (
        (spoken, "interrupted", "server_restarted"),
        (silent, "failed", "server_restarted"),
        (stopped, "stopped", ""),
        (mine, "streaming", ""),
        (ended, "complete", ""),
    ):
        text = message.text
        message.refresh_from_db()
        assert (message.status, message.error_code, message.text) == (status, code, text)
        assert bool(message.html) == (message is spoken or message is stopped)
    revisions = [message.revision for message in (spoken, silent, stopped)]
    assert revisions == [before + 1, before + 3, before + 5]
    assert Conversation.objects.get().revision == before + 6
    recovery.end_replies_of_earlier_boots()
    assert Conversation.objects.get().revision == before + 6
    Message.objects.filter(pk=mine.pk).delete()


def test_a_reply_without_a_heartbeat_is_ended_in_sight(
    cast: Cast, connect: Connect, left_behind: Callable[..., Message]
) -> None:
    alice = connect(cast.alice)
    reply = left_behind(text="Hel", seq=2, heartbeat=timezone.now() - timedelta(seconds=4))
    assert alice.ask("conversation.open", conversation=reply.conversation_id)["streaming"][0]["text"] == "Hel"
    told = alice.event("message.finished")["message"]
    assert (told["id"], told["status"], told["text"]) == (str(reply.pk), "interrupted", "Hel")


def test_a_reply_dies_only_if_it_stays_silent_while_the_database_takes_writes(
    left_behind: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(recovery.time, "monotonic", lambda: now[0])
    long_ago = timezone.now() - timedelta(seconds=6)
    dead, slow = left_behind(text="Hel", seq=1, heartbeat=long_ago), left_behind(text="Hel", seq=1, heartbeat=long_ago)
    looks = []
    for beat in (long_ago, long_ago + timedelta(milliseconds=1), timezone.now()):
        Message.objects.filter(pk=slow.pk).update(heartbeat=beat)
        sweeper.go_round()
        now[0] += sweeper.SILENT_SECONDS
        looks.append([Message.objects.get(pk=reply.pk).status for reply in (dead, slow)])
    assert looks == [["streaming"] * 2, ["interrupted", "streaming"], ["interrupted", "streaming"]]


def test_replies_under_way_are_written_between_the_ends_of_others(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    now, written = [0.0], []
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: now[0])
    conversation = Conversation.objects.create(owner=cast.alice)
    lives = [LiveReply(uuid7(), conversation.pk, 1) for _ in range(25)]
    monkeypatch.setattr(hub, "replies", {live.id: live for live in lives})
    monkeypatch.setattr(checkpoints, "_write_batch", lambda batch: written.append([live.id for live in batch]))
    monkeypatch.setattr(checkpoints, "_write_end", lambda _: now.__setitem__(0, now[0] + 0.08))
    writer = checkpoints.Writer()
    for live in lives[:24]:
        writer.end(live, Outcome(Status.COMPLETE), "")
    writer._write_endings()
    assert lives[24].id in written[0], "behind the first ten of 24 ends it was due"


def test_ends_that_cannot_be_stored_with_others_are_stored_alone(
    cast: Cast, left_behind: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of many is broken, one has a ledger's row that cannot be written, one was ended by another process."""
    rows = [left_behind() for _ in range(5)]
    checkpoints.end(rows[3], 1, Outcome(Status.INTERRUPTED), "", text="by another")
    paid: list[str] = []
    writer = checkpoints.Writer()
    for number, row in enumerate(rows):
        live = LiveReply(row.pk, row.conversation_id, row.attempt)
        live.owed = [(lambda: 1 / 0) if number == 2 else partial(paid.append, f"row {number}")]
        monkeypatch.setitem(hub.replies, live.id, live)
        writer.end(live, Outcome(Status.COMPLETE, error_text="x" * 101 if number == 1 else ""), "")
    monkeypatch.setattr(checkpoints, "end", _refusing(checkpoints.end))
    writer._write_endings()
    ended = {row.pk: row.status for row in Message.objects.filter(role="assistant")}
    assert [ended[row.pk] for row in rows] == ["complete", "complete", "complete", "interrupted", "complete"]
    assert {"row 0", "row 1", "row 3", "row 4"} <= set(paid)


def _refusing(end: Callable[..., None]) -> Callable[..., None]:
    """Return a writer of ends that cannot store a long text."""

    def refusing(message: Message, attempt: int, outcome: Outcome, *more: Any, **said: Any) -> None:
        end(message, attempt, outcome, *more, **said)
        if len(outcome.error_text) > 100:
            raise DataError

    return refusing


# --- Another writer ends first -------------------------------------------------------------------------------------


def test_only_one_end_is_written(left_behind: Callable[..., Message]) -> None:
    reply = left_behind()
    with transaction.atomic():
        checkpoints.end(reply, reply.attempt, Outcome(Status.STOPPED), "", text="first")
    revision = Conversation.objects.get().revision
    with pytest.raises(AlreadyEnded), transaction.atomic():
        checkpoints.end(reply, reply.attempt, Outcome(Status.COMPLETE), "", text="second")
    reply.refresh_from_db()
    assert (reply.status, reply.text) == ("stopped", "first")
    assert Conversation.objects.get().revision == revision


def test_who_finds_their_reply_ended_hangs_up_and_leaves_it_as_it_is(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate])
    alice = connect(cast.alice)
    reply = Message.objects.get(pk=ask(alice, model)["replies"][0])
    alice.event("message.delta")
    live = hub.replies[reply.pk]
    with transaction.atomic():
        checkpoints.end(reply, reply.attempt, Outcome(Status.INTERRUPTED), "", text="by another")
    assert vendor.requests[0].hung_up.wait(5)
    until(lambda: reply.pk not in hub.replies)
    assert live.lost
    reply.refresh_from_db()
    assert (reply.status, reply.text) == ("interrupted", "by another")
    alice.ask("ping")
    assert [frame["type"] for frame in alice.frames].count("message.finished") == 1


def test_a_stop_that_another_process_noted_is_obeyed(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate])
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    alice.event("message.delta")
    Message.objects.filter(pk=reply).update(stop_requested=True)
    told = alice.event("message.finished")["message"]
    assert (told["status"], told["text"]) == ("stopped", "Hel")


def test_words_reach_the_row_while_the_vendor_still_talks(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    until(lambda: Message.objects.filter(pk=reply, text="Hel", seq=1, status="streaming", owner=BOOT_ID).exists(), 3)
    vendor.gate.set()
    assert alice.event("message.finished")["message"]["text"] == "Hello"


# --- The database is busy ------------------------------------------------------------------------------------------


class OtherWriter:
    """Another connection, which can block all other writers."""

    def __init__(self) -> None:
        self.has_lock = False
        self._connection = connection.copy()
        self._connection.inc_thread_sharing()

    def lock(self, seconds: float) -> None:
        """Take the one write lock of SQLite, or of PostgreSQL the table that every write touches, for so long."""
        if connection.vendor == "sqlite":
            self._execute("BEGIN IMMEDIATE")
        else:
            self._execute("BEGIN")
            self._execute("LOCK TABLE conversations_conversation, conversations_message IN SHARE MODE")
        self.has_lock = True
        threading.Timer(seconds, self.unlock).start()

    def unlock(self) -> None:
        self.has_lock = False
        self._execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def _execute(self, words: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(words)


@pytest.fixture
def other_writer(site: str) -> Iterator[OtherWriter]:
    other = OtherWriter()
    yield other
    other.close()


def test_a_locked_database_delays_the_end_and_loses_nothing(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, other_writer: OtherWriter
) -> None:
    words = [f"word{number} " for number in range(20)]
    vendor.play([200, openai_event("first "), vendor.gate, *map(openai_event, words), openai_end()])
    alice = connect(cast.alice)
    reply = ask(alice, model)["replies"][0]
    alice.event("message.delta", seq=1)
    other_writer.lock(1.2)
    vendor.gate.set()
    heard = ["first "]
    while "".join(heard) != "first " + "".join(words):
        heard.append(alice.event("message.delta", message=reply)["text"])
    assert other_writer.has_lock, "every word came while nobody could write"
    told = alice.event("message.finished")["message"]
    assert not other_writer.has_lock
    assert told["text"] == "".join(heard)
    assert Message.objects.get(pk=UUID(reply)).text == told["text"]


def test_a_question_asked_of_a_locked_database_is_acked_after_the_lock(
    cast: Cast, model: LanguageModel, connect: Connect, other_writer: OtherWriter
) -> None:
    alice = connect(cast.alice)
    other_writer.lock(1)
    ack = ask(alice, model)
    assert not other_writer.has_lock
    assert Message.objects.filter(pk=ack["message"]).exists()
    assert alice.event("message.finished")["message"]["status"] == "complete"


# --- What is left of it ----------------------------------------------------------------------------------------------


def test_replies_leave_no_threads_behind(
    connect: Connect, cast: Cast, model: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conversations.workers.thread_pool.IDLE_SECONDS", 0.1)
    socket = connect(cast.alice)
    for _ in range(5):
        ask(socket, model)
    for _ in range(5):
        socket.event("message.finished")
    until(lambda: not [thread for thread in threading.enumerate() if thread.name == "reply"])
