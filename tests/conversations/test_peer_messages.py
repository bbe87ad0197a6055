"""The messages between processes: packets, and the mirror of a reply that another process writes."""

import asyncio
from unittest.mock import Mock
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.cluster import messages, packets
from conversations.cluster.messages import (
    EventsLost,
    PresenceRequest,
    ReplyDelta,
    ReplyEnded,
    ReplySnapshot,
    SnapshotRequest,
    StopRequest,
)
from conversations.cluster.mirror import MirroredReply
from conversations.cluster.packets import MAX_BYTES, Packets
from conversations.cluster.peers import RedisPeers
from conversations.connections.frames import frame_of
from conversations.content.parts import LivePart
from conversations.live import Hub
from conversations.live.viewer_events import Event, PrivateFields
from providers.types import Part

ONE, TWO, THREE = ((number, LivePart(f"{number} ")) for number in (1, 2, 3))


def heard(sent: list[bytes], monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return the messages that another process reads from these packets."""
    monkeypatch.setattr(packets, "_OWN", b"another")
    receiver = Packets()
    return [message for packet in sent if (message := receiver.whole(packet))]


@pytest.mark.parametrize("size", [1, 1000, MAX_BYTES - 1, MAX_BYTES, MAX_BYTES + 1, 10 * MAX_BYTES])
def test_a_message_of_any_size_arrives_whole(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Packets()
    message = bytes(number % 251 for number in range(size))
    sent = [*sender.of(message), *sender.of(b"after\nit")]
    assert max(map(len, sent)) <= MAX_BYTES
    assert heard(sent, monkeypatch) == [message, b"after\nit"]


def test_a_message_that_lost_a_packet_is_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    sender, receiver = Packets(), Packets()
    first, _, _ = sender.of(b"x" * 2 * MAX_BYTES)
    other = [*sender.of(b"y")]
    monkeypatch.setattr(packets, "_OWN", b"another")
    assert receiver.whole(first) is None
    receiver.forget()
    assert [receiver.whole(packet) for packet in other] == [b"y"]


def test_our_own_packets_come_back_and_are_ignored() -> None:
    ours = Packets()
    assert [ours.whole(packet) for packet in ours.of(b"x" * 2 * MAX_BYTES)] == [None, None, None]


PART = Part("code", "print(1)", {"language": "python"})
ID, CONVERSATION = uuid4(), uuid4()


@pytest.mark.parametrize(
    "message",
    [
        ReplyDelta(
            ID, CONVERSATION, [(1, LivePart("a", "b")), (2, LivePart(part=PART)), (3, LivePart("c", carried=(PART,)))]
        ),
        ReplySnapshot(ID, 3, [PART.to_json()]),
        SnapshotRequest(ID),
        StopRequest((ID, CONVERSATION)),
        ReplyEnded(ID),
        PresenceRequest(ID),
        EventsLost(1.5),
        Event(CONVERSATION, {"type": "x", "revision": 2}, "<p>", people=(ID,)),
        Event(CONVERSATION, {"type": "x", "revision": 2}),
        Event(CONVERSATION, {"type": "x", "message": {}}, private=PrivateFields((ID,), {"quote": "no"})),
    ],
)
def test_a_message_is_understood_as_it_was_meant(message: messages.Message) -> None:
    assert messages.from_bytes(messages.to_bytes(message)) == message


@given(st.text())
def test_text_crosses_as_it_is(text: str) -> None:
    message = ReplyDelta(ID, CONVERSATION, [(1, LivePart(text))])
    assert messages.from_bytes(messages.to_bytes(message)).pieces[0][1].text == text  # type: ignore[union-attr]


def test_the_ids_and_times_of_an_event_cross_as_they_are_sent_to_browsers() -> None:
    news = Event(CONVERSATION, {"type": "x", "conversation": CONVERSATION})
    crossed = messages.from_bytes(messages.to_bytes(news))
    assert isinstance(crossed, Event)
    assert frame_of(crossed) == frame_of(news)


def mirror() -> MirroredReply:
    return MirroredReply(ID, CONVERSATION)


def test_from_the_first_word_on_a_mirror_is_in_step() -> None:
    reply = mirror()
    reply.hear([ONE])
    reply.hear([TWO, THREE])
    assert reply.take_pending() == [ONE, TWO, THREE]
    assert (reply.snapshot().seq, reply.text(), reply.in_step.is_set()) == (3, "1 2 3 ", True)


def test_behind_a_gap_it_waits_for_the_whole() -> None:
    reply = mirror()
    reply.hear([ONE])
    reply.hear([THREE])
    assert not reply.in_step.is_set()
    assert reply.take_pending() == [ONE]
    assert reply.adopt(2, [{"kind": "text", "text": "1 2 "}])
    assert reply.take_pending() == [THREE]
    assert (reply.text(), reply.in_step.is_set()) == ("1 2 3 ", True)


def test_what_is_older_than_what_it_knows_changes_nothing() -> None:
    reply = mirror()
    reply.hear([ONE, TWO])
    assert not reply.adopt(1, [{"kind": "text", "text": "1 "}])
    reply.hear([ONE, TWO, THREE])
    assert reply.take_pending() == [ONE, TWO, THREE]
    assert reply.text() == "1 2 3 "


def test_a_whole_that_ends_before_the_gap_leaves_it_waiting() -> None:
    reply = mirror()
    reply.hear([THREE])
    assert reply.adopt(1, [{"kind": "text", "text": "1 "}])
    assert not reply.in_step.is_set()
    assert reply.adopt(2, [{"kind": "text", "text": "1 2 "}])
    assert reply.take_pending() == [THREE]


def test_who_waits_for_it_is_woken() -> None:
    async def wait() -> None:
        reply = mirror()
        asyncio.get_running_loop().call_soon(reply.adopt, 1, [{"kind": "text", "text": "1 "}])
        await asyncio.wait_for(reply.in_step.wait(), 5)

    asyncio.run(wait())


def test_what_follows_an_end_waits_with_it_for_its_last_words() -> None:
    """Else a reader of another process gets a later revision first, and opens the conversation again."""
    hub, told = Hub(), list[object]()
    reader = Mock(user_id=uuid4(), person_name="Bob", credential=None, is_behind=False)
    reader.push.side_effect = lambda event: told.append(event.payload["type"])
    hub.subscribe(reader, CONVERSATION, html=True).buffered = None
    peers = RedisPeers(hub, "redis://", stop=Mock(), wake=Mock(), changes=Mock(), commands=Mock())
    reply = peers._mirror(ID, CONVERSATION)
    reply.page.is_rendering = True
    end: dict[str, object] = {"type": "message.finished", "message": {"id": str(ID), "text": ""}, "revision": 9}
    for payload in (end, {"type": "conversation.updated", "revision": 10}):
        peers._hear(messages.to_bytes(Event(CONVERSATION, payload)))
    assert told == []
    reply.page.is_rendering = False
    hub._go_on(reply)
    assert told == ["message.finished", "conversation.updated"]
    peers._hear(messages.to_bytes(Event(CONVERSATION, {"type": "message.created", "revision": 11})))
    assert told[-1] == "message.created"
