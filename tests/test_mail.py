"""EMAIL_URL: what it may look like, and that no password leaves in clear."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite.mail import read


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
    outgoing = read(url)
    assert outgoing
    assert (outgoing.host, outgoing.port, outgoing.tls, outgoing.sender) == (host, port, tls, sender)
    if "@mail" in url:
        assert outgoing.password == "p/w"
        assert "p/w" not in repr(outgoing)


def test_without_it_nothing_is_mailed() -> None:
    assert read("") is None


@pytest.mark.parametrize("url", ["mail.test", "https://mail.test", "smtp://", "smtps://:465", "smtp://mail.test:x"])
def test_what_is_no_address_of_a_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        read(url)
