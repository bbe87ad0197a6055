"""The work of an import: in pieces, begun again after a kill, one process at a time, nothing left lying."""

import json
import os
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from conversations.errors import NotFound, Refused
from conversations.imports import jobs, receiving, run
from conversations.models import (
    Conversation,
    ConversationImport,
    File,
    Message,
    User,
)
from conversations.models.personal.conversation_import import KEPT, SILENT
from tests.conversations.import_samples import (
    CHATGPT_ZIP,
    CLAUDE,
    LIBRECHAT,
    NEXTCHAT,
    OPEN_WEBUI,
)
from tests.conversations.importing import Bring, alice, bring, heard, start

__all__ = ["alice", "bring", "heard"]


def test_a_large_file_comes_in_pieces_each_kept_once(
    alice: User, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHATSITE_DATA = tmp_path
    begun: list[ConversationImport] = []
    monkeypatch.setattr(jobs, "_submit", begun.append)
    content = json.dumps(CLAUDE).encode()
    receiving.begin(alice, "given up.json", 10)
    other = receiving.begin(alice, "claude.json", len(content))
    receiving.add_piece(alice, other.pk, 0, b"{" * 60)
    batch = receiving.begin(alice, "folder/claude.json", len(content))
    assert list(alice.imports.all()) == [batch], "one at a time"
    add = partial(receiving.add_piece, alice, batch.pk)
    assert add(0, content[:40]) == 40, "another file of that name and size begins anew"
    assert receiving.begin(alice, "claude.json", len(content)) == batch, "after a reload"
    assert [add(0, content[:40]), add(40, content[40:50]), add(80, content[80:])] == [40, 50, 50]
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
