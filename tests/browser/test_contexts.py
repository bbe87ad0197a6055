"""The contexts that tests share carry nothing from one test to the next."""

import pytest
from playwright.sync_api import Browser, Error

from tests.browser.contexts import Contexts


def test_a_context_whose_clock_was_replaced_is_not_used_again(browser: Browser) -> None:
    contexts = Contexts(browser)
    first = contexts.take("http://127.0.0.1", new=False)
    contexts.give_back(first)
    assert contexts.take("http://127.0.0.1", new=False) is first
    page = first.new_page()
    page.clock.install()
    page.close()
    contexts.give_back(first)
    assert contexts.take("http://127.0.0.1", new=False) is not first


def test_a_new_context_is_for_one_test(browser: Browser) -> None:
    contexts = Contexts(browser)
    own = contexts.take("http://127.0.0.1", new=True)
    contexts.give_back(own)
    assert own not in browser.contexts


def test_a_route_ends_with_its_test(browser: Browser) -> None:
    contexts = Contexts(browser)
    first = contexts.take("http://127.0.0.1", new=False)
    first.route("**/*", lambda route: route.fulfill(status=503))
    contexts.give_back(first)
    page = first.new_page()
    with pytest.raises(Error, match="ERR_"):
        page.goto("http://127.0.0.1:9/")
    first.close()
