"""Threads over Messages through the whole site: what goes back after a restart, and what a cache has read."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from conversations.generation.branch_cache import branches
from conversations.models import Conversation, File, Message, UsageRecord, User
from providers.models import Deployment
from tests import anthropic_replies
from tests.conftest import Cast, serve
from tests.conversations.test_engine import ask
from tests.conversations.test_files import picture, upload
from tests.fake_vendor import FakeVendor
from tests.providers.test_messages_wire import CITED, FOUND, HIDDEN, SEARCH, SIGNED
from tests.providers.test_prompt_cache import CachingVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_stream

Connect = Callable[..., Socket]
TURNS = 60


def said(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def ended(socket: Socket) -> dict[str, Any]:
    return socket.event("message.finished")["message"]  # type: ignore[no-any-return]


@pytest.mark.usefixtures("static_files")
def test_three_turns_a_restart_search_on_and_off_and_another_model(
    cast: Cast, vendor: FakeVendor, connect: Connect, sign_in: Callable[[User], Client]
) -> None:
    """Thoughts, a picture and a search: what came goes back to the byte, also with the search off."""
    model = serve(vendor, "anthropic")
    replies = [[SIGNED, said("A cat.")], [SIGNED, SEARCH, FOUND, said("It is "), CITED], [HIDDEN, said("Done.")]]
    for blocks in replies:
        vendor.play([anthropic_replies.stream(blocks)])
    client = sign_in(cast.bob)
    socket = connect(cast.bob, client)
    file = upload(client, picture())["id"]
    asked = ask(socket, model, "What is this?", files=[file])
    ended(socket)
    where = asked["conversation"]
    for text, searches in (("How deep?", True), ("Thanks", False), ("And now?", True)):
        branches.forget(Conversation.objects.get().pk)  # as a new process begins
        last = ask(socket, model, text, conversation=where, parameters={"web_search": searches})
        ended(socket)
    *_, third, fourth = (request.json for request in vendor.requests)
    own = [message["content"] for message in fourth["messages"] if message["role"] == "assistant"]
    assert json.dumps(own) == json.dumps(replies)
    assert ["tools" in one for one in (third, fourth)] == [False, True]
    assert fourth["messages"][0]["content"][0]["source"]["type"] == "base64"

    other = serve(vendor, "openai", "wren")
    vendor.script = lambda request: [openai_stream(["By chat"])]
    retried = socket.ask("reply.retry", message=last["replies"][0], models=[other.id])
    assert retried["type"] == "ack", retried
    assert ended(socket)["text"] == "By chat"
    sent = json.dumps(vendor.requests[-1].json, ensure_ascii=False)
    assert all(word not in sent for word in ("U0lHbmVk", "RW1wdHk=", "srvtoolu_1", "encrypted"))
    assert "It is 12 m" in sent
    for one in File.objects.all():
        one.path.unlink(missing_ok=True)


@pytest.mark.soak
def test_the_ledger_of_a_thread_of_sixty_turns_is_right_to_the_token(
    cast: Cast, vendor: FakeVendor, connect: Connect
) -> None:
    model = serve(vendor, "anthropic")
    Deployment.objects.update(input_price=10, output_price=20, cached_price=1, written_price=12)
    counting = CachingVendor()
    vendor.script = counting.answer
    socket = connect(cast.bob)
    where: str | None = None
    for number in range(TURNS):
        where = ask(socket, model, f"Question {number}: " + "why " * 40, conversation=where)["conversation"]
        assert ended(socket)["status"] == "complete"
    rows = list(UsageRecord.objects.order_by("created_at"))
    told = [(row.input_tokens, row.output_tokens, row.cached_tokens, row.written_tokens) for row in rows]
    counts = counting.counts
    assert told == [(one.input_tokens, one.output_tokens, one.cached_tokens, one.written_tokens) for one in counts]
    read, asked = (sum(getattr(row, name) or 0 for row in rows) for name in ("cached_tokens", "input_tokens"))
    print(f"{read} of {asked} tokens read from the cache: {100 * read / asked:.1f} %")
    assert read > 0.8 * asked
    for row, (inside, outside, cached, written) in zip(rows, told, strict=True):
        assert row.cost == (inside - cached - written) * 10 + cached + written * 12 + outside * 20  # type: ignore[operator]
    assert Message.objects.filter(cost__isnull=False).count() == TURNS
