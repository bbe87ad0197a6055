"""Imports: what comes of each tool's file, nothing twice, nothing of anybody else, and no way for a hostile file."""

import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from conversations.errors import NotFound, Refused
from conversations.exports import archive
from conversations.files import storage
from conversations.imports import jobs, json_items, receiving, run, upload, writing
from conversations.live import hub
from conversations.live.viewer_events import Event
from conversations.models import (
    Arrangement,
    Conversation,
    ConversationImport,
    File,
    ImportItem,
    Membership,
    Message,
    Team,
    User,
)
from conversations.models.personal.conversation_import import KEPT, SILENT
from conversations.models.sidebar import archived_by
from tests.conversations.calling import say
from tests.conversations.import_samples import (
    CHATGPT_ZIP,
    CLAUDE,
    LIBRECHAT,
    NEXTCHAT,
    OPEN_WEBUI,
    png,
    zipped,
)
from tests.conversations.sharing import answer, last

Bring = Callable[..., ConversationImport]


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def bring(alice: User, settings: Any, tmp_path: Path) -> Bring:
    """Return a function that looks through a file and, unless told otherwise, imports it, without any thread."""
    settings.CHATSITE_DATA = tmp_path

    def bring(content: Any, owner: User = alice, *, starts: bool = True) -> ConversationImport:
        batch = ConversationImport(owner=owner, name="x", boot=run.BOOT_ID)
        batch.path.parent.mkdir(exist_ok=True)
        batch.path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        batch.save()
        run.work_on(batch)
        batch.refresh_from_db()
        return start(batch) if starts and batch.status == "ready" else batch

    return bring


Heard = list[Event]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """Return the events of imports that end."""
    events: Heard = []
    monkeypatch.setattr(hub, "publish", lambda *told: events.extend(one for one in told if "import" in one.payload))
    return events


def start(batch: ConversationImport) -> ConversationImport:
    batch.status = "running"
    batch.save()
    run.work_on(batch)
    batch.refresh_from_db()
    return batch


def thread(conversation: Conversation) -> list[Message]:
    return Message.objects.branch(Message.objects.leaf_for(conversation.owner, conversation))


def kinds(message: Message) -> list[str]:
    return [part["kind"] for part in message.parts]


def test_chatgpt_in_several_files_with_branches_thoughts_code_pictures_and_models(bring: Bring) -> None:
    batch = bring(CHATGPT_ZIP)
    assert (batch.status, batch.found, batch.imported, batch.skipped) == ("done", 3, 2, 1)
    first = Conversation.objects.get(title="部署 <b>plan</b>")
    question, reply, then, done = thread(first)
    assert kinds(question) == ["image", "text"]
    assert [file.name for file in question.files.all()] == ["beach.png"]
    assert kinds(reply) == ["thought", "code", "code_result", "text"]
    assert reply.text == "Two ."
    assert [message.model_name for message in (reply, done)] == ["o4-mini", "gpt-5-thinking"]
    assert then.author == first.owner
    assert first.messages.count() == 5, "the other version, too"
    assert (first.created_at.year, first.updated_at.second, reply.created_at.second) == (2025, 40, 42)
    assert done.created_at == then.created_at, "what has no time has its parent's"
    [lost] = batch.items.filter(outcome="skipped")
    assert (lost.title, lost.reason) == ("Lost", "broken")


def test_claude_with_a_pasted_text_and_a_file_that_is_not_in_the_export(bring: Bring) -> None:
    batch = bring(CLAUDE)
    question, reply = thread(Conversation.objects.get(title="Claude's"))
    assert [part.get("name") for part in question.parts] == ["pasted.txt", "gone.pdf", None]
    assert question.files.get().path.read_text() == "A long pasted text."
    assert reply.text == "Read, too."
    assert Message.objects.filter(text="Read.").get().thought == "Hm."
    assert batch.items.get().reason == "without_files"


@pytest.mark.parametrize(
    ("content", "title", "said", "model", "prompt"),
    [
        (OPEN_WEBUI, "Open WebUI's", ["15 × 17?", "255"], "deepseek-r1", ""),
        (LIBRECHAT, "LibreChat's", ["Hello", "Hey"], "GPT", "Be brief."),
        (zipped(a___one__json=LIBRECHAT), "LibreChat's", ["Hello", "Hey"], "GPT", "Be brief."),
        (NEXTCHAT, "NextChat's", ["你好", "你好！"], "gpt-4o", "Be kind."),
    ],
)
def test_the_other_tools(bring: Bring, content: Any, title: str, said: list[str], model: str, prompt: str) -> None:
    bring(content)
    found = Conversation.objects.get()
    assert (found.title, found.system_prompt) == (title, prompt)
    assert [message.text for message in thread(found)] == said
    assert thread(found)[-1].model_name == model
    assert found.owner.imports.get().status == "done"


def test_open_webuis_thoughts_and_pictures_come(bring: Bring) -> None:
    bring(OPEN_WEBUI)
    question, reply = thread(Conversation.objects.get())
    assert question.files.get().is_image
    assert reply.thought == "Ten first."
    assert reply.parts[0]["seconds"] == 3


def test_nothing_comes_twice_and_what_was_deleted_comes_again(bring: Bring) -> None:
    bring(CLAUDE)
    without_id = [{**CLAUDE[0], "uuid": None}]
    assert [bring(without_id).imported, bring(without_id).imported] == [1, 0]
    again = bring(CLAUDE)
    assert (again.found, again.imported, again.skipped) == (1, 0, 1)
    assert again.items.get().reason == "already_here"
    Conversation.objects.all().delete()
    assert bring(CLAUDE).imported == 1
    assert bring(CLAUDE, User.objects.create_user("bob")).imported == 1, "what others have imported does not count"


def test_what_a_conversation_has_gained_since_comes_once(bring: Bring) -> None:
    bring(CLAUDE)
    here = Conversation.objects.get()
    said = {message.text: message for message in here.messages.all()}
    own = say(here, "Thanks.", author=here.owner, parent=said["Read, too."])
    more = {"uuid": "m4", "sender": "human", "text": "Thanks.", "parent_message_uuid": "m2"}
    below = {"uuid": "m5", "sender": "assistant", "text": "Gladly.", "parent_message_uuid": "m4"}
    grown = [{**CLAUDE[0], "chat_messages": [*CLAUDE[0]["chat_messages"], more, below]}]
    waiting = bring(grown, starts=False)
    assert list(waiting.items.values_list("messages", "reason", "outcome")) == [(2, "grown", "new")]
    assert start(waiting).imported == 1
    assert bring(grown).imported == 0
    new = here.messages.exclude(pk__in=[own.pk, *(message.pk for message in said.values())]).order_by("pk")
    assert [(message.text, message.parent) for message in new] == [("Thanks.", said["Read."]), ("Gladly.", new[0])]
    here.refresh_from_db()
    assert [message.revision for message in new] == [here.revision - 1, here.revision]
    assert ImportItem.objects.get(conversation=here).batch == waiting
    talk = [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "您好"}]
    assert bring({"messages": talk}).items.get().reason == ""
    assert bring({"messages": [*talk, *talk]}).items.get().reason == "grown", "one without an id, too"


def test_a_large_file_comes_in_pieces_each_kept_once(
    alice: User, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHATSITE_DATA = tmp_path
    begun: list[ConversationImport] = []
    monkeypatch.setattr(jobs, "_submit", begun.append)
    content = json.dumps(CLAUDE).encode()
    receiving.begin(alice, "given up.json", 10)
    batch = receiving.begin(alice, "folder/claude.json", len(content))
    assert list(alice.imports.all()) == [batch], "one at a time"
    add = partial(receiving.add_piece, alice, batch.pk)
    assert [add(0, content[:50]), add(0, content[:50]), add(80, content[80:])] == [50, 50, 50]
    with pytest.raises(NotFound):
        receiving.add_piece(User.objects.create_user("bob"), batch.pk, 50, content[50:])
    assert add(50, content[50:] + b"more") == 50
    with transaction.atomic():
        assert add(50, content[50:]) == len(content)
    batch.refresh_from_db()
    assert (batch.name, batch.status, batch.path.read_bytes()) == ("claude.json", "checking", content)
    assert [add(50, content[50:]), add(len(content), b"!")] == [len(content)] * 2, "its answer may have been lost"
    assert batch.path.read_bytes() == content
    for size, code in ((receiving.MAX_BYTES + 1, "too_long"), (5, "busy")):
        with pytest.raises(Refused) as refused:
            receiving.begin(alice, "x", size)
        assert refused.value.code == code
    monkeypatch.setattr(receiving, "LEFT_BYTES", 2**62)
    with pytest.raises(Refused, match="no room"):
        receiving.begin(alice, "x", 5)


def test_a_dry_run_writes_nothing(bring: Bring) -> None:
    batch = bring(CHATGPT_ZIP, starts=False)
    assert (batch.status, batch.found, batch.skipped) == ("ready", 3, 1)
    assert batch.items.values_list("messages", "outcome").get(position=0) == (5, "new")
    assert not Conversation.objects.exists()
    assert not File.objects.exists()


def test_a_killed_import_goes_on_where_it_was(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = bring([{**CLAUDE[0], "uuid": str(number)} for number in range(5)], starts=False)
    bulk = Message.objects.bulk_create
    calls = iter(range(100))

    def dies(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return bulk(*args, **kwargs)

    monkeypatch.setattr(type(Message.objects), "bulk_create", lambda _, *args, **kwargs: dies(*args, **kwargs))
    with pytest.raises(KeyboardInterrupt):
        start(batch)
    batch.refresh_from_db()
    assert (batch.status, batch.imported, Conversation.objects.count()) == ("running", 3, 3)
    monkeypatch.undo()
    run.work_on(batch)
    batch.refresh_from_db()
    assert (batch.status, batch.imported, Conversation.objects.count()) == ("done", 5, 5)


def test_two_processes_do_not_work_on_one_import(bring: Bring) -> None:
    batch = bring(CLAUDE, starts=False)
    ConversationImport.objects.filter(pk=batch.pk).update(boot="another process", status="running")
    batch.status = "running"
    run.work_on(batch)
    assert not Conversation.objects.exists()


def test_files_that_wait_for_their_start_do_not_fill_the_disk(
    bring: Bring, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = bring(CLAUDE, starts=False), bring(OPEN_WEBUI, starts=False)
    monkeypatch.setattr(jobs, "_submit", Mock())
    third = jobs.receive(alice, "third.json", [b"[]"])
    assert [batch.path.exists() for batch in (first, second, third)] == [False, True, True]
    assert set(alice.imports.all()) == {second, third}


def test_an_import_that_waits_its_turn_is_not_given_up(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another person's may take minutes; only what a dead process has left counts as a try."""
    batch = bring(CLAUDE, starts=False)
    ConversationImport.objects.update(status="checking")
    monkeypatch.setattr(jobs, "_here", {batch.pk})
    for _ in range(jobs.MAX_TRIES + 2):
        ConversationImport.objects.update(alive_at=timezone.now() - 2 * SILENT)
        jobs.resume_abandoned()
    monkeypatch.setattr(jobs, "_submit", jobs._done)
    monkeypatch.setattr(run, "work_on", Mock(side_effect=OperationalError("database or disk is full")))
    jobs._done(batch)
    for _ in range(jobs.MAX_TRIES + 2):
        ConversationImport.objects.update(alive_at=timezone.now() - 2 * SILENT)
        jobs.resume_abandoned()
    batch.refresh_from_db()
    assert (batch.status, batch.tries) == ("checking", 0)
    monkeypatch.undo()
    run.work_on(batch)


def test_a_process_that_was_late_leaves_the_list_as_it_is(bring: Bring) -> None:
    batch = bring(CLAUDE, starts=False)
    listed = list(batch.items.values_list("pk", flat=True))
    batch.status = "checking"  # as it knows it
    run.work_on(batch)
    assert list(batch.items.values_list("pk", flat=True)) == listed


def test_a_file_that_nobody_starts_and_one_without_a_row_go_after_a_day(bring: Bring) -> None:
    exports = (CLAUDE, OPEN_WEBUI, NEXTCHAT, LIBRECHAT)
    waits, started, lost, failed = (bring(content, starts=False) for content in exports)
    ConversationImport.objects.filter(pk=lost.pk).delete()
    ConversationImport.objects.filter(pk=failed.pk).update(status="failed")
    jobs.remove_forgotten()
    assert all(batch.path.exists() for batch in (waits, started, lost, failed))
    yesterday = timezone.now() - KEPT
    ConversationImport.objects.filter(pk=waits.pk).update(alive_at=yesterday)
    for batch in (lost, failed):
        os.utime(batch.path, (0, yesterday.timestamp()))
    jobs.remove_forgotten()
    assert [batch.path.exists() for batch in (waits, started, lost, failed)] == [False, True, False, False]
    assert set(ConversationImport.objects.all()) == {started, failed}


# --- Hostile files ---------------------------------------------------------------------------------------------------


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


def test_what_was_a_teams_goes_to_the_team_that_its_importer_chooses(bring: Bring, alice: User, heard: Heard) -> None:
    crew, bob = Team.objects.create(name="Crew", keeps_days=30), User.objects.create_user("bob")
    Membership.objects.create(team=crew, user=alice)
    Membership.objects.create(team=crew, user=bob, role="reader")
    for title, team in (("Rivers", crew), ("Own", None)):
        made = Conversation.objects.create(owner=alice, title=title, team=team)
        old = timezone.now() - timedelta(days=400)
        say(made, "Danube", author=alice, created_at=old, parts=[{"kind": "text", "text": "Danube"}])
        Conversation.objects.filter(pk=made.pk).update(updated_at=old)
    zipped_up = b"".join(archive.pieces(alice, archive.begun_by(alice)))
    for team in (crew, None):
        Conversation.objects.all().delete()
        batch = bring(zipped_up, starts=False)
        assert set(batch.items.values_list("team", flat=True)) == {"Crew", ""}
        batch.team = crew
        assert start(batch).imported == 2
        assert dict(Conversation.objects.values_list("title", "team__name")) == {"Rivers": team and "Crew", "Own": None}
        assert heard[-1].payload == {"type": "import.ended", "import": batch.pk, "imported": 2}
        is_fresh = Conversation.objects.get(title="Rivers").updated_at > timezone.now() - timedelta(days=1)
        assert is_fresh == bool(team), "else the team's period would delete it"
        Membership.objects.filter(user=alice).delete()
    assert set(heard[0].people or ()) == {alice.pk, bob.pk}


# --- There and back --------------------------------------------------------------------------------------------------


def test_export_import_export_is_the_same_but_for_ids(bring: Bring, alice: User) -> None:
    fill(alice)
    first = b"".join(archive.pieces(alice, archive.begun_by(alice)))
    Conversation.objects.all().delete()
    File.objects.all().delete()
    assert bring(first).imported == 2
    second = b"".join(archive.pieces(alice, archive.begun_by(alice)))
    assert told_in(second) == told_in(first)
    assert [row.title for row in archived_by(alice)] == ["Plain"]
    assert Arrangement.objects.get(pinned=True).conversation.title == "Rich 中文"
    assert bring(first).imported == 0, "nothing twice"


def fill(alice: User) -> None:
    """Create a pinned thread with versions, a picture, thoughts, code, sources, a broken reply; an archived one."""
    rich = Conversation.objects.create(
        owner=alice, title="Rich 中文", system_prompt="Be brief.", parameters={"temperature": 0.5}
    )
    picture = storage.keep(alice, "red.png", png())
    question = say(rich, "Look", author=alice, parts=[storage.part_of(picture), {"kind": "text", "text": "Look"}])
    storage.attach(question, [picture])
    sources = {"kind": "citation", "sources": [{"uri": "https://example.org/", "title": "E"}],
               "supports": [{"start": 0, "end": 3, "sources": [0]}]}  # fmt: skip
    parts = [
        {"kind": "thought", "text": "Hm.", "seconds": 2.5},
        {"kind": "text", "text": "Red."},
        sources,
        {"kind": "code", "text": "1", "language": "python"},
        {"kind": "code_result", "text": "1", "outcome": "ok"},
    ]
    answer(rich, question, "Red.", parts=parts, input_tokens=5, output_tokens=7, cost=12, finish_reason="stop")
    answer(rich, question, "Rot.", status="interrupted", error_code="cut_off", parameters={"temperature": 1})
    say(rich, "And now?", author=alice, parent=last(rich), parts=[{"kind": "text", "text": "And now?"}])
    bob = User.objects.create_user("bob")
    plain = Conversation.objects.create(owner=alice, title="Plain")
    say(plain, "Hello", author=bob, parts=[{"kind": "text", "text": "Hello"}])
    Arrangement.objects.arrange(alice, rich, pinned=True)
    Arrangement.objects.arrange(alice, plain, archived=True)


def told_in(content: bytes) -> Any:
    """Return all that an export says, with ids in the order in which they come, and without times of exports."""
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        told = [
            json.loads(found.read(name))
            for name in found.namelist()
            if "conversations/" in name and name.endswith(".json")
        ]
        texts = sorted(found.read(name).decode() for name in found.namelist() if name.endswith(".md"))
        texts = [text.replace("bob (imported)", "bob") for text in texts]
        files = sorted(found.read(name) for name in found.namelist() if name.startswith("files/"))
    for conversation in told:
        numbers: dict[str, str] = {}
        text = json.dumps({**conversation, "exported_at": None}, ensure_ascii=False)
        for key in [
            conversation["id"],
            *(one["id"] for message in conversation["messages"] for one in [message, *message["files"]]),
        ]:
            text = text.replace(key, numbers.setdefault(key, f"id {len(numbers)}"))
        conversation["text"] = text
    parts = [text.replace(key, "") for text in texts for key in [text.partition("../files/")[2][:36]]]
    return sorted(conversation["text"] for conversation in told), parts, files
