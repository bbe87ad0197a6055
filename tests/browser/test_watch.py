"""The watch over every page detects each fault that it is for."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Browser

from conversations.models import User
from conversations.views import site as site_views
from tests.browser.chat_page import ChatPage
from tests.browser.watch import Watch
from tests.conftest import CANARY, Cast
from tests.fake_vendor import FakeVendor


@pytest.fixture
def visitor(browser: Browser, site: str, cast: Cast, sign_in: Callable[[User], Client]) -> ChatPage:
    """Return Alice's page, whose watch only the test itself checks."""
    context = browser.new_context()
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": sign_in(cast.alice).cookies[name].value, "url": site}])
    watch = Watch(context, site)
    return ChatPage(context.new_page(), site, watch)


@pytest.mark.parametrize("script", ["console.error('oh')", "alert('oh')", "setTimeout(() => { throw 'oh' }), null"])
def test_it_hears_complaints_errors_and_dialogs(visitor: ChatPage, script: str) -> None:
    visitor.open().page.evaluate(script)
    with pytest.raises(AssertionError, match="oh"):
        visitor.watch.verdict()


def test_it_sees_requests_to_other_places(visitor: ChatPage, vendor: FakeVendor) -> None:
    visitor.page.goto(vendor.openai_url)
    visitor.watch.expect("")
    with pytest.raises(AssertionError, match="other places"):
        visitor.watch.verdict()


@pytest.mark.parametrize("keep", ["document.title = '{}'", "localStorage.setItem('draft', '{}')"])
def test_it_sees_the_key_in_a_page_and_in_its_storage(visitor: ChatPage, keep: str) -> None:
    visitor.open().page.evaluate(keep.format(CANARY))
    with pytest.raises(AssertionError, match="in its storage"):
        visitor.watch.verdict()


def test_it_sees_the_key_in_what_a_page_was_sent_and_does_not_show(
    visitor: ChatPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_views, "JsonResponse", lambda _: HttpResponse(CANARY))
    visitor.watch.expect("is not valid JSON")  # the page's own requests get the same answer
    visitor.open()
    with visitor.page.expect_event("requestfinished", lambda request: request.url.endswith("/livez")):
        assert visitor.page.evaluate("fetch('/livez').then((page) => page.text())") == CANARY
    with pytest.raises(AssertionError, match="in a response"):
        visitor.watch.verdict()
