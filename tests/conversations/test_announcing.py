"""Each end of a reply is announced once, even while another thread searches for ends not yet announced."""

import threading

import pytest

from conversations.live import announcing, events
from conversations.models import Message
from tests.conftest import Cast
from tests.conversations.sharing import last, talk


def test_an_end_that_is_being_told_is_not_told_by_the_sweep_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = last(talk(cast.alice))
    told: list[Message] = []
    sweep = threading.Thread(target=announcing.announce_pending)

    def tell(message: Message) -> None:
        told.append(message)
        if len(told) == 1:
            sweep.start()
            sweep.join(0.3)  # as long as it takes to tell, if it does

    monkeypatch.setattr(events, "message_finished", tell)
    monkeypatch.setattr(events, "conversation_updated", lambda *_, **__: None)
    announcing.announce_end(ended, 3, streaming=False)
    sweep.join(10)
    assert told == [ended]


def test_one_that_could_not_be_told_is_told_in_the_next_round_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = last(talk(cast.alice))
    told: list[Message] = []

    def fail(message: Message) -> None:
        raise ConnectionError

    monkeypatch.setattr(events, "conversation_updated", lambda *_, **__: None)
    monkeypatch.setattr(events, "message_finished", fail)
    with pytest.raises(ConnectionError):
        announcing.announce_end(ended, 3, streaming=False)
    monkeypatch.setattr(events, "message_finished", told.append)
    announcing.announce_pending()
    announcing.announce_pending()
    assert told == [ended]
