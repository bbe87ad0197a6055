"""A long thread on the Messages wire is read from the vendor's cache."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from providers.types import Part, Turn, Usage
from tests.anthropic_replies import stream as messages_stream
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask
from tests.providers.test_second_turn import NOTE, PDF, asked, stored
from tests.vendor_replies import Received, Step

Json = dict[str, Any]
TURNS = 60


def blocks_of(asked: Json) -> Iterator[tuple[str, Json]]:
    """Yield the blocks of a request in the order in which a cache has them, each with its place."""
    yield from (("system", block) for block in asked.get("system", []))
    yield from ((message["role"], block) for message in asked["messages"] for block in message["content"])


def tokens(block: Json) -> int:
    return len(json.dumps(block)) // 4


class CachingVendor:
    """A vendor that keeps what was marked, and counts what a request reads, writes and adds."""

    def __init__(self) -> None:
        self.kept: set[str] = set()
        self.counts: list[Usage] = []

    def answer(self, request: Received) -> Sequence[Step]:
        prefix, total, read, written, marks = "", 0, 0, 0, 0
        for role, block in blocks_of(request.json):
            plain = {name: value for name, value in block.items() if name != "cache_control"}
            prefix, total = f"{prefix}\n{role}{json.dumps(plain)}", total + tokens(plain)
            if "cache_control" in block:
                marks, written = marks + 1, total
                read = total if prefix in self.kept else read
                self.kept.add(prefix)
        assert 0 < marks <= 4
        self.counts.append(Usage(total, 9, None, read, written - read))
        usage = {
            "input_tokens": total - written,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": written - read,
            "output_tokens": 1,
        }
        thought = {"type": "thinking", "thinking": "Hm.", "signature": f"c2ln{len(self.counts)}"}
        said = [thought, {"type": "text", "text": f"Answer {len(self.counts)}: " + "word " * 60}]
        return [messages_stream(said, usage=usage, spent={"output_tokens": 9})]


def test_a_thread_of_sixty_turns_is_read_from_the_cache(wire_vendor: FakeVendor, ask: Ask) -> None:
    vendor = CachingVendor()
    wire_vendor.script = vendor.answer
    turns: tuple[Turn, ...] = ()
    for number in range(TURNS):
        files = (PDF,) if number == 0 else ()
        turns = (*turns, Turn("user", (*files, Part("text", f"Question {number}: " + "why " * 40))))
        with ask(wire="anthropic", turns=turns, system="Be kind. " * 50, origin="model/account") as stream:
            turns = (*turns, Turn("assistant", stored(list(stream))))
            assert stream.usage == vendor.counts[-1]
    asked_for = sum(one.input_tokens or 0 for one in vendor.counts)
    assert sum(one.cached_tokens or 0 for one in vendor.counts) > 0.8 * asked_for
    assert vendor.counts[0].cached_tokens == 0


def test_the_marks_stand_behind_what_stays() -> None:
    turns = tuple(
        Turn("assistant" if at % 2 else "user", (*((NOTE,) if at == 2 else ()), Part("text", f"{at}")))
        for at in range(7)
    )
    marked = [
        block["text"] if block["type"] == "text" else block["type"]
        for _role, block in blocks_of(asked("anthropic", *turns))
        if "cache_control" in block
    ]
    assert marked == ["document", "4", "6"]
    unmarked = asked("anthropic", *turns, quirks=frozenset({"no:cache_control"}))
    assert "cache_control" not in json.dumps(unmarked)
