"""The bytes that a page is sent for a reply: at most four for each of its text, whatever form that has."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from providers.models import LanguageModel
from tests.conftest import Cast
from tests.conversations.calling import Api
from tests.conversations.test_patches import form
from tests.fake_vendor import FakeVendor
from tests.sockets import Socket
from tests.vendor_replies import openai_end, openai_event

MOST = 4.0
PIECE = 60
"""Characters of a delta."""
PAUSE = 0.02
"""Seconds between two deltas: 3,000 characters a second, as fast models write."""


def size(frame: dict[str, Any]) -> int:
    told = {name: value for name, value in frame.items() if name != "_seen"}
    return len(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())


@pytest.mark.parametrize("name", ["code", "table", "list", "paragraph", "mixed"])
def test_a_reply_costs_a_page_at_most_four_times_its_text(
    cast: Cast,
    model: LanguageModel,
    vendor: FakeVendor,
    connect: Callable[..., Socket],
    name: str,
    pytestconfig: pytest.Config,
) -> None:
    text = form(name, 45_000 if pytestconfig.getoption("--soak") else 12_000)
    steps: list[Any] = [200]
    for begin in range(0, len(text), PIECE):
        steps += [openai_event(text[begin : begin + PIECE]), PAUSE]
    vendor.play([*steps, openai_end()])
    conversation = Api(cast.alice).make()["id"]
    page = connect(cast.alice)
    page.ask("conversation.open", conversation=conversation, html=True, brief=True)
    asked = page.ask("message.send", conversation=conversation, text="Write", models=[model.id])
    page.wait(lambda frame: frame["type"] == "message.finished", 60)
    frames = [frame for frame in page.settle() if frame["type"].startswith("message.")]
    assert {frame.get("of") for frame in frames if frame["type"] == "message.delta"} == {asked["replies"][0][-8:]}
    total = sum(map(size, frames))
    print(
        f"{name}: {len(text):,} characters cost {total:,} bytes in {len(frames)} frames, {total / len(text):.2f} each"
    )
    assert total <= MOST * len(text)
