"""Load does not stop the site: limits of one address, service for another person, and no leftovers."""

import resource
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from time import monotonic, sleep

import pytest

from conversations.workers.thread_pool import IDLE_SECONDS
from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor
from tests.faults.conftest import Bar
from tests.faults.crush import Crush, Size, usual_limit_of_files
from tests.faults.real_site import RealSite

NO_PROXY = {"CHATSITE_TRUSTED_PROXIES": "none"}


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[RealSite]:
    """Return a site to which every loopback address is a client, started with the usual limit of open files."""
    with FakeVendor() as vendor:
        site = RealSite(tmp_path, vendor, environment=NO_PROXY)
        with usual_limit_of_files():
            site.start()
        yield site
        site.close()


@pytest.fixture
def process(loaded: RealSite) -> int:
    return loaded.process


@pytest.mark.soak
def test_one_address_cannot_keep_another_persons_page(loaded: RealSite, process: int, soak: bool, bar: Bar) -> None:
    soft, hard = resource.prlimit(process, resource.RLIMIT_NOFILE)
    assert soft == hard > 1024, "its start has raised the limit of open files"
    half_open, pages, looks = (300, 200, 200) if soak else (120, 60, 20)
    Crush(loaded, half_open // 4, pages // 2).rage(5)
    before = _at_rest(process)
    crush = Crush(loaded, half_open, pages)
    crush.rage(looks)
    after = _at_rest(process)
    until(lambda: Size.of(process).memory - before.memory < 10, 90)
    p95 = quantiles(crush.seconds, n=20)[-1]
    print(f"{half_open} half-open, {pages} pages: p50 {quantiles(crush.seconds)[1]:.3f} s, p95 {p95:.3f} s")
    print(f"{len(crush.statuses)} answers, {set(crush.statuses)}; before {before}, after {after}")
    assert not {status for status in crush.statuses if status >= 500} - {503}
    assert p95 < bar(0.5)
    assert abs(after.files - before.files) <= 5
    assert abs(after.threads - before.threads) <= 2
    assert "Traceback" not in loaded.complaints()


def _at_rest(process: int) -> Size:
    """Return what the process holds once that has not changed for longer than a thread rests."""
    size, since, end = Size.of(process), monotonic(), monotonic() + 60
    while monotonic() < min(end, since + IDLE_SECONDS + 1):
        sleep(0.1)
        now = Size.of(process)
        if (now.files, now.threads) != (size.files, size.threads):
            size, since = now, monotonic()
    return Size.of(process)
