"""A real site that may be killed, and a vendor that talks to it."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fake_vendor import FakeVendor
from tests.faults.chatterbox import Chatterbox
from tests.faults.real_site import RealSite

RealSites = Callable[..., RealSite]


@pytest.fixture
def luck(request: pytest.FixtureRequest) -> random.Random:
    """The same chances every time; others with --soak, where their seed is printed with what they found."""
    seed = random.SystemRandom().randrange(10**6) if request.config.getoption("--soak") else 1
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
def soak(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--soak"))


@pytest.fixture
def chatterbox() -> Iterator[Chatterbox]:
    """A vendor for sites in processes of their own."""
    with FakeVendor() as fake:
        yield Chatterbox(fake)


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Where the real site stores: SQLite in its own folder, or a PostgreSQL."""
    return ""


@pytest.fixture
def real_site(chatterbox: Chatterbox, database_url: str, tmp_path: Path) -> Iterator[RealSite]:
    """A furnished site, not yet started."""
    site = RealSite(tmp_path, chatterbox.vendor, database_url)
    yield site
    site.close()
