"""The real small model, from the card to a second question."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import expect

from conversations.models import Message
from providers import local_model
from providers.local_model import child
from tests.browser.conftest import Visit
from tests.conftest import Cast

SLOW = 120_000  # milliseconds; a build machine has other things to do


@pytest.fixture(scope="module")
def _fetched() -> None:
    outcome = local_model.fetch(Path(sys.executable), settings.CHATSITE_DATA)
    assert outcome.stage == "ready", f"The small local model cannot be had: {outcome.reason}"


@pytest.fixture
def _own_port(_fetched: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Choose a port that no other site on this machine uses, and end our processes afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    monkeypatch.setattr(child, "DEFAULT_PORT", port)
    monkeypatch.setattr(child, "_port", port)
    yield
    local_model.shut_down()


@pytest.mark.soak
@pytest.mark.usefixtures("_own_port")
def test_the_local_model_answers_two_questions(cast: Cast, visit: Visit) -> None:
    alice = visit(cast.alice)
    expect(alice.page.locator(".way__stage")).to_have_text("Ready.")
    alice.page.get_by_role("button", name="Try the local model").click()
    expect(alice.text).to_be_visible()
    for number, question in enumerate(("What is the capital of France?", "And of Italy?")):
        alice.send(question)
        expect(alice.replies.nth(number)).to_have_attribute("data-status", "complete", timeout=SLOW)
        assert alice.words(alice.replies.nth(number)).strip()
    assert any('"message.delta"' in frame for frame in alice.watch.frames_heard), "it did not stream"

    first, second = Message.objects.filter(role="assistant").order_by("created_at")
    assert second.parent.parent == first
    assert second.input_tokens > first.input_tokens + first.output_tokens > 0, "the first turn was not sent along"
