"""A stored file on its way out: the server sends it from disk, as its reader takes it."""

import socket as sockets
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings
from django.test import Client

from conversations.files import storage
from conversations.files.response import POLICY
from conversations.models import File
from tests.conftest import Cast
from tests.conversations.sharing import attach, share, talk
from tests.conversations.test_files import signed_in, upload
from tests.conversations.test_tokens import give

pytestmark = pytest.mark.usefixtures("static_files")


@pytest.fixture(autouse=True)
def _tidy(cast: Cast) -> Iterator[None]:
    yield
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


@pytest.fixture
def alice(cast: Cast) -> Client:
    return signed_in(cast.alice)


LENGTH = storage.MAX_BYTES
TAKEN_BY_KERNEL = 6 * 2**20  # bytes that the two ends of a connection on this machine may buffer for a reader


@pytest.fixture
def shared(cast: Cast) -> str:
    """Create a file of LENGTH with a public address, and return that address."""
    conversation = talk(cast.bob)
    file = attach(conversation, cast.bob)
    file.path.write_bytes(pattern(LENGTH))
    _, path = share(cast.bob, conversation)
    return f"{path}files/{file.pk}/"


def pattern(length: int) -> bytes:
    return (b"".join(number.to_bytes(4, "big") for number in range(2**16)) * (length // 2**18 + 1))[:length]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the length of each read of a stored file."""
    lengths: list[int] = []
    whole, opened = Path.read_bytes, Path.open

    def read_whole(path: Path) -> bytes:
        content = whole(path)
        lengths.append(len(content))
        return content

    def open_(path: Path, *args: Any, **options: Any) -> Any:
        file = opened(path, *args, **options)
        return Counting(file, lengths) if path.parent.parent.name == "files" else file

    monkeypatch.setattr(Path, "read_bytes", read_whole)
    monkeypatch.setattr(Path, "open", open_)
    return lengths


class Counting:
    """A file that notes how much of it is read."""

    def __init__(self, file: Any, lengths: list[int]) -> None:
        self.file, self.lengths, self.close = file, lengths, file.close

    def __enter__(self) -> "Counting":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, length: int = -1) -> bytes:
        piece: bytes = self.file.read(length)
        self.lengths.append(len(piece))
        return piece


def ask(site: str, path: str, method: str = "GET", **headers: str) -> tuple[HTTPConnection, HTTPResponse]:
    """Return an answer of which only the head is read yet, over a connection with a small buffer."""
    connection = HTTPConnection(urlsplit(site).netloc, timeout=20)
    connection.sock = sockets.socket()
    connection.sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    connection.sock.connect((connection.host, connection.port))
    connection.request(method, path, headers=headers)
    return connection, connection.getresponse()


def test_who_asks_for_a_file_and_reads_nothing_leaves_it_on_disk(site: str, shared: str, read: list[int]) -> None:
    with ExitStack() as ends:
        for _ in range(8):
            connection, response = ask(site, shared)
            ends.callback(connection.close)
            ends.callback(response.close)
            assert (response.status, response.getheader("Content-Length")) == (200, str(LENGTH))
        assert sum(read) < 8 * TAKEN_BY_KERNEL


def test_who_reads_gets_every_byte_and_may_ask_again(site: str, shared: str) -> None:
    connection, response = ask(site, shared, **{"Accept-Encoding": "gzip"})
    assert response.read() == pattern(LENGTH)
    assert response.getheader("Content-Encoding") is None
    assert response.getheader("Content-Security-Policy") == POLICY
    assert response.getheader("Content-Disposition") == 'attachment; filename="notes.txt"'
    connection.request("GET", shared)
    assert connection.getresponse().read() == pattern(LENGTH)
    connection.close()


def test_asking_about_a_file_reads_none_of_it(site: str, shared: str, read: list[int]) -> None:
    connection, response = ask(site, shared, "HEAD")
    assert (response.status, response.getheader("Content-Length")) == (200, str(LENGTH))
    assert response.read() == b""
    connection.close()
    assert read == []


def test_a_file_whose_bytes_are_gone_is_not_there(site: str, shared: str) -> None:
    File.objects.get().path.unlink()
    connection, response = ask(site, shared)
    assert response.status == 404
    response.read()
    connection.close()


def test_a_file_that_goes_while_it_is_asked_for_ends_the_connection(
    site: str, shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", Mock(side_effect=FileNotFoundError))
        with pytest.raises((RemoteDisconnected, ConnectionResetError)):
            ask(site, shared)
    connection, response = ask(site, shared, "HEAD")
    assert response.status == 200
    connection.close()


def test_who_leaves_in_the_middle_disturbs_nobody(site: str, shared: str) -> None:
    connection, response = ask(site, shared)
    response.close()
    connection.close()
    connection, response = ask(site, shared)
    assert response.read() == pattern(LENGTH)
    connection.close()


def test_what_a_program_may_send_and_what_it_is_told_of_more(site: str, cast: Cast) -> None:
    program = {"headers": {"Authorization": f"Bearer {give(cast.bob)}"}, "timeout": 20}
    answer = requests.post(f"{site}/api/v1/files", files={"file": ("a.txt", b"x" * LENGTH)}, **program)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["bytes"]) == (201, LENGTH)
    body = {"title": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE}
    answer = requests.post(f"{site}/api/v1/conversations", json=body, **program)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_long")
    assert requests.post(f"{site}/api/v1/files", files={"file": b"x" * LENGTH}, timeout=20).status_code == 413


def test_a_server_that_sends_no_files_is_given_the_bytes(cast: Cast, alice: Client) -> None:
    kept = upload(alice, b"Some words", "notes.txt")
    response = alice.get(f"/api/v1/files/{kept['id']}")
    assert response.content == b"".join(response) == b"Some words"
    assert alice.head(f"/api/v1/files/{kept['id']}").content == b""
