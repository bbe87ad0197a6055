"""The subscriptions of this process's sockets to conversations."""

from collections import defaultdict
from collections.abc import Callable
from uuid import UUID

from conversations.live.interfaces import Viewer
from conversations.live.viewer_events import Shown, ViewerEvent

MAX_SOCKETS = 20
"""Sockets of one person in one process."""


class Subscription:
    """One socket's subscription to one conversation; `buffered` collects events between joining and the ack."""

    __slots__ = ("brief", "buffered", "conversation", "html", "is_known", "is_over", "revision_sent", "shown", "viewer")

    def __init__(self, viewer: Viewer, conversation: UUID, html: bool, brief: bool = False) -> None:
        self.viewer, self.conversation, self.html, self.is_over = viewer, conversation, html, False
        self.brief = brief
        self.is_known = False
        """True once this person's presence was announced."""
        self.revision_sent = 0
        """The newest revision sent; late and repeated events are not sent."""
        self.buffered: list[ViewerEvent] | None = []
        self.shown: dict[UUID, Shown] = {}
        """The state of each reply under way at a page."""


class Subscriptions:
    """All subscriptions, touched only on the loop; `parted` is called for each that ends."""

    def __init__(self, parted: Callable[[Subscription], None]) -> None:
        self._parted = parted
        self._by_conversation: defaultdict[UUID, dict[Viewer, Subscription]] = defaultdict(dict)
        self._by_person: defaultdict[UUID, dict[Viewer, None]] = defaultdict(dict)  # the oldest first

    def add_viewer(self, viewer: Viewer) -> None:
        """Add a socket of this person; beyond MAX_SOCKETS, close the oldest."""
        theirs = self._by_person[viewer.user_id]
        theirs[viewer] = None
        if len(theirs) > MAX_SOCKETS:
            oldest = next(iter(theirs))
            self.remove_viewer(oldest)
            oldest.close_oldest()

    def remove_viewer(self, viewer: Viewer) -> None:
        self._by_person[viewer.user_id].pop(viewer, None)
        if not self._by_person[viewer.user_id]:
            del self._by_person[viewer.user_id]
        for conversation in [key for key, subscriptions in self._by_conversation.items() if viewer in subscriptions]:
            self.unsubscribe(viewer, conversation)

    def subscribe(self, viewer: Viewer, conversation: UUID, html: bool, brief: bool = False) -> Subscription:
        earlier = self.find(viewer, conversation)
        subscription = self._by_conversation[conversation][viewer] = Subscription(viewer, conversation, html, brief)
        if earlier is not None:
            earlier.is_over, subscription.is_known = True, earlier.is_known
        return subscription

    def unsubscribe(self, viewer: Viewer, conversation: UUID) -> None:
        subscriptions = self._by_conversation.get(conversation, {})
        if viewer in subscriptions:
            subscription = subscriptions.pop(viewer)
            subscription.is_over = True
            self._parted(subscription)
        if not subscriptions:
            self._by_conversation.pop(conversation, None)

    def find(self, viewer: Viewer, conversation: UUID) -> Subscription | None:
        return self._by_conversation.get(conversation, {}).get(viewer)

    def conversations(self) -> set[UUID]:
        """Return the conversations with a subscription."""
        return set(self._by_conversation)

    def is_watched(self, conversation: UUID) -> bool:
        return conversation in self._by_conversation

    def of_conversation(self, conversation: UUID) -> list[Subscription]:
        return list(self._by_conversation.get(conversation, {}).values())

    def of_person(self, user_id: UUID) -> list[Viewer]:
        return list(self._by_person.get(user_id, ()))

    def people(self, conversation: UUID) -> dict[UUID, str]:
        """Return the announced people in this conversation, with their names."""
        subscriptions = self.of_conversation(conversation)
        return {
            subscription.viewer.user_id: subscription.viewer.person_name
            for subscription in subscriptions
            if subscription.is_known
        }

    def everyone(self) -> list[Viewer]:
        return [viewer for viewers in self._by_person.values() for viewer in viewers]

    def pairs(self) -> list[tuple[Viewer, UUID]]:
        """Return the socket and conversation of each subscription, for the check that it is still allowed.

        It leaves out subscriptions without an ack: their access is being checked. The sender of a new conversation also
        joins before the commit that makes it visible.
        """
        return [
            (viewer, key)
            for key, subscriptions in self._by_conversation.items()
            for viewer, subscription in subscriptions.items()
            if subscription.buffered is None
        ]
