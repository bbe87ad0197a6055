"""The event stream in the place of a websocket: what only it has. The tests of the promise run over both."""

import asyncio
import http.client
import json
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.test import Client
from websockets.exceptions import ConnectionClosed

from conversations.connections import event_stream
from conversations.live.hub import Hub
from conversations.live.interfaces import Credential
from conversations.models import Message, User
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.test_tokens import give
from tests.event_streams import EVENTS, EventStream, Refused
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_end, openai_event, openai_stream

SignIn = Callable[[User], Client]
Connect = Callable[..., Socket]


def session_of(client: Client) -> dict[str, str]:
    return {"Cookie": f"sessionid={client.cookies[settings.SESSION_COOKIE_NAME].value}"}


def test_nothing_on_the_way_may_keep_compress_or_hold_back_a_stream(cast: Cast, site: str, sign_in: SignIn) -> None:
    with EventStream(site, session_of(sign_in(cast.alice)), origin=site) as stream:
        headers = stream.headers
    assert headers["Content-Type"] == "text/event-stream"
    assert headers["Cache-Control"] == "no-store, no-transform"
    assert (headers["Content-Encoding"], headers["X-Accel-Buffering"]) == ("identity", "no")
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("origin", [None, "null", "http://evil.test", "{site}.evil.test", "{site}/"])
def test_c09_a_stream_and_its_commands_come_from_the_site_s_own_pages(
    cast: Cast, site: str, sign_in: SignIn, origin: str | None
) -> None:
    foreign = origin.format(site=site) if origin else None
    session = session_of(sign_in(cast.alice))
    with pytest.raises(Refused) as refused:
        EventStream(site, session, origin=foreign)
    assert refused.value.args[0] == 403
    with EventStream(site, session, origin=site) as stream:
        headers = {**stream.sent_headers, "Origin": foreign or ""}
        assert post(site, f"{EVENTS}/{stream.name}", headers, send("not mine")) == 403
    assert not Message.objects.exists()


def test_c09_a_cookie_without_the_csrf_token_opens_nothing(cast: Cast, site: str, sign_in: SignIn) -> None:
    headers = {**session_of(sign_in(cast.alice)), "Origin": site}
    assert post(site, EVENTS, headers, send("not mine")) == 403
    assert not Message.objects.exists()


def test_another_person_s_stream_takes_nothing_and_is_not_there(
    cast: Cast, site: str, sign_in: SignIn, connect: Connect
) -> None:
    with EventStream(site, session_of(sign_in(cast.alice)), origin=site) as alice:
        for name in (alice.name, "none"):
            bearer = {"Authorization": f"Bearer {give(cast.bob)}"}
            assert post(site, f"{EVENTS}/{name}", bearer, send("as Alice")) == 404
        alice.send(json.dumps({"type": "ping", "id": "p"}))
        assert json.loads(alice.recv(10))["type"] == "ack"
    assert not Message.objects.exists()


def test_a_stream_without_a_person_or_of_another_one_says_signed_out(cast: Cast, site: str, sign_in: SignIn) -> None:
    assert Socket(site, session="", way="stream").closed_with() == 4401
    session, person = session_of(sign_in(cast.alice)), cast.bob.id
    with EventStream(site, session, origin=site, query=f"?person={person}") as stream:
        assert code_of(stream) == 4401
        assert not stream.name  # nobody sends commands to a stream that is refused


def test_a_program_asks_in_one_request_and_reads_the_reply_in_its_answer(
    cast: Cast, site: str, model: LanguageModel, vendor: FakeVendor
) -> None:
    vendor.play([openai_stream(["A stream ", "that is read."])])
    bearer = {"Authorization": f"Bearer {give(cast.bob)}"}
    with EventStream(site, bearer, first=send("What is a stream?")) as stream:
        events = [json.loads(stream.recv(10))]
        while events[-1]["type"] != "message.finished":
            events.append(json.loads(stream.recv(10)))
    assert events[0]["type"] == "ack"
    assert "".join(event.get("text", "") for event in events) == "A stream that is read."


def test_a_brief_stream_ends_with_its_answers_and_its_person_was_not_here(
    cast: Cast, site: str, model: LanguageModel, vendor: FakeVendor, connect: Connect, sign_in: SignIn
) -> None:
    """A page asks so, again and again, where a proxy holds back what has not ended."""
    vendor.play([openai_event("Hel"), vendor.gate, openai_event("lo"), openai_end()])
    alice = connect(cast.alice)
    ack = alice.ask("message.send", conversation=None, text="Hi", models=[model.id], team=cast.team.id)
    alice.event("message.delta")
    bearer = {"Authorization": f"Bearer {give(cast.bob)}"}

    def opened() -> dict[str, Any]:
        command = json.dumps({"type": "conversation.open", "id": "o", "conversation": ack["conversation"]})
        with EventStream(site, bearer, first=command, query="?until=answered") as stream:
            answer: dict[str, Any] = json.loads(stream.recv(10))
            assert code_of(stream) == 1000
        return answer

    assert opened()["streaming"][0]["text"] == "Hel"
    vendor.gate.set()
    alice.event("message.finished")
    assert opened()["messages"][-1]["text"] == "Hello"
    here = [frame for frame in alice.settle() if frame["type"] == "presence"]
    assert str(cast.bob.id) not in json.dumps(here)


def test_a_body_that_is_too_long_or_no_text_is_refused_and_the_stream_stays(
    cast: Cast, site: str, sign_in: SignIn
) -> None:
    bearer = {"Authorization": f"Bearer {give(cast.alice)}"}
    with EventStream(site, bearer) as stream:
        path = f"{EVENTS}/{stream.name}"
        assert post(site, path, bearer, "x" * (2**20 + 1)) == 413
        assert post(site, path, bearer, b"\xff") == 400
        assert post(site, path, bearer, "no JSON\n\n" + json.dumps({"type": "ping", "id": "p"})) == 202
        assert json.loads(stream.recv(10))["code"] == "bad_frame"
        assert json.loads(stream.recv(10))["id"] == "p"


# --- Without a server --------------------------------------------------------------------------------------------


class Reading:
    """A stream that is read in this thread, by somebody who is let in without a look into the database."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(event_stream.Connection, "admit", _admitted)
        self.now = 0.0
        monkeypatch.setattr(event_stream, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(event_stream, "HEARTBEAT_SECONDS", 0.01)
        person = User(username="alice")
        self.stream = event_stream.EventStream(person.id, Credential(), [], None, is_brief=False)
        self.events: AsyncIterator[bytes] = self.stream.events()

    async def begun(self) -> "Reading":
        assert (await anext(self.events)).startswith(b'event: open\ndata: {"stream": ')
        return self


async def _admitted(connection: Any, _expected: str | None) -> None:
    return None


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    return Reading(monkeypatch)


def run(play: Callable[[], Any]) -> None:
    async_to_sync(play)()


def test_a_silent_stream_shows_that_it_is_there_and_ends_without_pings(reading: Reading) -> None:
    async def play() -> None:
        await reading.begun()
        assert await anext(reading.events) == b":\n\n"
        reading.now = event_stream.SILENT_SECONDS
        reading.stream.take([])
        reading.now += event_stream.SILENT_SECONDS
        assert await anext(reading.events) == b":\n\n"
        reading.now += 1
        assert [event async for event in reading.events] == [b":\n\n", close(1001)]
        assert event_stream._streams == {}

    run(play)


def test_c04_who_does_not_read_loses_the_stream_and_not_the_memory_of_the_server(reading: Reading) -> None:
    frame = event_stream.frames.frame({"type": "x", "text": "y" * 300_000})

    async def play() -> None:
        await reading.begun()
        for _ in range(4):  # the largest does not count
            reading.stream._put(frame)
        assert len(reading.stream._frames) == 4
        reading.now = 1.5
        reading.stream._put(frame)
        assert not reading.stream._frames
        assert [event async for event in reading.events] == [close(4408)]

    run(play)


def test_frames_that_wait_go_out_together_and_whole(reading: Reading) -> None:
    async def play() -> None:
        await reading.begun()
        for size in (1, 200, 70_000):
            reading.stream._put(event_stream.frames.frame({"text": "y" * size}))
        sent = (await anext(reading.events)).split(b"\n\n")
        texts = [json.loads(event.removeprefix(b"data: "))["text"] for event in sent if event]
        assert [len(text) for text in texts] == [1, 200, 70_000]

    run(play)


def test_commands_that_wait_for_nothing_hold_up_nobody(reading: Reading) -> None:
    async def play() -> None:
        await reading.begun()
        reading.stream.connection.user_id = reading.stream.person
        reading.stream.take(["1"] * 100)
        working = asyncio.ensure_future(reading.stream._work())
        await asyncio.sleep(0)
        turns = 1
        while reading.stream._commands:
            await asyncio.sleep(0)
            turns += 1
        working.cancel()
        assert turns >= 100, "others take their turns between the commands"

    run(play)


def test_a_server_that_stops_says_so_on_its_streams(reading: Reading) -> None:
    async def play() -> None:
        await reading.begun()
        event_stream.end_all()
        assert [event async for event in reading.events] == [close(1012)]

    run(play)


def test_a_reader_who_leaves_is_forgotten(reading: Reading) -> None:
    async def play() -> None:
        await reading.begun()
        await reading.events.aclose()  # type: ignore[attr-defined]
        assert (event_stream._streams, reading.stream.connection.is_over) == ({}, True)

    run(play)


def test_commands_cross_to_the_stream_s_process_and_nobody_can_make_them_up(
    reading: Reading, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossing: list[str] = []
    settings.SEVERAL_PROCESSES = True
    hub = Hub()
    hub.peers = SimpleNamespace(pass_commands=crossing.append)  # type: ignore[assignment]
    monkeypatch.setattr(event_stream, "hub", hub)

    async def play() -> None:
        await reading.begun()
        stream = reading.stream
        here, event_stream._streams = event_stream._streams, {}
        event_stream.send_up(stream.id, stream.person, ["mine"])
        event_stream.send_up(stream.id, User(username="bob").id, ["not mine"])
        event_stream._streams = here
        reading.stream._commands.clear()
        for signed in (*crossing, json.dumps([stream.id, str(stream.person), ["forged"]]), crossing[0] + "x"):
            event_stream.take_signed(signed)
        assert list(stream._commands) == ["mine"]
        await reading.events.aclose()  # type: ignore[attr-defined]

    run(play)


def close(code: int) -> bytes:
    return b'event: close\ndata: {"code": %d}\n\n' % code


def send(text: str) -> str:
    return json.dumps({"type": "message.send", "id": "s", "conversation": None, "text": text})


def post(site: str, path: str, headers: dict[str, str], body: str | bytes) -> int:
    line = http.client.HTTPConnection(urlsplit(site).netloc, timeout=10)
    line.request("POST", path, body, headers)
    status = line.getresponse().status
    line.close()
    return status


def code_of(stream: EventStream) -> int:
    """Return the code with which this stream ends."""
    with pytest.raises(ConnectionClosed) as closed:
        _read_all(stream)
    assert closed.value.rcvd
    return closed.value.rcvd.code


def _read_all(stream: EventStream) -> None:
    while True:
        stream.recv(10)
