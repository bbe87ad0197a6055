"""Answers that are not read: a limited number per person waits in memory."""

import socket
from collections.abc import Callable
from contextlib import ExitStack
from itertools import pairwise

from django.test import Client

from chatsite.server.handler import MAX_ANSWER_BYTES_OF_ONE
from conversations.models import Conversation, Message, User
from tests.conftest import Cast
from tests.echoing import come

SignIn = Callable[[User], Client]
LENGTH, COUNT = 80_000, 50


def test_answers_that_are_not_read_wait_up_to_a_share(site: str, cast: Cast, sign_in: SignIn) -> None:
    conversation = Conversation.objects.create(owner=cast.bob, title="long", revision=1)
    said = {"role": "assistant", "status": "complete", "revision": 1, "text": "x" * LENGTH}
    messages = [Message(conversation=conversation, author=cast.bob, **said) for _ in range(COUNT)]
    for earlier, later in pairwise(messages):
        later.parent = earlier
    Message.objects.bulk_create(messages)
    path = f"/api/v1/conversations/{conversation.id}/messages?limit={COUNT}"
    session = sign_in(cast.bob).cookies["sessionid"].value
    with ExitStack() as ends:
        most = MAX_ANSWER_BYTES_OF_ONE // (COUNT * LENGTH)
        answers = [ends.enter_context(asked(site, path, session)) for _ in range(most)]
        assert [answer.recv(12) for answer in answers] == [b"HTTP/1.1 200"] * len(answers)
        come(lambda: ends.enter_context(asked(site, path, session)).recv(12) == b"HTTP/1.1 503")
        other = sign_in(cast.alice).cookies["sessionid"].value
        assert ends.enter_context(asked(site, "/api/v1/me", other)).recv(12) == b"HTTP/1.1 200"
        for answer in answers:
            answer.close()
        come(lambda: ends.enter_context(asked(site, path, session)).recv(12) == b"HTTP/1.1 200")


def asked(site: str, path: str, session: str) -> socket.socket:
    """Ask for something and leave nearly all of it unread."""
    host, port = site.removeprefix("http://").split(":")
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(20)
    line.connect((host, int(port)))
    head = (f"GET {path} HTTP/1.1", f"Host: {host}:{port}", f"Cookie: sessionid={session}", "", "")
    line.sendall("\r\n".join(head).encode())
    return line
