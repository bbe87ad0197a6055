"""Calls through a company's HTTP proxy: the route, the allowed targets, and the faults of the proxy."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.client.route import Route, route_of
from providers.client.stream import Stream
from providers.errors import AddressRefused, VendorDown, VendorError, WayBlocked
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel, Trouble, new_id
from providers.pool.route_search import RouteSearch
from providers.transport import dialing, proxy
from providers.transport.network import Network
from providers.types import Address, Clocks, Prompt
from tests.canaries import CANARY
from tests.certificates import Authority
from tests.connect_proxy import ConnectProxy
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import PlainKey, said
from tests.providers.reading import turns
from tests.vendor_replies import bare, hold, openai_event

NAME = "vendor.example"
SECRET = "p@ss/word:canary"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Please sign in</html>"
Known = dict[str, str]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def vendor(authority: Authority) -> Iterator[FakeVendor]:
    with FakeVendor(authority.issue(NAME)) as server:
        yield server


@pytest.fixture
def company() -> Iterator[ConnectProxy]:
    with ConnectProxy({NAME: "127.0.0.1"}, "ann", SECRET) as server:
        yield server


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    """Return the names that our own resolver knows, at first none; it finds no name of the outside world."""
    names: Known = {}
    resolve = socket.getaddrinfo

    def ask(host: str, port: int, *rest: Any, **named: Any) -> Any:
        if not host.replace(".", "").isdigit() and host not in names:
            raise socket.gaierror
        return resolve(names.get(host, host), port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    return names


@pytest.fixture
def network(company: ConnectProxy, authority: Authority) -> Network:
    return Network(proxy=proxy.read(company.url), authorities=str(authority.file))


def to(vendor: FakeVendor, network: Network, name: str = NAME, **clocks: float) -> Stream:
    url = f"https://{name}:{vendor.host.partition(':')[2]}/v1"
    address = Address("openai", url, clocks=Clocks(**{"first_token": 10, "silence": 10, "total": 20, **clocks}))
    return Stream(address, Prompt("m", turns("Hi")), PlainKey(), network=network)


def failure(stream: Stream) -> VendorError:
    with pytest.raises(VendorError) as raised:
        said(stream)
    return raised.value


def test_a_reply_comes_through_and_the_tunnel_is_used_again(
    vendor: FakeVendor, company: ConnectProxy, network: Network
) -> None:
    assert said(to(vendor, network)) == "You said: Hi."
    assert said(to(vendor, network)) == "You said: Hi."
    port = vendor.host.partition(":")[2]
    assert [head.splitlines()[0] for head in company.asked] == [f"CONNECT {NAME}:{port} HTTP/1.1"]
    assert vendor.requests[0].client_port == vendor.requests[1].client_port
    assert "Proxy-Authorization" not in vendor.requests[0].headers
    assert "Bearer" not in company.asked[0], "the vendor's key is the vendor's alone"


def test_the_name_of_the_certificate_counts_inside_the_tunnel(
    vendor: FakeVendor, company: ConnectProxy, network: Network
) -> None:
    company.names = {"other.example": "127.0.0.1"}
    assert "TLS" in failure(to(vendor, network, "other.example")).text
    assert vendor.requests == []


def test_a_certificate_of_an_unknown_authority_is_not_trusted(vendor: FakeVendor, network: Network) -> None:
    assert "TLS" in failure(to(vendor, Network(proxy=network.proxy))).text
    assert vendor.requests == []


def test_authorities_that_cannot_be_read_are_the_sites_fault(vendor: FakeVendor, tmp_path: Path) -> None:
    error = failure(to(vendor, Network(authorities=str(tmp_path / "gone.pem"))))
    assert isinstance(error, WayBlocked)
    assert "CHATSITE_CA_FILE" in error.text


def test_plain_http_goes_straight(company: ConnectProxy, network: Network) -> None:
    with FakeVendor() as vendor:
        address = Address("openai", vendor.openai_url)
        network = Network(vendor.private_hosts, network.proxy)
        assert said(Stream(address, Prompt("m", turns("Hi")), PlainKey(), network=network)) == "You said: Hi."
    assert company.asked == []


@pytest.mark.parametrize("before_headers", [False, True])
def test_stop_in_a_tunnel(vendor: FakeVendor, network: Network, before_headers: bool) -> None:
    vendor.play([bare, threading.Event()] if before_headers else [openai_event("Hi"), hold])
    stream = to(vendor, network)
    arrived = []

    def stop() -> None:
        arrived.append(vendor.next_request())
        stream.stop()

    thread = threading.Thread(target=stop)
    thread.start()
    said(stream)
    thread.join()
    assert stream.stopped
    assert arrived[0].hung_up.wait(5)


def test_stop_while_the_proxy_says_nothing(vendor: FakeVendor, company: ConnectProxy, network: Network) -> None:
    company.script = [b"HTTP/1.1 2", company.gate]
    stream = to(vendor, network)
    thread = threading.Thread(target=lambda: _until_asked(company) and stream.stop())
    thread.start()
    assert said(stream) == ""
    assert stream.stopped
    thread.join()


def _until_asked(company: ConnectProxy) -> bool:
    pause = threading.Event()
    return any(company.asked or pause.wait(0.02) for _ in range(500))


def test_the_clocks_run_in_a_tunnel(vendor: FakeVendor, network: Network) -> None:
    vendor.play([openai_event("Hi"), hold])
    assert failure(to(vendor, network, silence=0.3)).code == "stalled"


# The allowed targets


@pytest.mark.parametrize("name", ["intranet", "wiki.corp", "printer.home.arpa", "nas.lan"])
def test_an_unknown_name_that_belongs_inside_is_not_left_to_the_proxy(
    vendor: FakeVendor, company: ConnectProxy, network: Network, name: str
) -> None:
    assert isinstance(failure(to(vendor, network, name)), AddressRefused)
    assert company.asked == []


@pytest.mark.parametrize("address", ["10.0.0.5", "127.0.0.1", "169.254.169.254"])
def test_a_name_that_is_known_to_lead_inside_is_refused(
    vendor: FakeVendor, company: ConnectProxy, network: Network, known: Known, address: str
) -> None:
    known[NAME] = address
    assert failure(to(vendor, network)).text == f"{NAME} leads to a private address."
    assert company.asked == []


def test_an_inner_vendor_that_the_settings_list_is_called(
    vendor: FakeVendor, company: ConnectProxy, network: Network, authority: Authority, known: Known
) -> None:
    known[NAME] = "127.0.0.1"
    listed = frozenset({f"{NAME}:{vendor.host.partition(':')[2]}"})
    assert said(to(vendor, Network(listed, network.proxy, str(authority.file)))) == "You said: Hi."
    assert len(company.asked) == 1


# Faults of the proxy


@pytest.mark.parametrize(
    ("answer", "words", "is_ours"),
    [
        (PAGE, "a page of its own", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "a page of its own", True),
        (b"HTTP/1.1 302 Found\r\nLocation: https://login.example/\r\n\r\n", "a page of its own", True),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "not connect to this vendor: it answered 403", True),
        (b"HTTP/1.1 407 Who?\r\nProxy-Authenticate: NTLM\r\n\r\n", "did not accept its user name and password", True),
        (b"HTTP/1.1 504 Late\r\n\r\n", "could not reach the vendor: it answered 504", False),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2**20, "no answer", True),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "no answer", True),
        (b"HTTP/1.1 200 OK\r\n", "closed the connection", True),
        (b"", "closed the connection", True),
    ],
)  # fmt: skip
def test_whatever_the_proxy_answers(
    vendor: FakeVendor, company: ConnectProxy, network: Network, answer: bytes, words: str, is_ours: bool
) -> None:
    company.script = [answer]
    error = failure(to(vendor, network))
    assert words in error.text
    assert (error.code, isinstance(error, WayBlocked), error.vendor_fault) == ("vendor_down", is_ours, not is_ours)
    assert "<html" not in error.text


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nX-Drip: "])
def test_a_proxy_that_takes_its_time(
    vendor: FakeVendor, company: ConnectProxy, network: Network, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(dialing, "PROXY_SECONDS", 0.3)
    company.script = [answer, company.gate]
    assert "did not answer in time" in failure(to(vendor, network)).text


def test_the_clock_of_the_first_token_runs_meanwhile(
    vendor: FakeVendor, company: ConnectProxy, network: Network
) -> None:
    company.script = [company.gate]
    assert failure(to(vendor, network, first_token=0.3)).code == "vendor_timeout"


def test_a_proxy_that_is_not_there(vendor: FakeVendor, authority: Authority) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: refused
        away = proxy.Proxy("127.0.0.1", taken.getsockname()[1])
        assert "proxy could not be reached" in failure(to(vendor, Network(proxy=away))).text
    assert "proxy could not be reached" in failure(to(vendor, Network(proxy=proxy.Proxy("gone.example", 3128)))).text


def test_a_vendor_that_the_proxy_does_not_know(vendor: FakeVendor, company: ConnectProxy, network: Network) -> None:
    company.names = {}
    error = failure(to(vendor, network))
    assert (type(error), "could not reach the vendor" in error.text) == (VendorDown, True)


# The pool


@pytest.fixture
def served(db: None, vendor: FakeVendor) -> LanguageModel:
    """Create a model that one endpoint serves, with one key."""
    url = f"https://{NAME}:{vendor.host.partition(':')[2]}/v1"
    endpoint = Endpoint.objects.create(name="far", wire="openai", base_url=url)
    ApiKey.objects.create(endpoint=endpoint, secret=CANARY)
    model = LanguageModel.objects.create(name="parrot")
    Deployment.objects.create(model=model, endpoint=endpoint, vendor_id="parrot")
    return model


@pytest.mark.parametrize("answer", [PAGE, b"HTTP/1.1 407 Who?\r\n\r\n", b""])
def test_no_key_and_no_endpoint_rests_for_the_proxys_fault(
    served: LanguageModel, company: ConnectProxy, settings: Any, answer: bytes
) -> None:
    settings.CHATSITE_PROXY = proxy.read(company.url)
    company.script = [answer]
    search = RouteSearch(served.pk, lambda: list(ApiKey.objects.all()), new_id())
    route = search.next()
    assert isinstance(route, Route)
    with pytest.raises(WayBlocked) as raised:
        said(route.stream(Prompt("parrot", turns("Hi"))))
    search.failed(route, raised.value)
    search.release()
    assert not Trouble.objects.exists()
    with pytest.raises(WayBlocked):
        search.next()


def test_an_endpoint_may_go_straight(
    served: LanguageModel, vendor: FakeVendor, company: ConnectProxy, settings: Any, authority: Authority, known: Known
) -> None:
    known[NAME] = "127.0.0.1"
    settings.CHATSITE_PROXY, settings.CHATSITE_CA_FILE = proxy.read(company.url), str(authority.file)
    settings.CHATSITE_PRIVATE_HOSTS = frozenset({f"{NAME}:{vendor.host.partition(':')[2]}"})
    Endpoint.objects.update(through_proxy=False)
    route = route_of(Deployment.objects.get())
    assert said(route.stream(Prompt("parrot", turns("Hi")))) == "You said: Hi."
    assert company.asked == []


# The setting


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "password"),
    [
        ("http://proxy.corp:3128", "proxy.corp", 3128, "", ""),
        ("http://proxy.corp:3128/", "proxy.corp", 3128, "", ""),
        ("http://ann:p%40ss%2Fword%3Acanary@10.0.0.1:8080", "10.0.0.1", 8080, "ann", SECRET),
        ("http://DOM%5Cann:pw@[fd00::1]:8080", "fd00::1", 8080, "DOM\\ann", "pw"),
    ],
)
def test_the_parts_of_the_setting(url: str, host: str, port: int, user: str, password: str) -> None:
    found = proxy.read(url)
    assert found
    assert (found.host, found.port, found.user, found.password) == (host, port, user, password)
    assert password not in repr(found) or not password


@pytest.mark.parametrize(
    "url",
    ["proxy:3128", "https://proxy:3128", "http://proxy", "http://:3128", "http://a:sec/ret@proxy:1", "http://p:x"],
)
def test_what_is_no_proxy_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match="CHATSITE_PROXY must look like http://") as raised:
        proxy.read(url)
    assert url not in str(raised.value)


def test_none_is_none() -> None:
    assert proxy.read("") is None
