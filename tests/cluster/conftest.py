"""Two processes of one site, for all tests here; each test has its own conversations, and waits for its replies."""

from collections.abc import Iterator

import pytest

from tests.cluster.site import Process, Site


@pytest.fixture(scope="session")
def whole_site(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("data")) as site:
        site.start(2)
        yield site
        assert site.complaints() == []
        assert site.told_secrets(with_backup=bool(pytestconfig.getoption("--soak"))) == []


@pytest.fixture
def site(whole_site: Site) -> Iterator[Site]:
    whole_site.forget_guesses()
    yield whole_site
    whole_site.close_sockets()


@pytest.fixture
def here(site: Site) -> Process:
    """Return the process that writes the replies."""
    return site.processes[0]


@pytest.fixture
def there(site: Site) -> Process:
    """Return the process at which others read."""
    return site.processes[1]
