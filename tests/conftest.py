"""The people of the tests, the real server that they use, and the vendor that it calls.

Alice owns, Bob is in her team, Rita only reads there, Carol is an outsider.
"""

import asyncio
import functools
import gc
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import make_password
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.db import connections
from django.test import Client
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

import providers.clock
from chatsite.management.commands.start import OBJECTS_BETWEEN_COLLECTIONS
from conversations import sweeper
from conversations.live import hub
from conversations.models import Membership, Team, User
from conversations.usage import quotas
from conversations.workers import background
from providers.models import ApiKey, Deployment, Endpoint, LanguageModel
from tests import canaries, echoing, environment, made_once, quick, shortcuts
from tests.canaries import CANARY, PASSWORD
from tests.clock import Clock
from tests.echoing import Running
from tests.fake_vendor import FakeVendor
from tests.sent import sent
from tests.sockets import Socket

BROWSER_FOLDER = "browser"
TOGETHER = ("tests/cluster/", "tests/test_nginx.py", "tests/providers/test_sdks.py")
"""Tests that share what is made or loaded once: a site in processes of its own, large libraries."""
SEARCHED_EVERY, SPELT_EVERY = 4, 24
"""Numbers of tests of which one looks for secrets in what they left, and in every spelling; with --soak each does."""
LONG = ("test_code_quality.py", "test_on_postgres.py", "test_s01_kill.py", "test_other_browsers.py")


class Scheduling(LoadScopeScheduling):
    """The distribution of tests: a free process gets the next test; those that share much go to one.

    pytest-xdist's own groups do nothing with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((shared for shared in TOGETHER if nodeid.startswith(shared)), nodeid)

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Note that a test has ended, and forget it: else each end would count all tests before it."""
        super().mark_test_complete(node, item_index, duration)
        assigned, scope = self.assigned_work[node], self._split_scope(self.registered_collections[node][item_index])
        if all(assigned[scope].values()):
            del assigned[scope]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    return Scheduling(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the full counts of the long checks")
    parser.addoption("--quick", action="store_true", help="run a selection of less than two minutes")


def pytest_configure(config: pytest.Config) -> None:
    """Make Hypothesis try the same examples every time, however slowly they come; --soak tries new ones."""
    hypothesis.settings.register_profile(
        "same",
        derandomize=not config.getoption("--soak"),
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    hypothesis.settings.load_profile("same")
    shortcuts.take()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Change the database's settings before the test database is made."""
    shortcuts.spare_the_disk()
    shortcuts.begin_migrated()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Keep the database that is there: a copy of a migrated one, deleted with its folder."""
    return True


def pytest_sessionfinish() -> None:
    """Close the loop that importing Daphne made, even if no test has used the server."""
    if server := sys.modules.get("daphne.server"):
        server.twisted_loop.close()


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Let one process collect first: it compiles the modules of the tests, else each of them does."""
    with made_once.after_the_first("collection") if hasattr(session.config, "workerinput") else nullcontext():
        return (yield)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort long tests to the front, and browser tests to the end.

    Synchronous Playwright keeps a loop running on the main thread.
    """
    if not config.getoption("--soak"):
        _leave_out(config, items, lambda item: item.get_closest_marker("soak") is not None)
    if config.getoption("--quick"):
        _leave_out(config, items, lambda item: not quick.includes(item.nodeid))
    items.sort(key=lambda item: (BROWSER_FOLDER in item.path.parts, item.path.name not in LONG))


def pytest_collection_finish() -> None:
    """Take the million objects of the collected tests out of the garbage collector's rounds: a tenth of all work.

    The rounds are as rare as in a site that serves.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip the files without quick tests, so that they are not imported."""
    return True if config.getoption("--quick") and not quick.is_needed(collection_path) else None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print what --quick left out, as the last line."""
    if config.getoption("--quick") and not hasattr(config, "workerinput"):
        print(quick.left_out())


def _leave_out(config: pytest.Config, items: list[pytest.Item], is_left_out: Callable[[pytest.Item], bool]) -> None:
    left_out = [item for item in items if is_left_out(item)]
    items[:] = [item for item in items if not is_left_out(item)]
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Fail a test that has written a secret to its log."""
    report = yield
    written = "".join(text for name, text in report.sections if "stdout" not in name)
    found = canaries.hits(written.encode(errors="replace"), _secrets()) if report.passed and written else []
    if found:
        report.outcome, report.longrepr = "failed", f"the log tells {found}"
    return report


def _secrets() -> dict[str, str]:
    return canaries.of_site(Path(environment.DATA))


both_ways = pytest.mark.parametrize("way", ["socket", "stream"], indirect=True)
"""Mark of the tests of the promise, which run over a websocket and over an event stream."""


@dataclass(frozen=True)
class Cast:
    """The people; `team` is Alice's (lead), Bob's (member) and Rita's (reader)."""

    alice: User
    bob: User
    rita: User
    carol: User
    team: Team


@pytest.fixture
def cast(transactional_db: None, pytestconfig: pytest.Config) -> Iterator[Cast]:
    cache.clear()  # the counts of earlier tests' attempts
    people = [User(username=name, password=_hashed(), language="en", **_POWERS.get(name, {})) for name in _PEOPLE]
    alice, bob, rita, carol = User.objects.bulk_create(people)  # one statement for all: a thousand tests begin so
    team = Team.objects.create(name="Crew")
    roles = ((alice, "lead"), (bob, "member"), (rita, "reader"))
    Membership.objects.bulk_create(Membership(team=team, user=person, role=role) for person, role in roles)
    yield Cast(alice, bob, rita, carol, team)
    background.wait()  # a letter that is still being written would be found by the next test
    turn, soak = next(_searches), bool(pytestconfig.getoption("--soak"))
    if turn % SEARCHED_EVERY and not soak:
        return
    data = Path(environment.DATA)
    spelt = soak or turn % SPELT_EVERY == 0
    found = canaries.hits_in(data, canaries.of_site(data), _NOT_SEARCHED, _searched, spelt=spelt)
    assert found == [], "secrets in the database file or in uploaded files, of this test or the three before"


_searched: dict[Path, bytes] = {}
_searches = count()
_PEOPLE = ("alice", "bob", "rita", "carol")
_POWERS = {"alice": {"is_superuser": True, "is_staff": True}}
_hashed = functools.cache(lambda: make_password(PASSWORD))
_NOT_SEARCHED = (*canaries.KEEPERS, Path(django_settings.STATIC_ROOT).name)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return a clock that stands still until the test moves it."""
    turned = Clock()
    monkeypatch.setattr(providers.clock, "now", turned.now)
    return turned


@pytest.fixture
def any_number_of_conversations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test begin more conversations in a minute than a person may."""
    monkeypatch.setattr(quotas, "MAX_CONVERSATIONS_A_MINUTE", 10**6)


@pytest.fixture
def vendor(settings: object) -> Iterator[FakeVendor]:
    """Yield a scripted vendor that the site may call."""
    with FakeVendor() as fake:
        settings.CHATSITE_PRIVATE_HOSTS = fake.private_hosts  # type: ignore[attr-defined]
        yield fake


@pytest.fixture
def model(cast: Cast, vendor: FakeVendor) -> LanguageModel:
    """Return a model on the OpenAI-compatible wire of the scripted vendor."""
    return serve(vendor, "openai")


def serve(vendor: FakeVendor, wire: str, name: str = "parrot") -> LanguageModel:
    """Make the scripted vendor an endpoint of the site, with the canary as its key."""
    base_url, placement = {
        "openai": (vendor.openai_url, "bearer"),
        "gemini": (vendor.gemini_url, "header-goog"),
        "anthropic": (vendor.gemini_url, "header-x-api-key"),
    }[wire]
    endpoint = Endpoint.objects.create(
        name=f"{name} by {wire}", wire=wire, base_url=base_url, key_placement=placement, ask_usage=wire == "openai"
    )
    ApiKey.objects.create(endpoint=endpoint, secret=CANARY)
    model = LanguageModel.objects.create(name=name)
    Deployment.objects.create(model=model, endpoint=endpoint, vendor_id=name)
    return model


@pytest.fixture
def serve_echo() -> Iterator[Callable[..., Running]]:
    """Yield a function that starts our server with a tiny application and the given limits."""
    started: list[Running] = []

    def start(**environment: str) -> Running:
        started.append(echoing.start(environment))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.communicate()


@pytest.fixture(scope="session")
def static_files() -> None:
    made_once.link(made_once.static_files(), Path(staticfiles_storage.location))
    staticfiles_storage.hashed_files, staticfiles_storage.manifest_hash = staticfiles_storage.load_manifest()


@pytest.fixture(scope="session")
def _server(static_files: None, django_db_setup: None, django_db_blocker: object) -> Iterator[int]:
    """Run Daphne as `start` does, in a thread of this process, and yield its port."""
    from chatsite.server.daphne import Server, reactor
    from conversations import lifecycle

    answering, port = threading.Event(), []

    def note(number: int) -> None:
        port.append(number)
        answering.set()

    def serve_forever() -> None:
        from chatsite.asgi import application
        from chatsite.clients.owner import find_owner

        asyncio.set_event_loop(reactor._asyncioEventloop)
        server = Server(sent.watching(application), port=0, answering=note, whose=find_owner, signal_handlers=False)
        server.run()

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        import_module(django_settings.ROOT_URLCONF)
        lifecycle.start_up(reactor._asyncioEventloop)
        sweeper.sweeper.stop()  # its chores run only while a test has the site
        thread = threading.Thread(target=serve_forever, name="daphne", daemon=True)
        thread.start()
        assert answering.wait(20), "the server does not answer"
        yield port[0]
        lifecycle.shut_down()  # first, as `start` does it: its work still needs the loop
        reactor.callFromThread(reactor.stop)
        thread.join(10)


class Sweeping(sweeper.Sweeper):
    """The chores once a second, from the first second on, without those of each hour: most tests are shorter."""

    def _run(self) -> None:
        rounds = 1
        while not self._stopping.wait(sweeper.ROUND_SECONDS):
            sweeper.go_round(rounds)
            rounds += 1
        connections.close_all()


sweeping = Sweeping()


@pytest.fixture
def site(_server: int, transactional_db: None, settings: object) -> Iterator[str]:
    """Yield the address of the running site, whose periodic chores run only while a test has it."""
    sweeping.start()
    address = f"http://127.0.0.1:{_server}"
    django_settings.CHATSITE_ORIGINS[:] = [address]
    settings.ALLOWED_HOSTS = ["127.0.0.1"]  # type: ignore[attr-defined]
    settings.CSRF_TRUSTED_ORIGINS = [address]  # type: ignore[attr-defined]
    yield address
    _come_to_rest()
    sweeping.stop()


def _come_to_rest() -> None:
    """Stop all replies, so that none writes into the next test's database."""
    calm = threading.Event()
    for live in list(hub.replies.values()):
        live.stop()
    for _ in range(200):
        if not hub.replies:
            return
        calm.wait(0.05)
    raise AssertionError("replies are still under way after the test")


@pytest.fixture
def sign_in(site: str) -> Callable[[User], Client]:
    """Return a function that returns a Django test client with a person's session; its cookies open sockets too."""

    def enter(person: User) -> Client:
        client = Client(headers={"host": site.removeprefix("http://")})
        client.force_login(person)
        return client

    return enter


@pytest.fixture
def way(request: pytest.FixtureRequest) -> str:
    """Return what carries commands and events: "socket", or "stream" where a test is parametrized with BOTH_WAYS."""
    return str(getattr(request, "param", "socket"))


@pytest.fixture
def connect(site: str, sign_in: Callable[[User], Client], way: str) -> Iterator[Callable[..., Socket]]:
    """Yield a function that opens a websocket as a person, subscribed from its return on."""
    sockets: list[Socket] = []

    def open_socket(person: User, client: Client | None = None) -> Socket:
        session = (client or sign_in(person)).cookies[django_settings.SESSION_COOKIE_NAME].value
        sockets.append(Socket(site, session, way=way))
        sockets[-1].arrive()
        return sockets[-1]

    yield open_socket
    for socket in sockets:
        socket.close()
