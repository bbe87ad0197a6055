"""Fixtures of the tests of imports: a file is brought without any thread."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conversations.imports import run
from conversations.live import hub
from conversations.live.viewer_events import Event
from conversations.models import (
    Conversation,
    ConversationImport,
    Message,
    User,
)

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
