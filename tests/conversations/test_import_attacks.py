"""Hostile files: each costs its own import alone, and no reader is kept busy."""

import io
import json
from typing import Any

import pytest

from conversations.files import storage
from conversations.imports import json_items, upload, writing
from conversations.models import (
    Conversation,
    File,
    Message,
    User,
)
from tests.conversations.import_samples import (
    CHATGPT_ZIP,
    CLAUDE,
    zipped,
)
from tests.conversations.importing import Bring, alice, bring, heard, kinds, thread

__all__ = ["alice", "bring", "heard"]


def claude(*messages: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"uuid": "x", "name": "x", "chat_messages": list(messages), **more}]


def under(key: str, parent: str) -> dict[str, Any]:
    return {"uuid": key, "parent_message_uuid": parent, "text": "words"}


DEEP: Any = {}
for _ in range(json_items.MAX_DEPTH + 10):
    DEEP = {"a": DEEP}


def reply(parent: str, text: str = "", recipient: str = "all", **metadata: Any) -> dict[str, Any]:
    content = {"content_type": "text", "parts": [text]}
    told = {"author": {"role": "assistant"}, "content": content, "recipient": recipient, "metadata": metadata}
    return {"parent": parent, "message": told}


def chatsite(key: str, **reply: Any) -> dict[str, Any]:
    return {"format": "chatsite", "id": key, "messages": [{"id": "1", "role": "assistant", **reply}]}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (claude(under("1", "2"), under("2", "1")), "broken"),
        (claude(under("1", "0"), under("1", "0")), "broken"),
        (claude(), "empty"),
        (claude(DEEP), "too_deep"),
        (b'[{"children": %s},' % (b"[" * json_items.MAX_TREE_DEPTH + b"]" * json_items.MAX_TREE_DEPTH), "too_deep"),
        (b'[{"children": [1 2], "a": %s},' % (b"[" * 700 + b"]" * 700), "broken"),
        (claude({"uuid": "1", "content": [{"type": "text", "text": "x" * 2**20}] * 5}), "too_long"),
        ([{"mapping": {"1": reply("", json.dumps(DEEP), "a tool")}}], "too_deep"),
        ([{"mapping": {"1": reply("2"), "2": reply("1")}}], "broken"),
        ([{"title": "\ud800\0", "default_model_slug": {}}], "broken"),
        (b'[{"chat_messages": [{"uuid": "1", "text": "\\ud800', "broken"),
    ],
)  # fmt: skip
def test_b21_a_conversation_that_cannot_be_is_listed_and_does_not_come(bring: Bring, content: Any, reason: str) -> None:
    batch = bring(
        [*content, *CLAUDE]
        if isinstance(content, list)
        else content + json.dumps(CLAUDE).encode()[1:]
        if content.endswith(b",")
        else content.replace(b"[", json.dumps(CLAUDE).encode()[:-1] + b",", 1)
    )
    assert set(batch.items.filter(outcome="skipped").values_list("reason", flat=True)) == {reason}
    assert batch.imported == 1, "the others come"


DAMAGED = zipped(conversations__json=CLAUDE).replace(b"conversations.json", b"conversations.json\xff\xff", 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 not a zip", "broken"),
        (b"%PDF-1.7", "unknown_format"),
        (b'{"a": 1}', "unknown_format"),
        (b"[1, 2, 3]", "unknown_format"),
        (zipped(notes__txt=b"x"), "unknown_format"),
        (zipped(conversations__json=b" " * 50_000_000), "too_long"),
        (DAMAGED, "broken"),
    ],
)
def test_b21_a_file_that_is_no_export_is_refused(bring: Bring, content: bytes, reason: str) -> None:
    batch = bring(content)
    assert (batch.status, batch.problem) == ("failed", reason)
    assert not batch.path.exists()


def test_b21_no_field_of_a_file_reaches_more_than_its_own_row(bring: Bring, alice: User) -> None:
    """Foreign owners, ids, times to come, HTML, vendors' parts, paths: taken as words, or not at all."""
    bob = User.objects.create_user("bob")
    secret = storage.store(bob, "secret.txt", "text/plain", b"secret")
    theirs = Conversation.objects.create(owner=bob, title="Theirs")
    raw = {
        "format": "chatsite", "version": 1, "exported_by": "alice", "id": str(theirs.pk), "title": "<script>",
        "owner": "bob",
        "owner_id": str(bob.pk), "team": "Crew", "created_at": "2999-01-01T00:00:00Z", "parameters": {"raw": {"x": 1}},
        "messages": [
            {"id": "1", "role": "user", "author": "bob", "text": "Hi\x00", "created_at": "2999-01-01T00:00:00Z",
             "is_staff": True, "parts": [{"kind": "file", "file": str(secret.pk)}, {"kind": "file", "file": "f"}],
             "files": [{"id": "f", "name": "../../etc/passwd", "path": "../../../etc/passwd"}]},
            {"id": "2", "parent": "1", "role": "assistant", "status": "streaming",
             "usage": {"input_tokens": 2**70, "cost": -1},
             "parts": [{"kind": "text", "text": "a", "vendor": {"wire": "gemini"}}, {"kind": "<b>"}, {"kind": ["x"]}]},
        ],
    }  # fmt: skip
    bring(zipped(chatsite__json={}, conversations___x__json=raw))
    made = Conversation.objects.get(owner=alice)
    assert (made.team, made.parameters, made.title) == (None, {}, "<script>")
    assert made.created_at.year < 2999
    question, reply = thread(made)
    assert (question.author, question.author_name, question.text) == (None, "bob (imported)", "Hi\ufffd")
    assert not question.files.exists()
    assert question.parts[0] == {"kind": "file", "name": ""}
    assert question.created_at.year < 2999
    assert (reply.status, reply.input_tokens, reply.cost) == ("interrupted", None, None)
    assert "vendor" not in reply.parts[0]
    assert kinds(reply) == ["text", "unknown", "unknown"]
    assert Conversation.objects.get(pk=theirs.pk).messages.count() == 0


def test_b21_what_no_database_takes_and_types_that_no_reader_foresees_cost_nothing_else(bring: Bring) -> None:
    """Lone surrogates, NUL and infinity within arguments; lists and objects in place of words."""
    asked: Any = {"a\0": ["\ud800", {"b": "\0"}], "c": float("nan"), "d": "1e999"}
    called = [{"kind": "call", "name": "f", "arguments": asked}, {"kind": "call_result", "response": asked}]
    left = [{"parameter": "x\ud800", "sent": ["\0"]}, 1]
    odd = [{"kind": ["text"]}, {"kind": "code_result", "outcome": {}}, {"kind": "image", "file": None}]
    content = [
        chatsite("1", parts=called, left_out=left),
        chatsite("2", parts=odd, files=[{"id": None, "data": 1}], usage=[], status=[], finish_reason={}),
        {"chat": {"messages": [{"role": "assistant", "content": f'<details type="reasoning" duration="{"9" * 5000}">'
                                                                "<summary>S</summary>\n> Hm.\n</details>\nSo."}]}},
        {"mapping": {"1": reply("", "x"), "2": {"message": {"content": {"content_type": []}, "author": {"role": []}}}}},
    ]  # fmt: skip
    batch = bring(json.dumps(content).replace('"1e999"', "1e999").encode())
    assert (batch.status, batch.imported) == ("done", 4), list(batch.items.values())
    kept = {"a\ufffd": ["\ufffd", {"b": "\ufffd"}], "c": None, "d": None}
    first = Message.objects.order_by("id")[0]
    assert [part.get("arguments", part.get("response")) for part in first.parts] == [kept, kept]
    assert first.left_out == [{"parameter": "x\ufffd", "sent": ["\ufffd"]}]
    thought = Message.objects.get(text="So.")
    assert (thought.thought, kinds(thought)) == ("Hm.", ["thought", "text"])


def test_b21_words_that_would_keep_a_reader_busy_for_hours_are_read_at_once(bring: Bring) -> None:
    """Folds and blanks without an end, links that grow, and long ways through what is hidden."""
    folds = ['<details type="x">' * 20_000, '<details type="x">' + " " * 300_000, '<details type="x"' * 20_000]
    marks = {"\ue200a\ue201": "x", "\ue200": "\ue200"}
    links = [{"matched_text": mark, "alt": character * 10_000} for mark, character in marks.items()]
    hidden = {f"h{place}": {"parent": f"h{place - 1}"} for place in range(50_000)}
    far = {str(place): reply("h49999", "x") for place in range(2_000)}
    batch = bring(
        [
            *({"id": len(fold), "chat": {"messages": [{"role": "assistant", "content": fold}]}} for fold in folds),
            {"id": "links", "mapping": {"1": reply("", "\ue200a\ue201" * 1_000 + "\ue200", content_references=links)}},
            {"id": "ways", "mapping": {**hidden, **far}},
        ]
    )  # fmt: skip
    assert (batch.status, batch.imported) == ("done", 5)
    assert max(map(len, Message.objects.values_list("text", flat=True))) <= 2**20 + 1
    assert set(Message.objects.filter(text="x").values_list("parent", flat=True)) == {None}


def test_b21_a_file_that_is_named_very_often_is_not_unpacked_each_time(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MAX_FILES", 2)
    named = claude({"uuid": "1", "text": "Look", "files": [{"file_name": "a.txt"}] * 5})
    assert bring(zipped(conversations__json=named, a__txt=b"words")).items.get().reason == "without_files"
    assert File.objects.count() == 2


def test_b21_a_zip_with_very_many_entries_is_refused_before_they_are_listed(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "MAX_LIST_BYTES", 50)
    assert bring(CHATGPT_ZIP).problem == "too_long"


def test_a_long_document_is_read_item_by_item_across_any_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strings with brackets, quotes and escapes, cut at every byte."""
    told = [{"a": 'x"}]{\\', "b": [{"c": "中\\\\"}]}, {}, {"d": 1}]
    document = b"\xef\xbb\xbf \n" + json.dumps(told, ensure_ascii=False).encode()
    for size in range(1, len(document)):
        monkeypatch.setattr(json_items, "CHUNK", max(size, 6))
        assert list(json_items.items(io.BytesIO(document))) == told


def test_an_item_beyond_the_bound_is_told_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_items, "MAX_ITEM_BYTES", 100)
    monkeypatch.setattr(json_items, "MAX_COMMAS", 10)
    monkeypatch.setattr(json_items, "CHUNK", 64)
    document = json.dumps([{"a": "x" * 1000}, {"a": [1] * 20}, {"b": 1}]).encode()
    *long, fine = json_items.items(io.BytesIO(document))
    assert [getattr(one, "reason", "") for one in long] == ["too_long", "too_long"]
    assert fine == {"b": 1}
