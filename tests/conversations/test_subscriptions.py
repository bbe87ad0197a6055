"""Subscriptions to conversations, and the events that they receive."""

import json
from uuid import uuid4

from conversations.cluster.mirror import MirroredReply
from conversations.live.frames import Event, Position
from conversations.live.hub import Hub
from conversations.live.viewers import Subscriptions


class Somebody:
    """A socket as far as looking goes."""

    def __init__(self) -> None:
        self.user_id, self.person_name = uuid4(), "somebody"

        self.heard: list[bytes] = []

    def push(self, frame: bytes) -> None:
        self.heard.append(frame)

    def make_room(self) -> None: ...


def test_a_look_is_judged_only_once_its_ack_is_out() -> None:
    viewings, viewer, conversation = Subscriptions(lambda _: None), Somebody(), uuid4()
    viewing = viewings.join(viewer, conversation, html=False)
    assert viewings.pairs() == []
    viewing.held = None
    assert viewings.pairs() == [(viewer, conversation)]


def test_who_leaves_looks_at_nothing() -> None:
    viewings, viewer, conversation = Subscriptions(lambda _: None), Somebody(), uuid4()
    viewings.arrive(viewer)
    viewing = viewings.join(viewer, conversation, html=False)
    viewings.leave(viewer)
    assert viewing.left
    assert viewings.of_conversation(conversation) == viewings.of_person(viewer.user_id) == viewings.everyone() == []


def test_what_is_told_late_or_once_more_is_not_sent() -> None:
    hub, viewer, conversation = Hub(), Somebody(), uuid4()
    hub.viewings.arrive(viewer)
    viewing = hub.join(viewer, conversation, html=False)
    viewing.held = [(Position(revision=revision), b"held %d" % revision) for revision in (4, 6, 5, 6)]
    hub.release(viewing, 4, {})
    assert [frame for frame in viewer.heard if frame.startswith(b"held")] == [b"held 6"]
    viewer.heard.clear()
    for revision in (6, 7, 5, 7, 8):
        hub.tell(Event(conversation, {"type": "conversation.updated", "revision": revision}))
    hub.tell(Event(conversation, {"type": "typing"}))
    events = [json.loads(frame[frame.index(b"{") :]) for frame in viewer.heard]
    assert [event.get("revision") for event in events] == [7, 8, None]


def test_who_missed_words_gets_a_number_that_cannot_be_the_next_even_of_one_who_has_heard_more() -> None:
    hub, viewer, conversation = Hub(), Somebody(), uuid4()
    viewing = hub.join(viewer, conversation, html=False)
    viewing.held = None
    hub.skip(MirroredReply(uuid4(), conversation), 4)
    [event] = [json.loads(frame[frame.index(b"{") :]) for frame in viewer.heard]
    assert 10**6 < event["seq"] < 2**53, "a reply has fewer deltas, and browsers count no further"
    assert not event.keys() & {"text", "thought", "part"}
