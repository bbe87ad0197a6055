"""Over TLS the cookies have names that browsers guard, and signing in works with them."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.conftest import PASSWORD
from tests.made_once import spare_first_start

BASE = Path(__file__).resolve().parent.parent
HOST = "chat.example"


class Browser:
    """Sends each cookie back, as a browser would behind a proxy with TLS on this machine."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies = port, dict[str, str]()
        self.set: list[str] = []

    def ask(self, path: str, given: dict[str, str] | None = None) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        form = {"Content-Type": "application/x-www-form-urlencoded"} if given else {}
        body = urlencode(given | {"csrfmiddlewaretoken": self.token()}) if given else None
        connection.request("POST" if given else "GET", path, body, {**self.headers(), **form})
        response = connection.getresponse()
        self.page = response.read().decode()
        connection.close()
        for cookie in response.headers.get_all("Set-Cookie", []):
            self.set.append(cookie)
            name, value = cookie.partition(";")[0].split("=", 1)
            self.cookies[name] = value
        return response

    def headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Host": HOST, "Origin": f"https://{HOST}", "Referer": f"https://{HOST}/", "Cookie": cookies}

    def token(self) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page)
        assert found
        return found[1]

    def opens_a_socket(self) -> bool:
        way = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        cookies = {"Cookie": self.headers()["Cookie"]}
        try:
            with connect(f"ws://{HOST}/ws/", sock=way, origin=f"https://{HOST}", additional_headers=cookies) as opened:  # type: ignore[arg-type]
                opened.send('{"type": "ping", "id": "1"}')
                return '"ack"' in str(opened.recv(timeout=20))
        except (InvalidStatus, ConnectionClosed):
            return False


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    """Return a browser at a site with https origins only, in a process of its own."""
    environment = os.environ | {"CHATSITE_DATA": str(tmp_path), "CHATSITE_ORIGINS": f"https://{HOST}"}
    command = [sys.executable, "manage.py", "start", "--port", "{}", "--no-local-model"]
    spare_first_start(tmp_path)
    port = _free_port()
    with subprocess.Popen([word.format(port) for word in command], cwd=BASE, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # fmt: skip
        assert process.stdout
        assert "answers" in process.stdout.readline()
        made = Browser(port)
        way_in = process.stdout.readline().partition("/setup/")[2].strip()
        assert made.ask(f"/setup/{way_in}").status == 200
        yield made
        process.kill()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_signing_in_works_with_guarded_cookies_and_only_with_them(browser: Browser) -> None:
    code = re.search(r'name="code"[^>]*value="([^"]+)"', browser.page)
    given = {"name": "alice", "password": PASSWORD, "language": "en", "code": code[1] if code else ""}
    assert browser.ask("/setup/", given).headers["Location"] == "/"
    assert browser.ask("/").status == 200
    assert set(browser.cookies) - {"messages"} == {"__Host-sessionid", "__Host-csrftoken", "__Host-language"}
    for cookie in browser.set:
        if cookie.startswith("__Host-"):
            assert "; Secure" in cookie, cookie
            assert "; Path=/" in cookie, cookie
            assert "Domain" not in cookie, cookie
    browser.ask("/accounts/logout/")
    browser.ask("/accounts/logout/", {"x": "y"})
    browser.ask("/accounts/login/")
    assert browser.ask("/accounts/login/", {"login": "alice", "password": PASSWORD}).headers["Location"] == "/"
    assert browser.ask("/").status == 200
    assert browser.opens_a_socket()
    browser.cookies["sessionid"] = browser.cookies.pop("__Host-sessionid")
    assert browser.ask("/").status == 302
    assert not browser.opens_a_socket()
