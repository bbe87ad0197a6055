"""Very many sockets: each is answered soon, and none holds more than its share."""

import asyncio
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from chatsite.server import protocols
from conversations.live import hub
from conversations.live.viewers import MAX_SOCKETS
from conversations.models import Conversation, User
from providers.models import LanguageModel
from tests.conftest import Cast, both_ways
from tests.conversations.crowd import ask, dial
from tests.conversations.test_engine import until
from tests.event_streams import EventStream
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_stream

Connect = Callable[..., Socket]
BASE = Path(__file__).resolve().parents[2]
SignIn = Callable[[User], Client]
TOO_SLOW, TOO_MANY = 4408, 4409
MOST_UNREAD = 15
"""Answers of a megabyte at the most, of which the buffers of both ends' kernels take some."""
CROWDED = 5.0
"""Seconds instead of one in which to answer, while other tests run on the same cores."""


@both_ways
def test_c03_the_oldest_of_too_many_sockets_is_closed_with_4409(cast: Cast, connect: Connect, sign_in: SignIn) -> None:
    session, other = sign_in(cast.alice), connect(cast.bob)
    sockets = []
    for _ in range(MAX_SOCKETS + 3):
        sockets.append(connect(cast.alice, session))
        assert sockets[-1].ask("ping")["type"] == "ack"
    assert [socket.closed_with() for socket in sockets[:3]] == [TOO_MANY] * 3
    assert {socket.ask("ping")["type"] for socket in [*sockets[3:], other]} == {"ack"}


def test_c03_one_person_who_reconnects_all_the_time_disturbs_nobody(
    cast: Cast, site: str, sign_in: SignIn, request: pytest.FixtureRequest
) -> None:
    count, deadline = (1000, 1.0) if request.config.getoption("--soak") else (50, CROWDED)
    restless, calm = session_of(sign_in(cast.carol)), session_of(sign_in(cast.bob))

    async def all_of_them() -> None:
        async def once(number: int) -> None:
            await asyncio.sleep(number * 60 / 1000)  # 1,000 in a minute
            async with dial(site, restless) as socket:
                await ask(socket, "ping")

        async with asyncio.TaskGroup() as all_of_them, dial(site, calm) as socket:
            visits = [all_of_them.create_task(once(number)) for number in range(count)]
            answers = []
            while not all(visit.done() for visit in visits):
                answers.append(await timed(ask(socket, "ping")))
        tell("pings of somebody else meanwhile", answers)
        assert percentile(answers, 95) < deadline

    asyncio.run(all_of_them())


def test_c03_after_a_restart_everybody_is_answered_soon(
    cast: Cast, site: str, sign_in: SignIn, request: pytest.FixtureRequest
) -> None:
    """1,000 pages come back within the 8 seconds of their jitter.

    By default a tenth of them come back in a quarter of that time.
    """
    people, window, deadline = (50, 8.0, 1.0) if request.config.getoption("--soak") else (5, 2.0, CROWDED)
    guests = [User.objects.create_user(f"guest {number}") for number in range(people)]
    looks = [(session_of(sign_in(guest)), str(Conversation.objects.create(owner=guest).pk)) for guest in guests]

    asked = {"site": site, "looks": looks * MAX_SOCKETS, "window": window}
    pages = [sys.executable, "-m", "tests.conversations.crowd"]
    done = subprocess.run(pages, cwd=BASE, input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True)
    answers = json.loads(done.stdout)
    assert len(answers) == people * MAX_SOCKETS
    tell("clients back after a restart", answers)
    assert percentile(answers, 95) < deadline


def test_c04_who_does_not_read_a_long_answer_is_closed_and_finds_it_whole(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    site: str,
    sign_in: SignIn,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_closing, close = threading.Event(), protocols.Socket.sendCloseFrame

    def note(socket: protocols.Socket, *args: Any, **told: Any) -> None:
        if told.get("code") == TOO_SLOW:
            is_closing.set()
        close(socket, *args, **told)

    monkeypatch.setattr(protocols.Socket, "sendCloseFrame", note)
    paragraph = "The same words again and again. " * 250 + "\n\n"
    vendor.script = lambda _: [openai_stream([paragraph] * 120)]  # 960,000 characters
    session, alice = sign_in(cast.alice), connect(cast.alice)
    first = alice.ask("message.send", conversation=None, text="At length")
    answers = asyncio.run(_ignore_it(site, session_of(session), first["conversation"], alice, is_closing))
    back = connect(cast.alice, session)
    ack = back.ask("conversation.open", conversation=first["conversation"], since=0)
    texts = [message["text"] for message in ack["messages"] if message["role"] == "assistant"]
    assert texts == [paragraph * 120] * answers


async def _ignore_it(site: str, session: str, conversation: str, alice: Socket, is_closing: threading.Event) -> int:
    """Open this conversation, read nothing while long answers come, and check that the socket is closed.

    The server waits a few seconds for somebody to read why; return the number of answers.
    """
    async with dial(site, session, max_queue=1) as idle, asyncio.TaskGroup() as tasks:
        await ask(idle, "conversation.open", conversation=conversation, html=True)
        asking = tasks.create_task(asyncio.to_thread(_ask_until, is_closing.is_set, alice, conversation))
        assert await asyncio.to_thread(is_closing.wait, 60)
        with pytest.raises(ConnectionClosed) as closed:
            await _read_all(idle)
        assert closed.value.rcvd
        assert closed.value.rcvd.code == TOO_SLOW
    return asking.result()


def test_c04_who_does_not_read_an_event_stream_loses_it_and_finds_the_answer_whole(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, site: str, sign_in: SignIn, connect: Connect
) -> None:
    paragraph = "The same words again and again. " * 250 + "\n\n"
    vendor.script = lambda _: [openai_stream([paragraph] * 120)]  # 960,000 characters
    session, alice = sign_in(cast.alice), connect(cast.alice)
    first = alice.ask("message.send", conversation=None, text="At length")
    command = json.dumps({"type": "conversation.open", "id": "o", "conversation": first["conversation"], "html": True})
    with EventStream(site, {"Cookie": f"sessionid={session_of(session)}"}, origin=site, reads=False) as idle:
        idle.send(command)
        until(lambda: hub.subscriptions.of_conversation(UUID(first["conversation"]))[1:])
        answers = _ask_until(lambda: len(hub.subscriptions.of_person(cast.alice.id)) < 2, alice, first["conversation"])
    back = connect(cast.alice, session)
    ack = back.ask("conversation.open", conversation=first["conversation"], since=0)
    texts = [message["text"] for message in ack["messages"] if message["role"] == "assistant"]
    assert texts == [paragraph * 120] * answers


def test_c03_one_person_who_opens_event_streams_all_the_time_disturbs_nobody(
    cast: Cast, site: str, sign_in: SignIn, connect: Connect
) -> None:
    cookie, calm = {"Cookie": f"sessionid={session_of(sign_in(cast.carol))}"}, connect(cast.bob)
    for _ in range(30):
        begun = time.monotonic()
        with EventStream(site, cookie, origin=site, first='{"type": "ping", "id": "p"}') as stream:
            assert json.loads(stream.recv(CROWDED))["id"] == "p"
            assert calm.ask("ping")["type"] == "ack"
        assert time.monotonic() - begun < CROWDED
    until(lambda: not hub.subscriptions.of_person(cast.carol.id))


async def _read_all(socket: ClientConnection) -> None:
    while True:
        await socket.recv()


def _ask_until(is_enough: Callable[[], bool], alice: Socket, conversation: str) -> int:
    """Have long answers written until it is enough, and return their number."""
    alice.event("message.finished")
    answers = 1
    while not is_enough():  # the first ones fit in the kernel's buffers
        assert answers < MOST_UNREAD
        assert alice.ask("message.send", conversation=conversation, text="More")["type"] == "ack"
        alice.event("message.finished")
        answers += 1
    return answers


# --- Clients -------------------------------------------------------------------------------------------------------


def session_of(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


async def timed(work: Awaitable[Any]) -> float:
    begun = time.monotonic()
    await work
    return time.monotonic() - begun


def percentile(seconds: list[float], share: int) -> float:
    return statistics.quantiles(seconds, n=100)[share - 1]


def tell(what: str, seconds: list[float]) -> None:
    figures = ", ".join(f"p{share} {percentile(seconds, share) * 1000:.0f} ms" for share in (50, 95, 99))
    print(f"{len(seconds)} × {what}: {figures}")
