"""The site behind a real nginx with deploy/nginx.conf, over TLS: links, addresses, cookies, websockets, limits, log.

Visitors come from different addresses of loopback, of which the site trusts one alone: nginx's.
"""

import itertools
import json
import os
import re
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as ours
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chatsite.clients import reverse_proxy
from chatsite.health import reachability
from conversations.accounts import rate_limits
from conversations.models.unique_keys import AddressKey
from tests import canaries
from tests.certificates import Authority
from tests.made_once import spare_first_start
from tests.mail_server import MailServer
from tests.services import Nginx

BASE = Path(__file__).resolve().parent.parent
EVIL, HERE, ELSEWHERE = "evil.test", "127.0.0.7", "127.0.0.8"
PATIENCE = 30
SECRETS = ("/join/{}/", "/s/{}/", "/new-password/{}/", "/account/address/{}/", "/accounts/password/reset/key/{}/",
           "/setup/?code={}")  # fmt: skip


@dataclass(frozen=True)
class Site:
    """The site behind nginx, and the ways to it."""

    port: int
    plain_port: int
    authority: Path
    folder: Path
    nginx: Path
    mail: MailServer
    cast: dict[str, Any]

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.authority)

    def ask(
        self, path: str, given: dict[str, str] | None = None, *, by: str = "", source: str = HERE, **headers: str
    ) -> tuple[int, str, dict[str, str]]:
        """Ask through nginx from this address, as a person or a stranger; return status, page and headers."""
        connection = HTTPSConnection(
            "localhost", self.port, timeout=PATIENCE, context=self.context, source_address=(source, 0)
        )
        secret, session = "c" * 32, self.cast["sessions"].get(by, "")
        usual = {"Origin": self.origin, "X-CSRFToken": secret, "Referer": f"{self.origin}/",
                 "Cookie": f"__Host-csrftoken={secret}; __Host-sessionid={session}"}  # fmt: skip
        form = {"Content-Type": "application/x-www-form-urlencoded"} if given is not None else {}
        body = urlencode(given) if given is not None else None
        connection.request("GET" if given is None else "POST", path, body, {**usual, **form, **headers})
        response = connection.getresponse()
        answer = response.status, response.read().decode(), dict(response.getheaders())
        connection.close()
        return answer

    def noted_address(self) -> str:
        """Return the address in the newest entry of the audit log."""
        with closing(sqlite3.connect(self.folder / "chatsite.sqlite3")) as rows:
            return str(rows.execute("SELECT address FROM providers_auditentry ORDER BY id DESC").fetchone()[0])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, certificates = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("certificates")
    authority = Authority(certificates)
    port, plain_port, inner = _free_port(), _free_port(), _free_port()
    with ExitStack() as ends:
        mail = ends.enter_context(MailServer())
        environment = _environment(folder, port, mail)
        cast = _furnished(environment, folder)
        nginx = Nginx(_sample(port, plain_port, inner, authority.issue("localhost")), port)
        ends.callback(_end, _started(environment, inner))
        ends.enter_context(nginx)
        yield Site(port, plain_port, authority.file, folder, nginx.folder, mail, cast)
        found = canaries.hits_in(folder, canaries.of_site(folder))
        assert found == []


def _environment(folder: Path, port: int, mail: MailServer) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return given | {
        "DJANGO_SETTINGS_MODULE": "chatsite.settings",
        "CHATSITE_DATA": str(folder),
        "CHATSITE_ORIGINS": f"https://LOCALHOST:{port}/",
        "CHATSITE_TRUSTED_PROXIES": "127.0.0.1",
        "CHATSITE_SECRET_KEY": ours.SECRET_KEY,
        "EMAIL_URL": mail.url,
    }


def _furnished(environment: dict[str, str], folder: Path) -> dict[str, Any]:
    spare_first_start(folder)
    command = [sys.executable, "-m", "tests.cluster.cast", "http://127.0.0.1:9", "http://127.0.0.1:9"]
    made = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    with closing(sqlite3.connect(folder / "chatsite.sqlite3")) as rows, rows:
        address = "bob@example.org"
        key = AddressKey.key_of(address)
        rows.execute("UPDATE conversations_user SET email = ?, email_key = ? WHERE username = 'bob'", [address, key])
    return dict(json.loads(made.stdout))


def _sample(port: int, plain_port: int, inner: int, certificate: Path) -> str:
    """Return the sample configuration, with the values that differ from machine to machine."""
    text = (BASE / "deploy" / "nginx.conf").read_text("utf-8")
    for there, here in {
        "server 127.0.0.1:8001 ": f"server 127.0.0.1:{inner} ",
        "    server 127.0.0.1:8002 max_fails=1 fail_timeout=5s;\n": "",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        "    listen [::]:443 ssl http2;\n": "",
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "    listen [::]:80;\n": "",
        "server_name chat.example.org;": "server_name localhost;",
        "/etc/ssl/chat.example.org.pem": str(certificate),
        "/etc/ssl/chat.example.org.key": str(certificate),
        "/var/log/nginx/access.log": "access.log",
    }.items():
        assert there in text
        text = text.replace(there, here)
    return text


def _started(environment: dict[str, str], port: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "manage.py", "start", "--no-local-model", "--port", str(port)]
    process = subprocess.Popen(command, cwd=BASE, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert "answers" in process.stdout.readline(), f"It ended with {process.poll()}; why stands in its errors."
    return process


def _end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


# --- Links -----------------------------------------------------------------------------------------------------------


def forged(name: str) -> str:
    return {"x-forwarded-proto": "http", "x-forwarded-port": "31337"}.get(name, f"https://{EVIL}")


def test_no_header_moves_the_link_of_a_letter(site: Site) -> None:
    headers = {name.decode(): forged(name.decode()) for name in reverse_proxy.CLAIMS}
    assert site.ask("/accounts/password/reset/", {"email": "bob@example.org"}, **headers)[0] == 302
    letter = site.mail.letters.get(timeout=PATIENCE)
    links = re.findall(r"https?://\S+", letter.get_content())
    assert [link.startswith(f"{site.origin}/new-password/") for link in links] == [True]


@pytest.mark.parametrize("host", [EVIL, "localhost", "localhost:31337"])
def test_another_host_or_port_is_refused(site: Site, host: str) -> None:
    assert site.ask("/accounts/password/reset/", {"email": "bob@example.org"}, Host=host)[0] == 400
    assert site.mail.letters.empty()


def test_links_that_are_shown_begin_with_the_origin(site: Site) -> None:
    invited = {"role": "reader", "days": "1", "is_single_use": "1"}
    page = site.ask(f"/teams/{site.cast['team']}/invitations/", invited, by="alice")[1]
    assert f'value="{site.origin}/join/' in page
    bob = _id_of(site, "bob")
    page = site.ask(f"/new-password/for/{bob}/", {}, by="alice")[1]
    assert f'value="{site.origin}/new-password/' in page


def _id_of(site: Site, name: str) -> str:
    with closing(sqlite3.connect(site.folder / "chatsite.sqlite3")) as rows:
        found = rows.execute("SELECT id FROM conversations_user WHERE username = ?", [name]).fetchone()[0]
    return f"{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"


def test_plain_http_leads_to_tls(site: Site) -> None:
    connection = HTTPConnection("127.0.0.1", site.plain_port, timeout=PATIENCE)
    connection.request("GET", "/account/", headers={"Host": "localhost"})
    response = connection.getresponse()
    assert (response.status, response.headers["Location"]) == (301, "https://localhost/account/")
    connection.close()


def test_browsers_are_spoken_to_in_http_2(site: Site) -> None:
    context = site.context
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("localhost", site.port), PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as safe,
    ):
        assert safe.selected_alpn_protocol() == "h2"


# --- The client ------------------------------------------------------------------------------------------------------


def test_the_audit_log_has_the_visitors_address(site: Site) -> None:
    claimed = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    for number, headers in enumerate([{}, claimed]):
        assert site.ask("/teams/new/", {"name": f"Team {number}"}, by="alice", **headers)[0] == 302
        assert site.noted_address() == HERE


def test_limits_are_each_addresss_own(site: Site) -> None:
    found, minute = list[int](), -1
    for number in itertools.count(9):  # another address where a minute of the clock ends meanwhile
        if minute == rate_limits._minute():
            break
        minute = rate_limits._minute()
        source = f"127.0.0.{number}"
        found = [site.ask("/join/x/", source=source)[0] for _ in range(rate_limits.MAX_BAD_LINKS + 1)]
    assert found == [404] * rate_limits.MAX_BAD_LINKS + [429]
    assert site.ask("/join/x/", source=ELSEWHERE)[0] == 404


# --- Browsers --------------------------------------------------------------------------------------------------------


def test_cookies_go_over_tls_alone(site: Site) -> None:
    given = {"login": "carol", "password": canaries.PASSWORD}
    status, _, headers = site.ask("/accounts/login/", given)
    assert (status, headers["Location"]) == (302, "/")
    assert headers["Set-Cookie"].startswith("__Host-")
    assert "; Secure" in headers["Set-Cookie"]
    assert headers["Strict-Transport-Security"]
    assert headers["Server"] == "nginx"


def test_a_websocket_opens_for_our_own_pages(site: Site) -> None:
    cookie = {"Cookie": f"__Host-sessionid={site.cast['sessions']['bob']}"}
    address = f"wss://localhost:{site.port}"
    with connect(f"{address}/ws/", ssl=site.context, origin=site.origin, additional_headers=cookie) as opened:  # type: ignore[arg-type]
        opened.send('{"type": "ping", "id": "1"}')
        assert '"ack"' in str(opened.recv(timeout=PATIENCE))
    for path, origin, status in (("/ws/", f"https://{EVIL}", 403), ("/elsewhere/", site.origin, 404)):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"{address}{path}", ssl=site.context, origin=origin, additional_headers=cookie)  # type: ignore[arg-type]
        assert refused.value.response.status_code == status


def test_the_log_has_no_secret_of_a_link(site: Site) -> None:
    for path in SECRETS:
        site.ask(path.format("the-secret-of-a-link"), source=ELSEWHERE)
    assert site.ask("/livez?the-last-line")[0] == 200
    pause, until = threading.Event(), time.monotonic() + 10  # nginx answers before it writes the line
    while "/livez?the-last-line" not in (log := (site.nginx / "access.log").read_text()):
        assert time.monotonic() < until, log
        pause.wait(0.05)
    assert "the-secret-of-a-link" not in log


# --- `doctor` --------------------------------------------------------------------------------------------------------


def test_doctor_agrees(site: Site, settings: Any) -> None:
    settings.CHATSITE_ORIGINS = [site.origin]
    settings.CHATSITE_CA_FILE = str(site.authority)
    assert reachability.at_every_origin() == f"{site.origin} answers"


def test_doctor_names_a_certificate_that_is_not_accepted(site: Site, settings: Any) -> None:
    settings.CHATSITE_ORIGINS = [site.origin]
    with pytest.raises(reachability.Unreachable, match="its certificate is not accepted: unable to get local issuer"):
        reachability.at_every_origin()
    settings.CHATSITE_ORIGINS = [site.origin.replace("localhost", "127.0.0.1")]
    settings.CHATSITE_CA_FILE = str(site.authority)
    with pytest.raises(reachability.Unreachable, match="its certificate is not accepted: IP address mismatch"):
        reachability.at_every_origin()
