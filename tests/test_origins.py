"""CHATSITE_ORIGINS and CHATSITE_TRUSTED_PROXIES: what is taken, as what, and what is refused with which words."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite.clients import reverse_proxy
from chatsite.clients.reverse_proxy import Networks
from chatsite.configuration import origins
from conversations.client_addresses import is_loopback, limit_key


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://chat.example.org/", "https://chat.example.org"),
        ("https://chat.example.org:443", "https://chat.example.org"),
        ("http://chat.example.org:80/", "http://chat.example.org"),
        ("HTTPS://Chat.Example.ORG", "https://chat.example.org"),
        ("https://chat.example.org.", "https://chat.example.org"),
        ("https://chat.example.org:8443", "https://chat.example.org:8443"),
        ("http://chat.example.org:443", "http://chat.example.org:443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://[2001:DB8:0:0::7]", "http://[2001:db8::7]"),
        ("http://192.0.2.7:8000", "http://192.0.2.7:8000"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(given: str, read: str) -> None:
    assert origins.parse(f" {given} ,, {read}") == [read]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("chat.example.org", "does not begin with https://"),
        ("chat.example.org:8000", "does not begin with https://"),
        ("//chat.example.org", "does not begin with https://"),
        ("ftp://chat.example.org", "does not begin with https://"),
        ("https://example.org/chat", "the root of a host only"),
        ("https://example.org?chat", "has a path"),
        ("*", "has a star"),
        ("https://*.example.org", "has a star"),
        ("https://.example.org", "no host that a browser"),
        ("https://", "no host that a browser"),
        ("https://a_b.example.org", "no host that a browser"),
        ("https://a b.example.org", "no host that a browser"),
        ("http://127.1:8000", "no host that a browser"),
        ("http://0x7f000001", "no host that a browser"),
        ("https://me:secret@example.org", "has a user name"),
        ("https://example.org:0", "a port that nothing"),
        ("https://example.org:99999", "cannot be read"),
        ("https://[::1", "cannot be read"),
        (",", "names no address"),
    ],
)
def test_what_is_no_origin_is_refused_with_a_sentence(given: str, why: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"CHATSITE_ORIGINS.*{why}"):
        origins.parse(given)


SITE = ["https://chat.example.org", "http://chat.example.org:8000", "http://[::1]", "https://[::1]"]


@pytest.mark.parametrize(
    ("host", "scheme", "named"),
    [
        ("chat.example.org", "http", "https://chat.example.org"),
        ("CHAT.example.org:443", "http", "https://chat.example.org"),
        ("chat.example.org:8000", "https", "http://chat.example.org:8000"),
        ("[::1]", "http", "http://[::1]"),
        ("[::1]", "https", "https://[::1]"),
        ("chat.example.org:80", "http", None),
        ("chat.example.org:31337", "http", None),
        ("chat.example.org.evil.test", "http", None),
        ("chat.example.org@evil.test", "http", None),
        ("", "http", None),
    ],
)
def test_a_host_names_an_origin_with_its_port_or_none(host: str, scheme: str, named: str | None) -> None:
    assert origins.named_by(host, SITE, scheme) == named


# --- Proxies ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def trusted(settings: object) -> Networks:
    networks = reverse_proxy.read_proxies("127.0.0.0/8, ::1, 10.0.0.0/8")
    settings.CHATSITE_TRUSTED_PROXIES = networks  # type: ignore[attr-defined]
    return networks


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("::ffff:127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["198.51.100.1, 203.0.113.9, 10.1.2.3"], "203.0.113.9"),
        ("127.0.0.1", ["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
        ("127.0.0.1", ["198.51.100.1, not an address, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", ["", ","], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9:5678"], "203.0.113.9"),
        ("::1", ["[2001:DB8::7]:5678"], "2001:db8::7"),
        ("::1", ["2001:db8::7"], "2001:db8::7"),
        ("::1", ["fe80::1%eth0"], "fe80::1"),
        ("::1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("203.0.113.1", ["198.51.100.1"], "203.0.113.1"),
        ("192.168.0.1", ["127.0.0.1"], "192.168.0.1"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_last_address_that_is_no_proxys_counts(
    trusted: Networks, peer: str, forwarded: list[str], client: str
) -> None:
    assert reverse_proxy.client_address(peer, [value.encode() for value in forwarded]) == client


def test_no_bytes_of_a_header_are_a_failure(trusted: Networks) -> None:
    for junk in (b"\xff", b"\x00", b"[", b"]", b"%", b'"', b"," * 10_000, b"1.2.3.4.5", b"1" * 10_000):
        assert reverse_proxy.client_address("127.0.0.1", [junk]) == "127.0.0.1"


@pytest.mark.parametrize("given", ["proxy.example.org", "10.0.0.1/8", "*", "10.0.0.0/99", "none, 10.0.0.1"])
def test_what_is_no_network_is_refused_with_a_sentence(given: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"CHATSITE_TRUSTED_PROXIES: .*"):
        reverse_proxy.read_proxies(given)


def test_nobody_may_be_trusted() -> None:
    assert reverse_proxy.read_proxies("none") == ()


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
    ],
)
def test_limits_count_a_customers_ipv6_addresses_together(address: str, key: str) -> None:
    assert limit_key(address) == key


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("localhost", True), ("chat.localhost", True), ("127.8.8.8", True), ("::1", True), ("chat.example.org", False),
     ("192.0.2.7", False), ("localhost.example.org", False), ("", False)],
)  # fmt: skip
def test_loopback_is_told_by_the_host(host: str, is_here: bool) -> None:
    assert is_loopback(host) == is_here


# --- A scope as it enters --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "peer", "headers", "told"),
    [
        ("http", "127.0.0.1", {"host": "[::1]"}, ("http", "127.0.0.1", 1234)),
        ("http", "127.0.0.1", {"host": "[::1]", "x-forwarded-proto": "https"}, ("https", "127.0.0.1", 1234)),
        ("http", "192.0.2.7", {"host": "[::1]", "x-forwarded-proto": "https"}, ("http", "192.0.2.7", 1234)),
        ("http", "192.0.2.7", {"host": "chat.example.org"}, ("https", "192.0.2.7", 1234)),
        ("http", "127.0.0.1", {"host": "chat.example.org", "x-forwarded-proto": "http"}, ("https", "127.0.0.1", 1234)),
        ("websocket", "127.0.0.1", {"host": "[::1]", "x-forwarded-for": "203.0.113.9"}, ("ws", "203.0.113.9", 0)),
        ("websocket", "::1", {"host": "CHAT.example.org:443"}, ("wss", "::1", 1234)),
    ],
)
def test_a_scope_tells_whose_it_is(
    trusted: Networks,
    settings: object,
    kind: str,
    peer: str,
    headers: dict[str, str],
    told: tuple[str, str, int],
) -> None:
    settings.CHATSITE_ORIGINS = SITE  # type: ignore[attr-defined]
    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    claims = [(name, b"x") for name in reverse_proxy.CLAIMS if name.decode() not in headers]
    scope = {"type": kind, "path": "/", "root_path": "/x", "client": [peer, 1234], "headers": given + claims}
    entered = reverse_proxy.true_scope(scope)
    assert (entered["scheme"], *entered["client"]) == told
    assert (entered["root_path"], reverse_proxy.is_for_this_site(entered)) == ("", True)
    assert {name for name, _ in entered["headers"]} == {b"host", *(name for name, _ in given)} - reverse_proxy.CLAIMS
    assert dict(entered["headers"])[b"host"].decode() in {origin.partition("://")[2] for origin in SITE}
