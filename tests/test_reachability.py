"""The findings of `doctor` about the running site's origins; tests/test_nginx.py has a real proxy."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chatsite import data_folder_lock
from chatsite.health import reachability
from chatsite.health.checks import websockets
from chatsite.health.reachability import FORGED, Unreachable, judge_address
from tests.browser.old_proxy import Kind, OldProxy
from tests.conftest import Cast
from tests.sockets import Socket

CHAT = "https://chat.example.org"


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ("203.0.113.5", "203.0.113.5", "answers"),
        ("127.0.0.1", "127.0.0.1", "answers"),
        ("127.0.0.1", FORGED, "answers"),
        ("203.0.113.5", "10.0.0.5", "answers and sees this machine as 10.0.0.5: is that a proxy, "),
    ],
)
def test_a_site_that_sees_us_is_well(ours: str, theirs: str, said: str) -> None:
    assert judge_address(CHAT, ours, theirs).startswith(f"{CHAT} {said}")


@pytest.mark.parametrize(
    ("theirs", "why"), [(FORGED, "visitors choose the address"), ("127.0.0.1", "every visitor seems to come from")]
)
def test_a_proxy_that_does_not_tell_who_asks_is_wrong(theirs: str, why: str) -> None:
    with pytest.raises(Unreachable, match=f"{CHAT}: {why}.*the proxy has to set X-Forwarded-For"):
        judge_address(CHAT, "203.0.113.5", theirs)


def test_every_origin_is_asked(cast: Cast, site: str, settings: Any) -> None:
    silent = f"http://127.0.0.1:{_closed_port()}"
    settings.CHATSITE_ORIGINS = [site, silent]
    assert reachability.at_every_origin() == f"{site} answers; nothing answers at {silent} now"


def test_a_name_that_the_site_does_not_know_is_wrong(cast: Cast, site: str) -> None:
    with pytest.raises(Unreachable, match=r"answers a handshake with 403: does the proxy pass on Host with its port"):
        reachability._at(site.replace("127.0.0.1", "localhost"))


def test_another_secret_key_is_an_environment_that_lacks(
    cast: Cast, site: str, settings: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("conversations.views.seen_address.credential", lambda: "of another key")
    with pytest.raises(Unreachable, match=r"with another secret key: `doctor` lacks the server's environment"):
        reachability.at_every_origin()


def test_a_terminal_without_settings_asks_where_the_server_is(
    cast: Cast, site: str, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`start --port` is no setting: only the server knows it."""
    settings.CHATSITE_DATA = tmp_path
    silent = f"http://127.0.0.1:{_closed_port()}"
    monkeypatch.delenv("CHATSITE_ORIGINS", raising=False)
    data_folder_lock.acquire(tmp_path, shared=False, origins=[site, silent])
    assert reachability.at_every_origin() == f"{site} answers; nothing answers at {silent} now"
    monkeypatch.setenv("CHATSITE_ORIGINS", site)
    assert reachability.at_every_origin() == f"{site} answers"
    data_folder_lock._held.pop().close()
    assert data_folder_lock.served_origins(tmp_path) == []


def test_a_site_that_is_served_elsewhere_is_an_environment_that_lacks(settings: Any, tmp_path: Path) -> None:
    settings.CHATSITE_DATA = tmp_path
    settings.CHATSITE_ORIGINS = [silent] = [f"http://127.0.0.1:{_closed_port()}"]
    assert reachability.at_every_origin() == f"nothing answers at {silent} now"
    data_folder_lock.acquire(tmp_path, shared=False)
    with pytest.raises(Unreachable, match=f"serves from {tmp_path}, but nothing answers at {silent}: .*environment"):
        reachability.at_every_origin()
    data_folder_lock._held.pop().close()


@pytest.mark.parametrize(
    ("scheme", "answer", "why"),
    [
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS"),
        ("http", b"\x15\x03\x01\x00\x02\x02", "does not speak HTTP"),
        ("http", b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "/livez answers with 502"),
        ("http", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "/livez answers with 200, and not as"),
        ("http", b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"ok"', "/livez answers with 200, and not as"),
    ],
)
def test_something_else_at_an_origin_is_said(settings: Any, scheme: str, answer: bytes, why: str) -> None:
    with _listening(answer) as port:
        settings.CHATSITE_ORIGINS = [f"{scheme}://127.0.0.1:{port}"]
        with pytest.raises(Unreachable, match=why):
            reachability.at_every_origin()


@contextmanager
def _listening(answer: bytes) -> Iterator[int]:
    """Run a server that gives every client the same answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answer, args=(listener.accept, answer))
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def _answer(accept: Callable[[], tuple[socket.socket, Any]], answer: bytes) -> None:
    connection, _ = accept()
    with connection:
        connection.recv(4096)
        connection.sendall(answer)


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("strips", "answers a handshake with 426: .*proxy_set_header Upgrade "),
        ("denies", "answers a handshake with 403: .*proxy_set_header Host "),
        ("hangs", "does not answer a handshake: .*proxy_set_header Connection "),
        ("swallows", "opens a websocket, and nothing passes on it: "),
    ],
)
def test_what_a_proxy_does_to_websockets_is_said_with_the_lines_that_it_lacks(
    cast: Cast, site: str, settings: Any, monkeypatch: pytest.MonkeyPatch, kind: Kind, why: str
) -> None:
    monkeypatch.setattr(reachability, "ANSWER_SECONDS", 1.0)
    with OldProxy(site, kind) as proxy:
        settings.CHATSITE_ORIGINS = [proxy.address]
        with pytest.raises(Unreachable, match=why):
            reachability.at_every_origin()


def test_a_proxy_that_holds_streams_back_is_told(cast: Cast, site: str, settings: Any) -> None:
    with OldProxy(site, gathers=True) as proxy:
        settings.CHATSITE_ORIGINS = [proxy.address]
        assert reachability.at_every_origin().startswith(f"{proxy.address} answers; its proxy holds event streams back")


def test_a_site_that_no_websocket_reaches_is_told_to_its_administrators(
    cast: Cast, site: str, connect: Callable[..., Socket], sign_in: Callable[..., Any]
) -> None:
    assert list(websockets()) == []
    stream = Socket(site, sign_in(cast.alice).cookies["sessionid"].value, way="stream")
    stream.arrive()
    assert [finding.text for finding in websockets()] == [
        "No page is connected by a websocket now: 1 go on without. `doctor` looks at the proxy."
    ]
    connect(cast.bob)
    assert list(websockets()) == []
    stream.close()
