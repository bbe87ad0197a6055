"""Subscriptions to conversations, and the events that they receive."""

from uuid import uuid4

from conversations.cluster.mirror import MirroredReply
from conversations.content.parts import LivePart
from conversations.live.hub import Hub
from conversations.live.viewer_events import Event, ViewerEvent
from conversations.live.viewers import Subscriptions


class Somebody:
    """A viewer that keeps what it is given."""

    def __init__(self) -> None:
        self.user_id, self.person_name = uuid4(), "somebody"
        self.heard: list[ViewerEvent] = []

    def push(self, event: ViewerEvent) -> None:
        self.heard.append(event)

    def close_oldest(self) -> None: ...


def test_a_look_is_judged_only_once_its_ack_is_out() -> None:
    subscriptions, viewer, conversation = Subscriptions(lambda _: None), Somebody(), uuid4()
    subscription = subscriptions.subscribe(viewer, conversation, html=False)
    assert subscriptions.pairs() == []
    subscription.buffered = None
    assert subscriptions.pairs() == [(viewer, conversation)]


def test_who_leaves_looks_at_nothing() -> None:
    subscriptions, viewer, conversation = Subscriptions(lambda _: None), Somebody(), uuid4()
    subscriptions.add_viewer(viewer)
    subscription = subscriptions.subscribe(viewer, conversation, html=False)
    subscriptions.remove_viewer(viewer)
    assert subscription.is_over
    assert (
        subscriptions.of_conversation(conversation)
        == subscriptions.of_person(viewer.user_id)
        == subscriptions.everyone()
        == []
    )


def test_what_is_told_late_or_once_more_is_not_sent() -> None:
    hub, viewer, conversation = Hub(), Somebody(), uuid4()
    hub.subscriptions.add_viewer(viewer)
    subscription = hub.subscribe(viewer, conversation, html=False)
    subscription.buffered = [Event(conversation, {"type": "held", "revision": revision}) for revision in (4, 6, 5, 6)]
    hub.flush_buffer(subscription, 4, {})
    assert [event.revision for event in viewer.heard if event.payload["type"] == "held"] == [6]
    viewer.heard.clear()
    for revision in (6, 7, 5, 7, 8):
        hub.send_here(Event(conversation, {"type": "conversation.updated", "revision": revision}))
    hub.send_here(Event(conversation, {"type": "typing"}))
    assert [event.revision for event in viewer.heard] == [7, 8, None]


def test_who_missed_words_gets_a_number_that_cannot_be_the_next_even_of_one_who_has_heard_more() -> None:
    hub, viewer, conversation = Hub(), Somebody(), uuid4()
    subscription = hub.subscribe(viewer, conversation, html=False)
    subscription.buffered = None
    hub.skip(MirroredReply(uuid4(), conversation), 4)
    [event] = viewer.heard
    assert 10**6 < event.seq < 2**53, "a reply has fewer deltas, and browsers count no further"
    assert event.piece == LivePart()
