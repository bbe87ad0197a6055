"""Looking again at who may be here costs the same however many are here."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations import actions, admission
from tests.conftest import Cast
from tests.sockets import Socket


@pytest.fixture
def queries() -> Callable[[], int]:
    def count() -> int:
        admission.recheck()  # the first look at a new socket opens its session
        with CaptureQueriesContext(connection) as captured:
            admission.recheck()
        return len(captured)

    return count


def test_the_queries_do_not_grow_with_the_sockets(
    cast: Cast, connect: Callable[..., Socket], queries: Callable[[], int]
) -> None:
    def look(person: Any, count: int) -> None:
        socket = connect(person)
        for _ in range(count):
            conversation = actions.create_conversation(person, title="One", team=None)
            socket.ask("conversation.open", conversation=conversation.id, html=False)

    look(cast.alice, 1)
    alone = queries()
    for person in (cast.alice, cast.bob, cast.carol):
        look(person, 3)
    assert queries() == alone == 4
