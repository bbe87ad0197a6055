"""Checking access again costs the same for any number of sockets, and every socket is checked again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import actions
from conversations.actions.staff import deactivation
from conversations.connections import authentication
from conversations.live.interfaces import Credential
from conversations.models import User
from tests.conftest import Cast
from tests.sockets import Socket


@pytest.fixture
def queries() -> Callable[[], int]:
    def count() -> int:
        authentication.revalidate()  # the first look at a new socket opens its session
        with CaptureQueriesContext(connection) as captured:
            authentication.revalidate()
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
    assert queries() == alone == 8


@dataclass(eq=False)
class Door:
    """The data by which authentication knows a socket."""

    user_id: UUID
    credential: Credential
    is_brief: bool = False


@pytest.mark.parametrize("end", ["", "deactivated", "let in again", "expired", "signed out", "password"])
def test_what_was_in_order_at_the_door_is_asked_again_at_each_command(cast: Cast, end: str) -> None:
    client = Client()
    client.force_login(cast.bob)
    session = Session.objects.get(pk=client.cookies["sessionid"].value)
    socket: Any = Door(cast.bob.pk, Credential(session=session.pk))
    assert authentication.authenticate(socket) == authentication.current_user(socket) == cast.bob
    if end == "deactivated":
        User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    elif end == "let in again":
        deactivation.end_access(cast.alice, cast.bob)
    elif end == "expired":
        Session.objects.update(expire_date=timezone.now())
    elif end == "signed out":
        session.delete()
    elif end == "password":
        User.objects.filter(pk=cast.bob.pk).update(password="another")
    assert authentication.current_user(socket) == (None if end else cast.bob)
    assert authentication._admitted([socket]) == (set() if end else {socket})
