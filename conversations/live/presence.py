"""Presence: subscribers of a conversation are told who else is subscribed."""

from uuid import UUID

from conversations.live.interfaces import Fanout
from conversations.live.viewer_events import Event
from conversations.live.viewers import Subscription


class Presence:
    """People are present while one of their sockets is subscribed, in any process; touched only on the loop."""

    def __init__(self, hub: Fanout) -> None:
        self._hub = hub

    def arrived(self, subscription: Subscription) -> None:
        """Send the newcomer everyone present, and announce the newcomer to the others."""
        viewer, conversation = subscription.viewer, subscription.conversation
        is_new = viewer.user_id not in self._people(conversation)
        subscription.is_known = True
        self._hub.send([viewer], _presence(conversation, self._people(conversation), {}))
        if is_new:
            self._hub.publish(_presence(conversation, _who(subscription), {}))
            self._hub.peers.ask_who_is_here(conversation)

    def parted(self, subscription: Subscription) -> None:
        """Announce that a person left with their last subscription; skip sockets that were never announced."""
        conversation = subscription.conversation
        if subscription.is_known and subscription.viewer.user_id not in self._people(conversation):
            self._hub.publish(_presence(conversation, {}, _who(subscription)))

    def name_everyone(self) -> None:
        """Announce all present people again, for subscribers who missed it or are in other processes."""
        for conversation in self._hub.watched():
            self.name(conversation)

    def name(self, conversation: UUID) -> None:
        """Announce the people present in this conversation, in each process."""
        if people := self._people(conversation):
            self._hub.announce(_presence(conversation, people, {}))

    def _people(self, conversation: UUID) -> dict[UUID, str]:
        return self._hub.people(conversation)


def _who(subscription: Subscription) -> dict[UUID, str]:
    return {subscription.viewer.user_id: subscription.viewer.person_name}


def _presence(conversation: UUID, here: dict[UUID, str], gone: dict[UUID, str]) -> Event:
    """Return a presence event of people by id and name: `here` counts for a minute, `gone` left."""
    people = {"here": here, "gone": gone}
    listed = {key: [{"id": person, "name": name} for person, name in who.items()] for key, who in people.items()}
    return Event(conversation, {"type": "presence", "conversation": conversation, **listed})
