"""What befalls the disk: it takes no more. The log stays short, readiness says so, and it passes by itself."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

import pytest
import requests

from tests.faults.real_site import RealSite

ROOM = 12 * 1024
"""Bytes that a file may have where the disk is full: the log of this test needs less, the write-ahead log more."""
ATTEMPTS = 30


@contextmanager
def full(site: RealSite) -> Iterator[None]:
    """No file of this site's process grows meanwhile."""
    assert site._process
    before = resource.prlimit(site._process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(site._process.pid, resource.RLIMIT_FSIZE, (ROOM, before[1]))
    yield
    resource.prlimit(site._process.pid, resource.RLIMIT_FSIZE, before)


_languages = cycle(["zh-hans", "en"])


def change_language(site: RealSite) -> int:
    """A request that changes one row: the same again, SQLite would not write."""
    cookies = {"sessionid": site.session("alice"), "csrftoken": "x" * 32}
    headers = {"Origin": site.address, "X-CSRFToken": "x" * 32}
    form = {"language": next(_languages), "next": "/livez"}
    return requests.post(f"{site.address}/language/", form, cookies=cookies, headers=headers, timeout=30).status_code


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_is_said_in_few_lines(real_site: RealSite) -> None:
    real_site.start()
    with full(real_site):
        codes = [change_language(real_site) for _ in range(ATTEMPTS)]
    assert codes.count(500) >= ATTEMPTS / 3
    lines = real_site.complaints().splitlines()
    print(*lines, sep="\n")
    assert any("The disk" in line for line in lines)
    assert "Traceback" not in real_site.complaints()
    assert len(lines) < 20
    assert change_language(real_site) == 200, "it goes on by itself once there is room"
