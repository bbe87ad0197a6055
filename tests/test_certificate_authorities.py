"""CHATSITE_CA_FILE where it is not a vendor that is called: Redis and the mail server, over TLS."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage

from chatsite.configuration.certificate_authorities import trusted_by_redis
from chatsite.health import checks
from chatsite.smtp import EmailBackend
from providers.checks import Sick
from tests.certificates import Authority
from tests.services import Redis


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def redis(authority: Authority) -> Iterator[Redis]:
    """Yield a Redis that speaks only TLS."""
    certificate = authority.issue("127.0.0.1")
    with Redis(tls=certificate, authorities=authority.file) as server:
        yield server


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_redis_over_tls(redis: Redis, authority: Authority, settings: Any, is_trusted: bool) -> None:
    settings.REDIS_URL = trusted_by_redis(redis.url, str(authority.file) if is_trusted else "")
    if is_trusted:
        assert "Redis" in checks.redis_server()
    else:
        with pytest.raises(Sick) as sick:
            checks.redis_server()
        assert "certificate verify failed" in sick.value.finding.detail


@pytest.mark.parametrize(
    ("url", "becomes"),
    [
        ("redis://h:1/0", "redis://h:1/0"),
        ("rediss://h:1/0", "rediss://h:1/0?ssl_ca_certs=/a%20b.pem"),
        ("rediss://h:1/0?x=1", "rediss://h:1/0?x=1&ssl_ca_certs=/a%20b.pem"),
        ("rediss://h:1/0?ssl_ca_certs=own.pem", "rediss://h:1/0?ssl_ca_certs=own.pem"),
        ("", ""),
    ],
)
def test_the_file_goes_where_tls_is_spoken(url: str, becomes: str) -> None:
    assert trusted_by_redis(url, "/a b.pem") == becomes
    assert trusted_by_redis(url, "") == url


@pytest.fixture
def mail_server(authority: Authority) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the port of a server that takes a letter over TLS, and the lines that it received."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue("localhost"))
    told: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_take_a_letter, args=(listener, context, told), daemon=True)
        thread.start()
        yield listener.getsockname()[1], told
        thread.join(10)


def _take_a_letter(listener: socket.socket, context: ssl.SSLContext, told: list[bytes]) -> None:
    plain, _ = listener.accept()
    try:
        with context.wrap_socket(plain, server_side=True) as line, line.makefile("rb") as lines:
            line.sendall(b"220 here\r\n")
            for said in lines:
                told.append(said)
                if not _is_in_letter(told):
                    line.sendall(b"250 yes\r\n")
                elif told[-1] == b"data\r\n":
                    line.sendall(b"354 go on\r\n")
    except OSError:
        pass  # a client that does not trust us hangs up


def _is_in_letter(told: list[bytes]) -> bool:
    return b"data\r\n" in told and b".\r\n" not in told


@pytest.mark.parametrize("is_trusted", [True, False])
def test_mail_over_tls(
    mail_server: tuple[int, list[bytes]], authority: Authority, settings: Any, is_trusted: bool, tmp_path: Path
) -> None:
    port, told = mail_server
    settings.CHATSITE_CA_FILE = str(authority.file) if is_trusted else ""
    backend = EmailBackend(host="localhost", port=port, use_ssl=True, use_tls=False, timeout=10)
    letter = EmailMessage("Hi", "You are invited.", "chat@site.test", ["ann@site.test"])
    if is_trusted:
        assert backend.send_messages([letter]) == 1
        assert b"You are invited.\r\n" in told
    else:
        with pytest.raises(ssl.SSLCertVerificationError):
            backend.send_messages([letter])
        assert told == []
