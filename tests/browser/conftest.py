"""Chromium, and a window of it for each person."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect, sync_playwright

from conversations.models import User
from tests.browser.chat_page import ChatPage
from tests.browser.link import Link
from tests.browser.watch import Watch

PATIENCE = 15_000  # milliseconds
FLAGS = [
    *("--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
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


@pytest.fixture
def visit(browser: Browser, site: str, sign_in: Callable[[User], object], tmp_path: Path) -> Iterator[Visit]:
    """Yield a function that opens a browser for a person or a stranger; its watch is checked afterwards."""
    watches: list[Watch] = []

    def enter(person: User | None = None, path: str | None = "/", at: str = site, **options: object) -> ChatPage:
        archive = tmp_path / f"visit-{len(watches)}.har"
        context = browser.new_context(**{"locale": "en-US", **options}, record_har_path=archive)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        watches.append(Watch(context, at, archive))
        if person:
            session = sign_in(person).cookies[settings.SESSION_COOKIE_NAME].value  # type: ignore[attr-defined]
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": at}])
        chat = ChatPage(context.new_page(), at, watches[-1])
        return chat.open(path) if path else chat

    yield enter
    for watch in watches:
        watch.verdict()


@pytest.fixture
def link(site: str) -> Iterator[Link]:
    """Yield a network to the site that can be broken and mended."""
    with Link(site) as link:
        settings.CHATSITE_ORIGINS.append(link.address)
        yield link
