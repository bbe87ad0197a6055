"""A real site that may be killed, and a vendor for it."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from conversations.models import User
from tests.fake_vendor import FakeVendor
from tests.faults import furniture
from tests.faults.chatterbox import Chatterbox
from tests.faults.page import Page
from tests.faults.real_site import RealSite
from tests.services import Postgres

Window = Callable[..., Page]
Bar = Callable[[float], float]


@pytest.fixture
def luck(request: pytest.FixtureRequest) -> random.Random:
    """Return the same random numbers every time; with --soak others, whose seed is printed."""
    seed = random.SystemRandom().randrange(10**6) if request.config.getoption("--soak") else 1
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
def soak(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--soak"))


@pytest.fixture
def bar(soak: bool) -> Bar:
    """Return a function for a deadline in seconds: unchanged with --soak, which runs alone, else longer."""
    return lambda seconds: seconds if soak else 4 * seconds


@pytest.fixture
def chatterbox() -> Iterator[Chatterbox]:
    """Yield a vendor for sites in processes of their own."""
    with FakeVendor() as fake:
        yield Chatterbox(fake)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with furniture.postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the address of a furnished PostgreSQL database, or "" for a SQLite in the site's folder."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgres").new_database(furniture.NAME)
    return url


@pytest.fixture
def real_site(chatterbox: Chatterbox, database_url: str, tmp_path: Path) -> Iterator[RealSite]:
    """Yield a furnished site that is not yet started."""
    site = RealSite(tmp_path, chatterbox.vendor, database_url)
    yield site
    site.close()


@pytest.fixture
def window(site: str, sign_in: Callable[[User], Client], way: str) -> Iterator[Window]:
    """Yield a function that opens a person's window on the site in this process, or at another address."""
    pages: list[Page] = []

    def look(person: User, conversation: str = "", address: str = "") -> Page:
        session = sign_in(person).cookies["sessionid"].value
        pages.append(Page(address or site, session, person.username, site, str(conversation), way))
        return pages[-1]

    yield look
    for page in pages:
        page.leave()
