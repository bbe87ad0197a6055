"""The places up to which a vendor keeps a conversation in its cache.

Source: the Messages API's page on prompt caching: at most four blocks of a request are marked; a later request that is
the same up to a mark reads it from the cache. The question before the last was the last one of the request before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Block = dict[str, Any]
Message = dict[str, Any]

MARK = {"type": "ephemeral"}
MAX_MARKS = 4
_QUESTIONS = 2
_FILES = ("image", "document")


def mark(system: list[Block], messages: list[Message]) -> None:
    """Mark the instructions, the last file, and the ends of the last two questions."""
    for block in _marked(system, messages):
        block["cache_control"] = dict(MARK)


def _marked(system: list[Block], messages: list[Message]) -> Iterator[Block]:
    yield from system[-1:]
    questions = [message["content"] for message in messages if message["role"] == "user"]
    files = [block for content in questions for block in content if block["type"] in _FILES]
    yield from files[-1:]
    yield from (content[-1] for content in questions[-_QUESTIONS:])


def unmarked(block: Mapping[str, Any]) -> Block:
    """Return the block without a mark."""
    return {name: value for name, value in block.items() if name != "cache_control"}
