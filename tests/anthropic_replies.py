"""Replies of a fake vendor on the Messages wire."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None}
ASKED = {"input_tokens": 3, "output_tokens": 1}


def named(kind: str, **fields: Any) -> bytes:
    """Return one event of this type, with its name on a line of its own."""
    told = json.dumps({"type": kind, **fields}, ensure_ascii=False).encode()
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), told)


def start(usage: Json = ASKED, **more: Any) -> bytes:
    """Return the event that begins a message."""
    return named("message_start", message={**MESSAGE, "stop_sequence": None, **more, "usage": usage})


def opened(block: Json, index: int = 0) -> bytes:
    """Return the event that begins a block."""
    return named("content_block_start", index=index, content_block=block)


def grown(delta: Json, index: int = 0) -> bytes:
    """Return the event in which a block grows."""
    return named("content_block_delta", index=index, delta=delta)


def closed(index: int = 0) -> bytes:
    """Return the event that ends a block."""
    return named("content_block_stop", index=index)


def text_delta(words: str, index: int = 0) -> bytes:
    """Return the event in which a text grows."""
    return grown({"type": "text_delta", "text": words}, index)


def block_of(block: Json, index: int = 0) -> bytes:
    """Return the events of one block as the vendor streams it: words and arguments in two pieces, marks behind."""
    kind = block["type"]
    if kind == "text":
        begun = {"type": "text", "text": ""}
        words = [{"type": "text_delta", "text": piece} for piece in _halves(block["text"])]
        deltas = words + [{"type": "citations_delta", "citation": one} for one in block.get("citations", ())]
    elif kind == "thinking":
        begun = {"type": "thinking", "thinking": "", "signature": ""}
        words = [{"type": "thinking_delta", "thinking": piece} for piece in _halves(block["thinking"])]
        deltas = [*words, {"type": "signature_delta", "signature": block["signature"]}]
    elif kind.endswith("tool_use"):
        begun = {**block, "input": {}}
        spelled = json.dumps(block["input"], ensure_ascii=False)
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *_halves(spelled))]
    else:
        begun, deltas = dict(block), []
    return opened(begun, index) + b"".join(grown(delta, index) for delta in deltas) + closed(index)


def end(reason: str = "end_turn", usage: Json | None = None, **more: Any) -> bytes:
    """Return the events that end a message."""
    delta = {"stop_reason": reason, "stop_sequence": None, **more}
    return named("message_delta", delta=delta, usage=usage or {"output_tokens": 5}) + named("message_stop")


def stream(blocks: Iterable[Json], reason: str = "end_turn", usage: Json = ASKED, spent: Json | None = None) -> bytes:
    """Return a whole stream of these blocks."""
    said = b"".join(block_of(block, index) for index, block in enumerate(blocks))
    return start(usage) + said + end(reason, spent)


def words_stream(words: Iterable[str], reason: str = "end_turn") -> bytes:
    """Return a stream of one text."""
    said = b"".join(map(text_delta, words))
    return start() + opened({"type": "text", "text": ""}) + named("ping") + said + closed() + end(reason)


def whole(blocks: Sequence[Json], reason: str = "end_turn", usage: Json | None = None) -> bytes:
    """Return a reply that is not streamed."""
    counts = usage or {"input_tokens": 3, "output_tokens": 5}
    return json.dumps({**MESSAGE, "content": blocks, "stop_reason": reason, "usage": counts}).encode()


def is_ours(path: str) -> bool:
    """Return whether a request to this path is one of this wire."""
    return path.endswith("/messages")


def texts_of(asked: Json) -> list[str]:
    """Return the texts of a request, oldest first."""
    return ["".join(block.get("text", "") for block in message["content"]) for message in asked["messages"]]


def _halves(text: str) -> tuple[str, ...]:
    middle = len(text) // 2
    return tuple(filter(None, (text[:middle], text[middle:])))
