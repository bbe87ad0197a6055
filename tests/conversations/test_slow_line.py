"""A page behind a slow line: it gets fewer and larger frames of a reply, and not the door."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings as django_settings
from django.test import Client

from conversations.models import User
from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.calling import Api
from tests.conversations.test_patches import form
from tests.fake_vendor import FakeVendor
from tests.slow_line import SlowLine
from tests.sockets import Socket
from tests.vendor_replies import openai_end, openai_event

BYTES_A_SECOND, ROUND_TRIP = 50_000, 0.4
PIECE, PAUSE = 200, 0.002
"""Characters of a delta, and seconds between two: faster than the line."""
LATEST = 3.0
"""Seconds from the vendor's last word to the page's."""


def test_a_slow_line_keeps_its_socket_and_is_soon_done(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    site: str,
    connect: Callable[..., Socket],
    sign_in: Callable[[User], Client],
) -> None:
    text = form("list", 50_000)
    steps: list[Any] = [200]
    for begin in range(0, len(text), PIECE):
        steps += [openai_event(text[begin : begin + PIECE]), PAUSE]
    vendor.play([*steps, openai_end()])
    conversation = Api(cast.alice).make()["id"]
    quick = connect(cast.alice)
    quick.ask("conversation.open", conversation=conversation, html=True)
    with SlowLine(site, BYTES_A_SECOND, ROUND_TRIP) as line:
        django_settings.CHATSITE_ORIGINS.append(line.address)
        slow = Socket(line.address, sign_in(cast.alice).cookies[django_settings.SESSION_COOKIE_NAME].value)
        slow.ask("conversation.open", conversation=conversation, html=True)
        quick.ask("message.send", conversation=conversation, text="Write", models=[model.id])
        quick.wait(lambda frame: frame["type"] == "message.finished", 60)
        ended = time.monotonic()
        slow.wait(lambda frame: frame["type"] == "message.finished", 60)
        late = time.monotonic() - ended
        told = "".join(frame.get("text", "") for frame in slow.frames if frame["type"] == "message.delta")
        frames = [sum(frame["type"] == "message.delta" for frame in each.frames) for each in (slow, quick)]
        print(f"{late:.1f} s behind, in {frames[0]} frames for {frames[1]}")
        assert told == text
        assert late < LATEST
        slow.close()
