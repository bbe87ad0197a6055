"""Replies that end while rendering is impossible: they end in time, and are rendered when they are opened."""

import time

import pytest
from django.utils import timezone

from conversations import markdown
from conversations.connections import opening
from conversations.connections.opening import OpenedConversation
from conversations.generation import recovery, runner
from conversations.live import events
from conversations.markdown import growing
from conversations.models import Conversation, Message
from conversations.templatetags.parts import call_value
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.test_engine import Connect, ask
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import openai_stream


def reply_of(cast: Cast, **fields: object) -> Message:
    conversation = Conversation.objects.create(owner=cast.alice)
    parts = [{"kind": "text", "text": "*Hello*"}]
    return Message.objects.create(
        conversation=conversation,
        author=cast.alice,
        revision=1,
        role="assistant",
        text="*Hello*",
        parts=parts,
        **fields,
    )


def test_the_dead_are_ended_at_once_and_rendered_later(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "RENDER_SECONDS", 1e-6)
    reply = reply_of(cast, status="streaming", seq=3, owner="an earlier boot", heartbeat=timezone.now())
    with growing.child._turn(5):
        recovery.end_replies_of_earlier_boots()
    reply.refresh_from_db()
    assert (reply.status, reply.html, reply.html_version) == ("interrupted", "", 0)
    assert "<em>Hello</em>" in events.body_html(reply)
    reply.refresh_from_db()
    assert (reply.html, reply.html_version) == ("<p><em>Hello</em></p>\n", markdown.RENDERER_VERSION)


def test_a_reply_that_ends_meanwhile_is_told_as_it_was_written(
    cast: Cast, model: LanguageModel, vendor: FakeVendor, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "RENDER_SECONDS", 0.01)
    vendor.play([200, vendor.gate, openai_stream(["*Hello*"])])
    alice = connect(cast.alice)
    sent = ask(alice, model)
    alice.ask("conversation.open", conversation=sent["conversation"], html=True)
    with growing.child._turn(5):
        vendor.gate.set()
        told = alice.event("message.finished")
    assert '<p class="plain-text">*Hello*</p>' in told["html"]
    assert "<em>Hello</em>" in events.body_html(Message.objects.get(pk=sent["replies"][0]))


@pytest.mark.parametrize("version", [0, 1])
def test_what_an_earlier_renderer_made_is_made_anew_once(cast: Cast, version: int) -> None:
    reply = reply_of(cast, status="complete", html="<p>earlier</p>", html_version=version)
    assert ("earlier" in events.body_html(reply)) == (version == 1), "words alone are rendered as they were"
    reply.parts = [*reply.parts, {"kind": "code", "text": "x = 1", "language": "python"}]
    reply.save()
    assert '<span class="n">' not in (html := events.body_html(reply))
    assert '<span class="o">=</span>' in html
    reply.refresh_from_db()
    assert reply.html_version == markdown.RENDERER_VERSION
    with growing.child._turn(5):
        assert events.body_html(reply) == html, "what is stored needs no rendering"


def test_thoughts_that_an_earlier_renderer_left_as_they_were_are_rendered_once(cast: Cast) -> None:
    thought = {"kind": "thought", "text": "I *add*."}
    call = {"kind": "call", "name": "add", "arguments": {}}
    for html, parts in {"<p>Hello</p>": [thought], "": [thought, call]}.items():
        reply = reply_of(cast, status="complete", html=html, html_version=markdown.RENDERER_VERSION)
        reply.parts = [*parts, {"kind": "text", "text": reply.text}] if html else parts
        reply.text = reply.text if html else ""
        reply.save()
        assert "<p>I <em>add</em>.</p>" in events.body_html(reply)
        reply.refresh_from_db()
        with growing.child._turn(5):
            assert "<p>I <em>add</em>.</p>" in events.body_html(reply), "what is stored needs no rendering"


def test_a_long_value_of_a_call_is_not_laid_out() -> None:
    """To indent 8 MB takes Python seconds, at every look."""
    assert call_value({"arguments": {"a": [1]}}) == '{\n  "a": [\n    1\n  ]\n}'
    begun = time.process_time()
    assert "\n" not in call_value({"arguments": [1] * 2_000_000})
    assert time.process_time() - begun < 1


def test_long_news_are_read_as_a_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    told = OpenedConversation(
        cast.alice, 2, (reply_of(cast, status="complete", html="<p>Hello</p>", html_version=2),), ()
    )
    assert [message["text"] for message in told.messages(html=True)["messages"]] == ["*Hello*"]
    monkeypatch.setattr(opening, "MAX_CHARACTERS", 10)
    assert told.messages(html=True) == {"reload": True, "messages": []}
