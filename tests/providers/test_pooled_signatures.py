"""One model over two accounts: each refuses the other's signatures, and no conversation fails for one."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from providers.types import Part, Turn
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask
from tests.providers.test_second_turn import stored
from tests.vendor_replies import Received, Step, gemini_end, gemini_parts

ACCOUNTS = ("one", "two")


def strict(request: Received) -> Sequence[Step]:
    """Answer with a thought, words and a picture, all signed by this account; refuse any other account's signature."""
    account = request.headers["x-account"]
    parts = [part for content in request.json["contents"] for part in content["parts"]]
    if any(part.get("thoughtSignature", account) != account for part in parts):
        told = {"error": {"code": 400, "message": "Corrupted thought signature.", "status": "INVALID_ARGUMENT"}}
        return [400, json.dumps(told).encode()]
    picture = {"inlineData": {"mimeType": "image/png", "data": "aGk="}, "thoughtSignature": account}
    said: list[dict[str, Any]] = [
        {"text": "Hm.", "thought": True, "thoughtSignature": account},
        {"text": "Here: ", "thoughtSignature": account},
        picture,
    ]
    return [gemini_parts(*said), gemini_end()]


def conversation(ask: Ask, dice: random.Random, turns: int, *, forgets: bool) -> None:
    """Ask so many turns, each of an account by chance; `forgets` stores parts without their origin, as once."""
    said: tuple[Turn, ...] = ()
    for _ in range(turns):
        account = dice.choice(ACCOUNTS)
        said = (*said, Turn("user", (Part("text", "Go on"),)))
        headers = (("x-account", account),)
        with ask(wire="gemini", turns=said, origin="" if forgets else f"model/{account}", headers=headers) as stream:
            parts = stored(list(stream))
        assert [part.kind for part in parts] == ["thought", "text", "image"]
        said = (*said, Turn("assistant", parts))


def test_no_turn_fails_for_a_signature(wire_vendor: FakeVendor, ask: Ask, soak: bool) -> None:
    wire_vendor.script = strict
    conversations, turns = (20, 10) if soak else (2, 5)
    dice = random.Random(7)
    for _ in range(conversations):
        conversation(ask, dice, turns, forgets=False)
    assert len(wire_vendor.requests) == conversations * turns  # none was refused


def test_old_parts_are_sent_without_signatures_after_a_refusal(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.script = strict
    conversation(ask, random.Random(7), 5, forgets=True)
    assert len(wire_vendor.requests) > 5
