"""Who looks at what."""

from uuid import uuid4

from conversations.live.viewing import Viewings


class Somebody:
    """A socket as far as looking goes."""

    def __init__(self) -> None:
        self.user_id, self.person_name = uuid4(), "somebody"

    def push(self, frame: bytes) -> None: ...


def test_a_look_is_judged_only_once_its_ack_is_out() -> None:
    viewings, viewer, conversation = Viewings(lambda _: None), Somebody(), uuid4()
    viewing = viewings.join(viewer, conversation, html=False)
    assert viewings.pairs() == []
    viewing.held = None
    assert viewings.pairs() == [(viewer, conversation)]


def test_who_leaves_looks_at_nothing() -> None:
    viewings, viewer, conversation = Viewings(lambda _: None), Somebody(), uuid4()
    viewings.arrive(viewer)
    viewing = viewings.join(viewer, conversation, html=False)
    viewings.leave(viewer)
    assert viewing.left
    assert viewings.of_conversation(conversation) == viewings.of_person(viewer.user_id) == viewings.everyone() == []
