"""One short walk in Firefox and in WebKit: sign in, send, read while it streams, edit, stop."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from chatsite.bootstrap import other_browsers
from providers.models import LanguageModel
from tests.browser.drivers import ENTER, Driver, firefox, webkit
from tests.canaries import PASSWORD
from tests.conftest import Cast
from tests.conversations.test_engine import until
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_end, openai_event

Start = Callable[[Path], AbstractContextManager[Driver]]
BROWSERS = {"firefox": (firefox, ("firefox-esr",)), "webkit": (webkit, ("WebKitWebDriver", "Xvfb"))}
LAST = "[...document.querySelectorAll('chat-message[data-role=assistant]')].at(-1)"


@pytest.mark.parametrize("name", BROWSERS)
def test_a_walk(cast: Cast, model: LanguageModel, vendor: FakeVendor, site: str, tmp_path: Path, name: str) -> None:
    start, programs = BROWSERS[name]
    if lacking := other_browsers.missing(*programs):
        pytest.skip(f"{name} cannot be tried on this machine: install Debian's {lacking}")
    first, second = openai_event("One, "), openai_event("two.")
    vendor.play([first, vendor.gate, second, openai_end()], [openai_event("Three."), openai_end()])
    with start(tmp_path) as browser:

        def shows(condition: str) -> None:
            until(lambda: browser.run(f"Boolean({condition})"), 60)

        browser.open(f"{site}/accounts/login/")
        browser.type("[name=login]", "alice")
        browser.type("[name=password]", PASSWORD + ENTER)
        has_started = "document.querySelector('message-composer:defined')"
        shows(f"{has_started} && !document.querySelector('connection-status:not(:empty)')")
        browser.type("#composer-text", "Count" + ENTER)
        shows(f"{LAST}?.innerText.includes('One,') && !{LAST}.innerText.includes('two.')")
        vendor.gate.set()
        shows(f"{LAST}.dataset.status === 'complete' && {LAST}.innerText.includes('One, two.')")

        shows("document.querySelector('chat-message[data-role=user] [data-act=edit]')")
        browser.run("document.querySelector('chat-message[data-role=user] [data-act=edit]').click()")
        shows("document.querySelector('.editor__text')?.getBoundingClientRect().height > 10")
        browser.type(".editor__text", " on")
        assert browser.run("document.querySelector('.editor__text').value") == "Count on"
        browser.type(".editor__text", ENTER)
        shows(f"{LAST}.dataset.status === 'complete' && {LAST}.innerText.includes('Three.')")
        assert json.dumps("Count on") in json.dumps(vendor.requests[1].json)

        vendor.gate.clear()
        vendor.play([openai_event("Four"), vendor.gate])
        browser.type("#composer-text", "And then?" + ENTER)
        shows(f"{LAST}.dataset.status === 'streaming' && {LAST}.innerText.includes('Four')")
        browser.run("document.querySelector('button[name=stop]').click()")
        shows(f"{LAST}.dataset.status === 'stopped'")
