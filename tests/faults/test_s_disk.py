"""Faults of the disk: it is full, or its content is copied."""

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest
import requests

from tests.faults.chatterbox import Chatterbox
from tests.faults.page import Page
from tests.faults.real_site import RealSite
from tests.faults.rows import read_rows

ROOM = 12 * 1024
"""Bytes that a file may have on the full disk.

The log of this test needs less, the write-ahead log more.
"""
ATTEMPTS = 30


@contextmanager
def full(site: RealSite) -> Iterator[None]:
    """Stop the growth of all files of this site's process meanwhile."""
    assert site._process
    before = resource.prlimit(site._process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(site._process.pid, resource.RLIMIT_FSIZE, (ROOM, before[1]))
    yield
    resource.prlimit(site._process.pid, resource.RLIMIT_FSIZE, before)


_languages = cycle(["zh-hans", "en"])


def change_language(site: RealSite) -> int:
    """Send a request that changes one row; it must differ, because SQLite writes no equal row."""
    cookies = {"sessionid": site.session("alice"), "csrftoken": "x" * 32}
    headers = {"Origin": site.address, "X-CSRFToken": "x" * 32}
    form = {"language": next(_languages), "next": "/livez"}
    return requests.post(f"{site.address}/language/", form, cookies=cookies, headers=headers, timeout=30).status_code


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_full_disk_is_said_in_few_lines(real_site: RealSite) -> None:
    real_site.start()
    with full(real_site):
        codes = [change_language(real_site) for _ in range(ATTEMPTS)]
        answer = requests.get(f"{real_site.address}/readyz", timeout=30)
    told = {"status": "unavailable", "code": "database_failing", "version": "0.1.0"}
    assert (answer.status_code, answer.json()) == (503, told)
    assert codes.count(500) >= ATTEMPTS / 3
    lines = real_site.complaints().splitlines()
    print(*lines, sep="\n")
    assert any("The disk" in line for line in lines)
    assert "Traceback" not in real_site.complaints()
    assert len(lines) < 20
    assert change_language(real_site) == 200, "it goes on by itself once there is room"
    while requests.get(f"{real_site.address}/readyz", timeout=30).status_code != 200:
        pass  # the last answer holds for a second


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_after_a_clean_stop_the_database_file_alone_is_all(
    real_site: RealSite, chatterbox: Chatterbox, tmp_path: Path
) -> None:
    chatterbox.pieces, chatterbox.pace = (20, 20), 0.0
    real_site.start()
    page = real_site.page("alice")
    page.say("remember this", models=[real_site.model]).ack()
    page.wait(Page.is_quiet)
    assert real_site.terminate()[1] == 0
    database = Path(real_site.database)
    assert [path.name for path in database.parent.glob("*-wal") if path.stat().st_size] == []
    copy = tmp_path / "elsewhere" / database.name
    copy.parent.mkdir()
    shutil.copy(database, copy)
    assert read_rows(str(copy)) == read_rows(real_site.database)
    assert "remember this" in {row.text for row in read_rows(str(copy))}
