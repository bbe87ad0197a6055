"""Who is here: those who look at a conversation are told who else does."""

from uuid import UUID

from conversations.live import frames
from conversations.live.interfaces import Fanout
from conversations.live.viewers import Subscription


class Presence:
    """Somebody is here while one of their sockets looks, in any process; only ever touched on the loop."""

    def __init__(self, hub: Fanout) -> None:
        self._hub = hub

    def arrived(self, viewing: Subscription) -> None:
        """Who comes is told who is here, the others that somebody came."""
        viewer, conversation = viewing.viewer, viewing.conversation
        is_new = viewer.user_id not in self._people(conversation)
        viewing.is_known = True
        people = frames.Event(conversation, frames.presence(conversation, self._people(conversation), {}))
        self._hub.send([viewer], people.frame(html=False))
        if is_new:
            self._hub.publish(frames.Event(conversation, frames.presence(conversation, _who(viewing), {})))
            self._hub.peers.ask_who_is_here(conversation)

    def parted(self, viewing: Subscription) -> None:
        """Somebody whose last look this was is gone; one who never was let in never came."""
        conversation = viewing.conversation
        if viewing.is_known and viewing.viewer.user_id not in self._people(conversation):
            self._hub.publish(frames.Event(conversation, frames.presence(conversation, {}, _who(viewing))))

    def name_everyone(self) -> None:
        """Name all who are here once more, to those who may have missed it or look on from elsewhere."""
        for conversation in self._hub.watched():
            self.name(conversation)

    def name(self, conversation: UUID) -> None:
        """Tell everywhere who is here at this conversation."""
        if people := self._people(conversation):
            self._hub.announce(frames.Event(conversation, frames.presence(conversation, people, {})))

    def _people(self, conversation: UUID) -> dict[UUID, str]:
        return self._hub.people(conversation)


def _who(viewing: Subscription) -> dict[UUID, str]:
    return {viewing.viewer.user_id: viewing.viewer.person_name}
