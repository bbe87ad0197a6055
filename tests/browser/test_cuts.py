"""C02 with the real page: the connection is cut in four ways during a reply, and no word is missing."""

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import expect

from conversations.models import Message
from providers.models import LanguageModel
from tests.browser.conftest import Visit
from tests.browser.watch import NO_NETWORK
from tests.conftest import Cast
from tests.fake_vendor import FakeVendor
from tests.faults.proxy import Kind, Proxy
from tests.vendor_replies import Step, openai_end, openai_event

CUTS: tuple[Kind, ...] = ("reset", "end", "half-close", "black hole", "reset")
BLACK_HOLE = 0.5
"""Seconds."""


@pytest.fixture
def way(site: str) -> Iterator[Proxy]:
    with Proxy(urlsplit(site).port or 80) as way:
        settings.CHATSITE_ORIGINS.append(way.address)
        yield way


def test_c02_a_page_that_is_cut_off_again_and_again_shows_every_word_once(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, visit: Visit, way: Proxy
) -> None:
    said: list[str] = []
    alice = visit(cast.alice, at=way.address)
    alice.watch.expect(NO_NETWORK)
    alice.ask("First")
    vendor.script = lambda request: counting(said, vendor)
    alice.send("Count")
    reply = alice.replies.nth(1)
    expect(reply.locator(".message__text")).to_contain_text("word1 ")
    for kind in CUTS:
        way.strike(kind)
        threading.Timer(BLACK_HOLE, way.mend).start()
        vendor.requests[-1].hung_up.wait(BLACK_HOLE)  # words that the page cannot hear
        expect(reply.locator(".message__text")).to_contain_text(f"word{len(said) + 1} ")
    vendor.gate.set()
    alice.ended(reply)
    assert alice.words(reply) == "".join(said).strip()
    assert alice.messages.count() == Message.objects.count() == 4
    assert len(vendor.requests) == 2


def counting(said: list[str], vendor: FakeVendor) -> Iterator[Step]:
    """Yield the steps that send one word after the other until the gate opens."""
    while not vendor.gate.is_set():
        said.append(f"word{len(said)} ")
        yield openai_event(said[-1])
        yield 0.04
    yield openai_end()
