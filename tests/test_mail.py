"""EMAIL_URL: its accepted forms, and that no password is sent in clear."""

import logging
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite.configuration.email_url import Outgoing, parse
from chatsite.health import doctor
from conversations.mail import letters
from providers.checks import Sick
from tests.mail_server import MailServer


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "sender"),
    [
        ("smtps://u%40x.test:p%2Fw@mail.test", "mail.test", 465, "implicit", "u@x.test"),
        ("smtps://user:p%2Fw@mail.test:2465/?from=chat@x.test", "mail.test", 2465, "implicit", "chat@x.test"),
        ("smtp://user:p%2Fw@mail.test", "mail.test", 587, "starttls", "chatsite@mail.test"),
        ("smtp://localhost", "localhost", 25, "none", "chatsite@localhost"),
        ("smtp://[::1]:1025", "::1", 1025, "none", "chatsite@::1"),
    ],
)
def test_its_parts(url: str, host: str, port: int, tls: str, sender: str) -> None:
    outgoing = parse(url)
    assert outgoing
    assert (outgoing.host, outgoing.port, outgoing.tls, outgoing.sender) == (host, port, tls, sender)
    if "@mail" in url:
        assert outgoing.password == "p/w"
        assert "p/w" not in repr(outgoing)


def test_without_it_nothing_is_mailed() -> None:
    assert parse("") is None


@pytest.mark.parametrize(
    "url",
    ["mail.test", "https://mail.test", "smtp://", "smtps://:465", "smtp://mail.test:x", "smtp://mail.test/?from=me"],
)
def test_what_is_no_address_of_a_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        parse(url)


def outgoing(settings: Any, server: MailServer) -> Outgoing:
    found = parse(f"{server.url}/?from=Chat <chat@site.test>")
    assert found
    settings.EMAIL_BACKEND, settings.EMAIL_USE_TLS = "chatsite.smtp.EmailBackend", False
    settings.EMAIL_HOST, settings.EMAIL_PORT = found.host, found.port
    return found


def test_doctor_asks_the_mail_server_and_sends_nothing(settings: Any) -> None:
    with MailServer() as server:
        assert doctor.mail(outgoing(settings, server)).endswith("takes letters from Chat <chat@site.test>")
        assert server.letters.empty()


@pytest.mark.parametrize("command", [b"MAIL", b""])
def test_doctor_says_what_the_mail_server_refuses(settings: Any, command: bytes) -> None:
    with MailServer(refused=command) as server:
        found = outgoing(settings, server)
        with pytest.raises(Sick, match="not from you"):
            doctor.mail(found)


def test_a_mail_server_that_is_away_is_one_line(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    with MailServer() as server:
        gone = outgoing(settings, server)
    with pytest.raises(Sick, match=r"takes no letters, see EMAIL_URL: .*refused"):
        doctor.mail(gone)
    with caplog.at_level(logging.WARNING):
        assert letters._send("account/mail/password", "ann@site.test", {"link": "https://site.test/"}) is False
    lines = [line for line in caplog.records if line.name == letters.__name__]
    assert [(line.exc_info, "refused" in line.getMessage()) for line in lines] == [(None, True)]
