"""Who watches which conversation in this process."""

from collections import defaultdict
from collections.abc import Callable
from uuid import UUID

from conversations.live import frames
from conversations.live.interfaces import Viewer

MOST_SOCKETS = 20
"""Of one person in one process."""


class Subscription:
    """One socket's look at one conversation; `held` collects its events between joining and the ack."""

    __slots__ = ("blocks", "conversation", "held", "html", "is_known", "known", "left", "viewer")

    def __init__(self, viewer: Viewer, conversation: UUID, html: bool) -> None:
        self.viewer, self.conversation, self.html, self.left = viewer, conversation, html, False
        self.is_known = False
        """The others have been told that this person is here."""
        self.known = 0
        """The newest revision that was told: what comes late, or once more, is not sent."""
        self.held: list[tuple[frames.Position, bytes]] | None = []
        self.blocks: dict[UUID, int] = {}
        """Of each reply under way: how many closed blocks of HTML this socket has."""


class Subscriptions:
    """Which socket looks at what; only ever touched on the loop. `parted` is told of every look that ends."""

    def __init__(self, parted: Callable[[Subscription], None]) -> None:
        self._parted = parted
        self._by_conversation: defaultdict[UUID, dict[Viewer, Subscription]] = defaultdict(dict)
        self._by_person: defaultdict[UUID, dict[Viewer, None]] = defaultdict(dict)  # in the order of their coming

    def arrive(self, viewer: Viewer) -> None:
        """One more socket of this person; where that is too many, the oldest makes room."""
        theirs = self._by_person[viewer.user_id]
        theirs[viewer] = None
        if len(theirs) > MOST_SOCKETS:
            oldest = next(iter(theirs))
            self.leave(oldest)
            oldest.make_room()

    def leave(self, viewer: Viewer) -> None:
        self._by_person[viewer.user_id].pop(viewer, None)
        if not self._by_person[viewer.user_id]:
            del self._by_person[viewer.user_id]
        for conversation in [key for key, viewings in self._by_conversation.items() if viewer in viewings]:
            self.part(viewer, conversation)

    def join(self, viewer: Viewer, conversation: UUID, html: bool) -> Subscription:
        earlier = self.find(viewer, conversation)
        viewing = self._by_conversation[conversation][viewer] = Subscription(viewer, conversation, html)
        if earlier is not None:
            earlier.left, viewing.is_known = True, earlier.is_known
        return viewing

    def part(self, viewer: Viewer, conversation: UUID) -> None:
        viewings = self._by_conversation.get(conversation, {})
        if viewer in viewings:
            viewing = viewings.pop(viewer)
            viewing.left = True
            self._parted(viewing)
        if not viewings:
            self._by_conversation.pop(conversation, None)

    def find(self, viewer: Viewer, conversation: UUID) -> Subscription | None:
        return self._by_conversation.get(conversation, {}).get(viewer)

    def conversations(self) -> set[UUID]:
        """Everything that is looked at."""
        return set(self._by_conversation)

    def is_watched(self, conversation: UUID) -> bool:
        return conversation in self._by_conversation

    def of_conversation(self, conversation: UUID) -> list[Subscription]:
        return list(self._by_conversation.get(conversation, {}).values())

    def of_person(self, user_id: UUID) -> list[Viewer]:
        return list(self._by_person.get(user_id, ()))

    def people(self, conversation: UUID) -> dict[UUID, str]:
        """Who looks at it, with their names, as far as the others have been told."""
        looks = self.of_conversation(conversation)
        return {look.viewer.user_id: look.viewer.person_name for look in looks if look.is_known}

    def everyone(self) -> list[Viewer]:
        return [viewer for viewers in self._by_person.values() for viewer in viewers]

    def pairs(self) -> list[tuple[Viewer, UUID]]:
        """Every look at a conversation, for those who check that it is still allowed.

        Less those whose ack is still to come: they have been or are being checked, and a new conversation's sender
        joins before the commit that makes it visible.
        """
        return [
            (viewer, key)
            for key, viewings in self._by_conversation.items()
            for viewer, viewing in viewings.items()
            if viewing.held is None
        ]
