"""Chromium, and a window of it for each person."""

import os
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from conversations.models import File, User
from tests.authorisation import admin_table
from tests.authorisation.world import World, build
from tests.browser.chat_page import ChatPage
from tests.browser.contexts import PATIENCE, Contexts
from tests.browser.link import Link
from tests.browser.watch import Watch

FLAGS = [
    *("--renderer-process-limit=1", "--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),  # a microphone that beeps
]
LOOKS = ("color_scheme", "forced_colors", "reduced_motion")
"""Options of a page alone: each context that differs costs a process of the browser."""
Visit = Callable[..., ChatPage]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # synchronous Playwright keeps a loop running on the main thread
    path = os.environ.get("CHROMIUM_PATH", "/usr/bin/chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Contexts:
    """Return the browser contexts that tests use in turn."""
    return Contexts(browser)


@pytest.fixture
def visit(contexts: Contexts, site: str, sign_in: Callable[[User], object]) -> Iterator[Visit]:
    """Yield a function that opens a browser for a person or a stranger; its watch is checked afterwards.

    The browser may have the site's files in its cache, unless it is `new`. A test that changes more of a context
    than its cookies, its storage and its clock needs a new one.
    """
    visits: list[tuple[BrowserContext, Watch]] = []

    def enter(
        person: User | None = None, path: str | None = "/", at: str = site, *, new: bool = False, **options: object
    ) -> ChatPage:
        looks = {name: options.pop(name) for name in LOOKS if name in options}
        size = None if "is_mobile" in options else options.pop("viewport", None)
        context = contexts.take(at, new=new, **options)
        visits.append((context, Watch(context, at)))
        if person:
            session = sign_in(person).cookies[settings.SESSION_COOKIE_NAME].value  # type: ignore[attr-defined]
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": at}])
        page = context.new_page()
        if size:
            page.set_viewport_size(size)
        if looks:
            page.emulate_media(**looks)
        chat = ChatPage(page, at, visits[-1][1])
        return chat.open(path) if path else chat

    yield enter
    for _, watch in visits:
        watch.verdict()
    for context, _ in visits:
        contexts.give_back(context)


@pytest.fixture
def link(site: str) -> Iterator[Link]:
    """Yield a network to the site that can be broken and mended."""
    with Link(site) as link:
        settings.CHATSITE_ORIGINS.append(link.address)
        yield link


@pytest.fixture
def world(site: str) -> Iterator[World]:
    """Yield the rows of the matrix of access: one of everything that a page may show."""
    cache.clear()
    made = build()
    made.targets |= {**admin_table.targets(made), "": {}, "key": {"key": "none", "uidb36": "1"}}
    yield made
    for file in File.objects.all():
        file.path.unlink(missing_ok=True)


@pytest.fixture
def soak(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--soak"))
