"""The drill of a company: out through its proxy, to a vendor whose certificate its own authority has signed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatsite.configuration import certificate_authorities
from chatsite.health import checks
from providers.checks import Sick
from tests import canaries
from tests.certificates import Authority
from tests.connect_proxy import ConnectProxy
from tests.fake_vendor import FakeVendor
from tests.faults.notes import UNDER_WAY, Sending
from tests.faults.page import Page
from tests.faults.real_site import BASE, RealSite
from tests.vendor_replies import hold, openai_event, openai_stream

NAME = "vendor.example"
PASSWORD = "pr@xy/CANARY:27d1c0ffee"


@pytest.fixture
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def company() -> Iterator[ConnectProxy]:
    with ConnectProxy({NAME: "127.0.0.1"}, "ann", PASSWORD) as proxy:
        yield proxy


@pytest.fixture
def vendor(authority: Authority) -> Iterator[FakeVendor]:
    with FakeVendor(authority.issue(NAME)) as server:
        yield server


@pytest.fixture
def inside(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    vendor: FakeVendor,
    company: ConnectProxy,
    authority: Authority,
) -> Iterator[RealSite]:
    """Return a site that reaches the vendor only through the proxy."""
    setting = tmp_path_factory.mktemp("secrets") / "proxy"
    setting.write_text(company.url + "\n")
    environment = {"CHATSITE_PROXY_FILE": str(setting), "CHATSITE_CA_FILE": str(authority.file)}
    url = f"https://{NAME}:{vendor.host.partition(':')[2]}/v1"
    site = RealSite(tmp_path, vendor, environment=environment, vendor_url=url)
    yield site
    site.close()


def test_a_site_behind_a_proxy_with_an_authority_of_its_own(
    inside: RealSite, vendor: FakeVendor, company: ConnectProxy, tmp_path: Path
) -> None:
    inside.start()
    page = inside.page("alice")
    vendor.play([openai_stream(["Hel", "lo"])], [openai_event("Hel"), hold])
    assert _end(page, page.say("One", models=[inside.model])) == ("complete", "Hello")

    stopped = page.say("Two", parent=None).ack()["replies"][0]
    page.wait(lambda page: page.messages[stopped].text == "Hel")
    page.do("reply.stop", message=stopped)
    page.wait(Page.is_quiet)
    assert page.messages[stopped].status == "stopped"
    assert vendor.requests[1].hung_up.wait(5)

    company.script = [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Please sign in</html>"]
    failed = page.say("Three", parent=None)
    assert _end(page, failed)[0] == "failed"
    assert _told(page, failed)["error"]["text"] == (
        "This site's proxy answered with a page of its own instead of a connection."
    )
    company.script = []
    assert _end(page, page.say("Four", parent=None))[0] == "complete", "nothing rests: the next one goes out at once"

    said = inside.command("doctor")[1]
    for line in (f"proxy: 127.0.0.1:{company.port} answers", "authorities: 1 in", "endpoint vendor:"):
        assert f"ok      {line}" in said
    assert all(head.startswith(f"CONNECT {NAME}:") for head in company.asked)
    assert canaries.hits_in(tmp_path, {"the proxy's password": PASSWORD}) == []
    assert canaries.hits((said + inside.complaints()).encode(), {"the proxy's password": PASSWORD}) == []


def _end(page: Page, sending: Sending) -> tuple[str, str]:
    """Return the status and text of the reply, once it has ended."""
    reply = sending.ack()["replies"][0]
    page.wait(lambda page: reply in page.messages and page.messages[reply].status not in UNDER_WAY)
    return page.messages[reply].status, page.messages[reply].text


def _told(page: Page, sending: Sending) -> dict[str, Any]:
    """Return the end of the reply as this window received it."""
    reply = sending.ack()["replies"][0]
    ends = (note.frame["message"] for note in page.notes if note.frame["type"] == "message.finished")
    return next(message for message in ends if message["id"] == reply)


@pytest.mark.parametrize(
    "content", [None, "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_authorities_that_are_none_are_told_of(settings: Any, tmp_path: Path, content: str | None) -> None:
    settings.CHATSITE_CA_FILE = str(tmp_path / "authorities.pem")
    if content is not None:
        Path(settings.CHATSITE_CA_FILE).write_text(content)
    words = "which cannot be read: No such file" if content is None else "which holds no certificate authority as PEM"
    assert words in certificate_authorities.problem()
    with pytest.raises(Sick, match=words):
        checks.certificate_authorities()


def test_a_start_says_in_one_line_that_they_are_none(tmp_path: Path) -> None:
    environment = os.environ | {"CHATSITE_DATA": str(tmp_path), "CHATSITE_CA_FILE": "/nowhere.pem"}
    command = [sys.executable, "manage.py", "start", "--no-local-model", "--port", "0"]
    done = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "CommandError: CHATSITE_CA_FILE names /nowhere.pem, which cannot be read: No such file or directory.\n"
    )
