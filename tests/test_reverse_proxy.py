"""No header of a client's chooses the site's address: real requests to the real server, with forged ones."""

import re
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from chatsite.clients import reverse_proxy
from chatsite.logs import repeats
from conversations.accounts import rate_limits
from conversations.client_addresses import FORWARDING
from conversations.models import PasswordLink, User
from conversations.workers import background
from providers.models.audit import AuditEntry
from tests.conftest import Cast

EVIL = "evil.test"
VALUES = {
    "daphne-root-path": f"https://{EVIL}",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "31337",
    "x-forwarded-ssl": "on",
    "front-end-https": "on",
    "x-forwarded-for": "203.0.113.9",
    "forwarded": f"for=203.0.113.9;host={EVIL};proto=https",
}
"""The value for each header; the others name a host."""
HEADERS = [*sorted(name.decode() for name in reverse_proxy.CLAIMS), *(name.lower() for name in FORWARDING)]


class Visitor:
    """A program that sends any bytes as headers, with a CSRF cookie and its token."""

    def __init__(self, site: str, session: str = "") -> None:
        self.place, secret = site.removeprefix("http://"), "c" * 32
        self.usual = {"Origin": site, "Cookie": f"csrftoken={secret}; sessionid={session}", "X-CSRFToken": secret}

    def ask(self, path: str, given: dict[str, str] | None = None, **headers: str | bytes) -> tuple[int, str]:
        """Return the status of the answer, and its redirect."""
        connection = HTTPConnection(self.place, timeout=20)
        connection.putrequest("GET" if given is None else "POST", path, skip_host="Host" in headers)
        body = urlencode(given or {}).encode()
        form = {"Content-Length": str(len(body)), "Content-Type": "application/x-www-form-urlencoded"}
        for name, value in {**self.usual, **form, **headers}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status, response.getheader("Location", "")

    def forget_the_password(self, **headers: str | bytes) -> int:
        cache.clear()
        PasswordLink.objects.all().delete()  # the limit is three letters per person
        return self.ask("/accounts/password/reset/", {"email": "bob@example.org"}, **headers)[0]


@pytest.fixture
def visitor(cast: Cast, site: str, settings: object) -> Visitor:
    settings.CHATSITE_SENDS_MAIL = True  # type: ignore[attr-defined]
    cast.bob.email = "bob@example.org"
    cast.bob.save()
    return Visitor(site)


def links() -> list[str]:
    background.wait()
    found = [link for letter in mail.outbox for link in re.findall(r"https?://\S+", str(letter.body))]
    mail.outbox.clear()
    return found


def test_no_header_moves_the_link_of_a_letter(visitor: Visitor, site: str) -> None:
    assert visitor.forget_the_password() == 302
    assert [link.startswith(f"{site}/new-password/") for link in links()] == [True]
    for name in HEADERS:
        assert visitor.forget_the_password(**{name: VALUES.get(name, EVIL)}) == 302, name
        assert [link.startswith(f"{site}/new-password/") for link in links()] == [True], name


def test_no_header_moves_the_root_of_the_site(visitor: Visitor) -> None:
    for name in HEADERS:
        assert visitor.ask("/x/account/", **{name: "/x"})[0] == 404, name
        assert visitor.ask("/account/", **{name: "/x"}) == (302, "/accounts/login/?next=/account/"), name


def test_bytes_that_are_no_text_are_no_failure(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    for name in HEADERS:
        assert visitor.ask("/livez", **{name: b"\xff\xfe%ff"})[0] == 200, name
    assert [line for line in caplog.records if line.name != repeats.__name__] == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:31337", "127.0.0.1", EVIL, "127.0.0.1@evil.test", "\xff", "", "[::1", "a b", "127.0.0.1:{port},x"],
)
def test_a_host_that_is_no_origin_is_refused(visitor: Visitor, host: str) -> None:
    given = host.format(port=visitor.place.partition(":")[2]).encode("latin-1")
    assert visitor.forget_the_password(Host=given) == 400
    assert visitor.ask("/", Host=given)[0] == 400
    assert links() == []


def test_the_first_foreign_host_is_told_and_what_it_should_be(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    reverse_proxy._told.clear()
    for host in (EVIL, "192.0.2.7"):
        assert visitor.ask("/", Host=host)[0] == 400
    (record,) = caplog.records
    assert EVIL in record.getMessage()
    assert f"CHATSITE_ORIGINS (http://{visitor.place})" in record.getMessage()


@pytest.mark.parametrize("target", ["http://evil.test/account/", "//evil.test/account/", "/\\evil.test/account/", "*"])
def test_no_target_of_a_request_leads_away(visitor: Visitor, target: str) -> None:
    """Any scheme and host in the request line count for nothing; RFC 9112 lets clients put them there."""
    status, place = visitor.ask(target)
    assert status in (404, 400) or place.startswith("/accounts/login/"), place
    assert EVIL not in place.partition("?")[0]


def test_monitors_ask_by_any_name(visitor: Visitor) -> None:
    for path in ("/livez", "/readyz"):
        for host in ("10.1.2.3", "127.0.0.1", "localhost:9", "monitor.internal"):
            assert visitor.ask(path, Host=host)[0] == 200


def test_an_address_is_believed_where_a_trusted_proxy_tells_it(
    cast: Cast, settings: object, sign_in: Callable[[User], Client], site: str
) -> None:
    alice = Visitor(site, sign_in(cast.alice).cookies["sessionid"].value)
    found = []
    for trusted in ("127.0.0.1", "10.0.0.0/8", "none"):
        settings.CHATSITE_TRUSTED_PROXIES = reverse_proxy.read_proxies(trusted)  # type: ignore[attr-defined]
        claimed = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Real-IP": "198.51.100.2"}
        assert alice.ask("/teams/new/", {"name": trusted}, **claimed)[0] == 302
        found.append(AuditEntry.objects.latest("id").address)
    assert found == ["203.0.113.9", "127.0.0.1", "127.0.0.1"]


def test_one_customers_ipv6_addresses_have_one_limit(
    cast: Cast, settings: object, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "_minute", lambda: 7)
    settings.CHATSITE_TRUSTED_PROXIES = reverse_proxy.read_proxies(reverse_proxy.LOOPBACK)  # type: ignore[attr-defined]
    visitor, cut_off = Visitor(site), []
    for network in (1, 2):
        claimed = [f"2001:db8:0:{network}::{number}" for number in range(rate_limits.MAX_BAD_LINKS + 1)]
        cut_off.append([visitor.ask("/join/x/", **{"X-Forwarded-For": one})[0] for one in claimed].index(429))
    assert cut_off == [rate_limits.MAX_BAD_LINKS] * 2


def page_for(visitor: Visitor, method: str, path: str, body: bytes = b"", **headers: str) -> str:
    connection = HTTPConnection(visitor.place, timeout=20)
    connection.request(method, path, body, headers)
    with closing(connection), connection.getresponse() as response:
        assert response.status == 400
        return response.read().decode()


@pytest.mark.parametrize(("language", "said"), [("en", "Not an address of this site"), ("zh-CN", "这不是本站的地址")])
def test_whoever_comes_by_a_foreign_name_is_told_so(
    visitor: Visitor, static_files: object, language: str, said: str
) -> None:
    page = page_for(visitor, "GET", "/", Host=EVIL, **{"Accept-Language": language})
    assert said in page
    assert "CHATSITE_ORIGINS" in page
    assert EVIL not in page
    assert visitor.place not in page


def test_a_form_that_is_too_long_is_told_so(visitor: Visitor, static_files: object) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", **visitor.usual}
    assert "Too much at once" in page_for(visitor, "POST", "/accounts/login/", b"login=" + b"x" * (1100 * 1024), **form)
