"""A real site that may be killed, and a vendor that talks to it."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from conversations.models import User
from tests.fake_vendor import FakeVendor
from tests.faults.chatterbox import Chatterbox
from tests.faults.page import Page
from tests.faults.real_site import RealSite
from tests.services import Postgres

Window = Callable[..., Page]
Bar = Callable[[float], float]


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
def bar(soak: bool) -> Bar:
    """A stated deadline, in seconds: as it is with --soak, which runs alone; longer where other tests run beside."""
    return lambda seconds: seconds if soak else 4 * seconds


@pytest.fixture
def chatterbox() -> Iterator[Chatterbox]:
    """A vendor for sites in processes of their own."""
    with FakeVendor() as fake:
        yield Chatterbox(fake)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Where the real site stores: SQLite in its own folder, or an empty database of a PostgreSQL."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgres").new_database()
    return url


@pytest.fixture
def real_site(chatterbox: Chatterbox, database_url: str, tmp_path: Path) -> Iterator[RealSite]:
    """A furnished site, not yet started."""
    site = RealSite(tmp_path, chatterbox.vendor, database_url)
    yield site
    site.close()


@pytest.fixture
def window(site: str, sign_in: Callable[[User], Client]) -> Iterator[Window]:
    """Open a window of this person on the site in this process; at another address where there is something between."""
    pages: list[Page] = []

    def look(person: User, conversation: str = "", address: str = "") -> Page:
        session = sign_in(person).cookies["sessionid"].value
        pages.append(Page(address or site, session, person.username, site, str(conversation)))
        return pages[-1]

    yield look
    for page in pages:
        page.leave()
