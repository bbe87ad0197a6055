"""The hub gives its viewers events, encoded once for all websockets and read as values by anything else."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from queue import SimpleQueue
from typing import Any, TypeVar
from uuid import UUID

import pytest

from conversations.connections import frames
from conversations.live import Subscription, Viewer, hub
from conversations.live.viewer_events import DeltaEvent, Event, ViewerEvent
from conversations.live.viewers import MAX_SOCKETS
from conversations.models import User
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.calling import Api
from tests.fake_vendor import FakeVendor
from tests.sockets import PATIENCE, Socket
from tests.vendor_replies import openai_end, openai_event

Connect = Callable[..., Socket]
Arrive = Callable[[User], "Reader"]
T = TypeVar("T")
SOCKETS = 12


class Reader:
    """A viewer that is no websocket: it keeps the values that it is given, for whoever reads them."""

    credential = None

    def __init__(self, person: User) -> None:
        self.user_id, self.person_name = person.id, person.name
        self._told: SimpleQueue[ViewerEvent | str] = SimpleQueue()

    def push(self, event: ViewerEvent) -> None:
        self._told.put(event)

    def sign_out(self) -> None:
        hub.subscriptions.remove_viewer(self)
        self._told.put("signed out")

    def close_oldest(self) -> None:
        self._told.put("one too many")

    def next(self) -> ViewerEvent | str:
        return self._told.get(timeout=PATIENCE)

    def read(self, until: Callable[[ViewerEvent | str], bool]) -> list[ViewerEvent | str]:
        """Everything up to the first for which `until` is true."""
        read = [self.next()]
        while not until(read[-1]):
            read.append(self.next())
        return read


def on_loop(work: Coroutine[Any, Any, T]) -> T:
    assert hub.loop is not None
    return asyncio.run_coroutine_threadsafe(work, hub.loop).result(PATIENCE)


async def subscribe(viewer: Viewer, conversation: UUID, html: bool = False) -> Subscription:
    viewing = hub.subscribe(viewer, conversation, html)
    await hub.following(conversation)
    return viewing


def watch(viewer: Viewer, conversation: UUID, html: bool = False) -> None:
    """Look at a conversation in which nothing has happened yet."""

    async def look() -> None:
        hub.flush_buffer(await subscribe(viewer, conversation, html), 0, {})

    on_loop(look())


def is_kind(kind: str) -> Callable[[ViewerEvent | str], bool]:
    return lambda event: isinstance(event, Event) and event.payload["type"] == kind


@pytest.fixture
def arrive(site: str) -> Iterator[Callable[[User], Reader]]:
    """Let a reader of this person in, who is told everything from then on."""
    readers: list[Reader] = []

    async def enter(person: User) -> Reader:
        readers.append(Reader(person))
        hub.subscriptions.add_viewer(readers[-1])
        return readers[-1]

    async def leave() -> None:
        for reader in readers:
            if reader in hub.subscriptions.everyone():
                hub.subscriptions.remove_viewer(reader)

    yield lambda person: on_loop(enter(person))
    on_loop(leave())


@pytest.fixture
def conversation(cast: Cast, model: LanguageModel, site: str) -> UUID:
    """One of the team, in which nothing has been said."""
    return UUID(Api(cast.alice).make(title="Ours", team=str(cast.team.id))["id"])


def ask(socket: Socket, model: LanguageModel, conversation: UUID) -> dict[str, Any]:
    ack = socket.ask("message.send", conversation=conversation, text="Hi", models=[model.id])
    assert ack["type"] == "ack", ack
    return ack


def test_a_viewer_that_is_no_websocket_reads_a_whole_reply(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, arrive: Arrive, conversation: UUID
) -> None:
    vendor.play([200, openai_event("Hel"), vendor.gate, openai_event("lo "), openai_event("**you**"), openai_end()])
    reader, alice = arrive(cast.bob), connect(cast.alice)
    watch(reader, conversation)
    ack = ask(alice, model, conversation)
    begun = reader.read(lambda event: isinstance(event, DeltaEvent))
    created = [event.payload["message"] for event in begun if is_kind("message.created")(event)]
    assert [message["role"] for message in created] == ["user", "assistant"]
    vendor.gate.set()
    rest = reader.read(is_kind("message.finished"))
    deltas = [event for event in [begun[-1], *rest] if isinstance(event, DeltaEvent)]
    assert [delta.seq for delta in deltas] == list(range(1, len(deltas) + 1))
    assert {str(delta.message) for delta in deltas} == set(ack["replies"])
    assert "".join(delta.piece.text for delta in deltas) == "Hello **you**"
    finished = rest[-1]
    assert (finished.payload["message"]["text"], finished.html) == ("Hello **you**", None)


def test_one_that_comes_late_is_told_the_words_so_far_and_then_the_rest_with_html(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, arrive: Arrive, conversation: UUID
) -> None:
    vendor.play([200, openai_event("**Hel"), vendor.gate, openai_event("lo**"), openai_end()])
    reader, alice = arrive(cast.bob), connect(cast.alice)
    reply = UUID(ask(alice, model, conversation)["replies"][0])
    alice.event("message.delta")

    async def look() -> dict[str, Any]:
        viewing = await subscribe(reader, conversation, html=True)
        so_far = await hub.snapshot_for(viewing, hub.replies[reply])
        hub.flush_buffer(viewing, 0, {so_far["message"]: so_far["seq"]})
        return so_far

    so_far = on_loop(look())
    vendor.gate.set()
    events = reader.read(is_kind("message.finished"))
    deltas = [event for event in events if isinstance(event, DeltaEvent)]
    assert so_far["text"] + "".join(delta.piece.text for delta in deltas) == "**Hello**"
    assert "<strong>Hello</strong>" in (events[-1].html or "")


@pytest.mark.parametrize("with_html", [0, SOCKETS // 2, SOCKETS])
def test_an_event_is_encoded_once_for_all_sockets(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    connect: Connect,
    conversation: UUID,
    with_html: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoded: list[ViewerEvent] = []
    encode = frames._frame

    def counting(event: ViewerEvent) -> bytes:
        encoded.append(event)
        return encode(event)

    sockets = [connect(person) for person in (cast.alice, cast.bob, cast.rita) for _ in range(SOCKETS // 3)]
    for number, socket in enumerate(sockets):
        opened = socket.ask("conversation.open", conversation=conversation, html=number < with_html)
        assert opened["type"] == "ack"
    monkeypatch.setattr(frames, "_frame", counting)
    vendor.play([200, *(openai_event(f"word {number} ") for number in range(20)), openai_end()])
    ask(sockets[0], model, conversation)
    for socket in sockets:
        socket.event("message.finished")
    heard = [told(frame) for socket in sockets for frame in socket.frames if frame["type"].startswith("message.")]
    of_messages = [event for event in encoded if isinstance(event, DeltaEvent) or "message" in event.payload]
    # A reader that is behind gets one frame for several, and two events may read the same.
    assert len(set(heard)) <= len(of_messages) < len(set(heard)) + SOCKETS / 2
    assert len(heard) >= SOCKETS * len(of_messages) / 2, "each is for all sockets with HTML, or for all without"


def told(frame: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in frame.items() if name != "_seen"})


def test_a_viewer_that_is_no_websocket_loses_what_its_person_may_not_see(
    cast: Cast, arrive: Arrive, conversation: UUID
) -> None:
    reader = arrive(cast.bob)
    watch(reader, conversation)
    cast.bob.memberships.all().delete()
    gone = reader.read(is_kind("conversation.gone"))[-1]
    assert gone.payload["conversation"] == conversation
    assert hub.subscriptions.find(reader, conversation) is None


def test_it_ends_with_its_person_s_account(cast: Cast, arrive: Arrive, conversation: UUID) -> None:
    reader = arrive(cast.bob)
    watch(reader, conversation)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    reader.read(lambda event: event == "signed out")
    assert reader not in hub.subscriptions.everyone()


def test_one_too_many_of_a_person_makes_room(cast: Cast, arrive: Arrive) -> None:
    reader = arrive(cast.bob)
    for _ in range(MAX_SOCKETS):
        arrive(cast.bob)
    assert reader.next() == "one too many"
