"""A person who is removed, made a reader, or loses a conversation to another audience writes nothing there.

An act is held up between the access check and its first write. Meanwhile another person takes the right away. Either
that person's act waits for the first one, or the first one is refused: nothing is written after it.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction

from conversations import actions
from conversations.errors import NotFound
from conversations.models import Conversation, Message
from conversations.protocol import commands, parsing
from providers.endpoints import keys
from providers.models import Endpoint, LanguageModel
from tests.conftest import Cast
from tests.conversations.calling import say
from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor

_WRITES = ("INSERT", "UPDATE", "DELETE")


@pytest.fixture
def shared(cast: Cast, model: LanguageModel, site: str) -> Iterator[Conversation]:
    """Create a conversation of the team, begun by Bob, with a question and two replies, one of them stopped."""
    conversation = Conversation.objects.create(owner=cast.bob, team=cast.team, model=model)
    question = say(conversation, "Hi", author=cast.bob, parts=[{"kind": "text", "text": "Hi"}])
    reply = {"role": "assistant", "author": cast.bob, "model": model, "parent": question, "text": "Hello"}
    say(conversation, **reply, parts=[{"kind": "text", "text": "Hello"}])
    return conversation


def command(type_: str, **fields: Any) -> commands.Command:
    frame = {"type": type_, "id": "one", **{name: str(value) for name, value in fields.items()}}
    if type_ == "message.send":
        frame.setdefault("conversation", None)  # type: ignore[arg-type]
    return parsing.parse(frame)


Act = Callable[[Cast, Conversation], object]
ACTS: dict[str, Act] = {
    "send": lambda cast, shared: actions.post_message(
        cast.bob, command("message.send", conversation=shared.id, text="More"), shared.id
    ),
    "begin": lambda cast, shared: actions.post_message(
        cast.bob, command("message.send", team=cast.team.id, text="New"), actions.new_conversation_id()
    ),
    "edit": lambda cast, shared: actions.edit_message(
        cast.bob, command("message.edit", message=shared.messages.get(role="user").id, text="Ho")
    ),
    "retry": lambda cast, shared: actions.retry_reply(
        cast.bob, command("reply.retry", message=shared.messages.get(role="assistant").id)
    ),
    "fork": lambda cast, shared: actions.fork_conversation(
        cast.bob, command("conversation.fork", message=shared.messages.get(role="assistant").id)
    ),
    "rename": lambda cast, shared: actions.change_conversation(cast.bob, shared.id, title="Mine"),
    "move": lambda cast, shared: actions.move_conversation(cast.bob, shared.id, None),
    "delete": lambda cast, shared: actions.delete_conversation(cast.bob, shared.id),
    "share": lambda cast, shared: actions.share_conversation(
        cast.bob, shared.id, shared.messages.get(role="assistant").id, days=1, pass_phrase=""
    ),
}
LOSSES: dict[str, Act] = {
    "removed": lambda cast, shared: actions.remove_member(cast.alice, cast.team.id, cast.bob.id),
    "made a reader": lambda cast, shared: actions.change_role(cast.alice, cast.team.id, cast.bob.id, "reader"),
    "moved away": lambda cast, shared: _move(cast, shared),
}
HARMLESS = {("fork", "made a reader"), ("begin", "moved away")}
"""Acts that are allowed all the same afterwards."""


def _move(cast: Cast, shared: Conversation) -> None:
    """Move the conversation to another team, of which Bob is no member."""
    others = actions.create_team(cast.alice, "Others")
    actions.move_conversation(cast.alice, shared.id, others.id)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("act", ACTS)
def test_nothing_lands_behind_the_loss_of_the_right_to_it(
    cast: Cast, shared: Conversation, vendor: FakeVendor, act: str, loss: str
) -> None:
    judged, go = threading.Event(), threading.Event()

    def hold(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if sql.startswith(_WRITES) and not judged.is_set():
            judged.set()
            assert go.wait(10)
        return execute(sql, *rest)

    def acting() -> str:
        try:
            with connection.execute_wrapper(hold):
                ACTS[act](cast, shared)
            return "done"
        except NotFound:
            return "refused"
        finally:
            connections.close_all()

    def losing() -> None:
        try:
            LOSSES[loss](cast, shared)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        acted = pool.submit(acting)
        assert judged.wait(10)
        lost = pool.submit(losing)
        until(lambda: lost.done() or _somebody_waits())
        was_lost_before = lost.done()
        go.set()
        outcome = acted.result(10)
        _outcome_of(lost.exception(10), act)
    assert (was_lost_before, outcome) != (True, "done") or (act, loss) in HARMLESS
    until(lambda: not Message.objects.under_way().exists())


@pytest.mark.parametrize("act", ["arrange", "read"])
def test_what_readers_note_does_not_keep_a_conversation_from_its_end(
    cast: Cast, shared: Conversation, act: str
) -> None:
    """Rita notes something between the steps of the deletion: it is done, or the conversation is gone for her."""
    deleting, go = threading.Event(), threading.Event()

    def hold(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if sql.startswith('DELETE FROM "conversations_message"'):
            deleting.set()
            assert go.wait(10)
        return execute(sql, *rest)

    def end() -> None:
        try:
            with connection.execute_wrapper(hold):
                actions.end_conversation(cast.alice, shared.pk)
        finally:
            connections.close_all()

    def note() -> None:
        try:
            if act == "read":
                actions.mark_read(cast.rita, shared.pk, 1)
            else:
                actions.arrange_conversation(cast.rita, shared.pk, pinned=True)
        except NotFound:
            return
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        ended = pool.submit(end)
        assert deleting.wait(10)
        noted = pool.submit(note)
        until(lambda: noted.done() or _somebody_waits())
        go.set()
        assert (ended.exception(10), noted.exception(10)) == (None, None)
    assert not Conversation.objects.filter(pk=shared.pk).exists()


def test_a_reply_that_waits_for_the_lock_of_a_deletion_is_not_begun(
    cast: Cast, shared: Conversation, vendor: FakeVendor
) -> None:
    def retry() -> None:
        try:
            ACTS["retry"](cast, shared)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            actions.delete_conversation(cast.alice, shared.id)
            retried = pool.submit(retry)
            until(_somebody_waits)
        assert isinstance(retried.exception(10), NotFound)
    assert shared.messages.count() == 2


def _somebody_waits() -> bool:
    """Return whether a transaction waits for a lock; SQLite has one lock for all writers."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def _outcome_of(error: BaseException | None, act: str) -> None:
    """Check an act that came second: it succeeded, or its row had been moved or deleted before."""
    assert error is None or (isinstance(error, NotFound) and act in ("move", "delete"))


def test_of_two_who_store_the_same_key_at_once_one_does(cast: Cast, model: LanguageModel) -> None:
    endpoint, together = Endpoint.objects.get(), threading.Barrier(2)

    def add(_: int) -> bool:
        together.wait()
        try:
            keys.add_key(endpoint, "sk-test-at-once-0123456789", by=cast.alice)
        except ValidationError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(add, range(2))) == [False, True]
    assert endpoint.keys.count() == 2
