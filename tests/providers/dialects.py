"""The four ways in which vendors stream, for faults that must have the same result in each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from providers.client.stream import Stream
from providers.errors import VendorError
from tests import anthropic_replies
from tests.vendor_replies import (
    event,
    gemini_end,
    gemini_event,
    openai_end,
    openai_event,
    responses_end,
    responses_event,
)


@dataclass(frozen=True)
class Dialect:
    """The framing of one vendor; `more` goes into the reply's candidate or choice."""

    name: str
    wire: str
    piece: Callable[[str], bytes]
    end: Callable[..., bytes]
    frame: Callable[[object], bytes]
    start: bytes = b""
    fields: dict[str, Any] = field(default_factory=dict)

    def stream(self, *words: str) -> bytes:
        """Return a whole reply."""
        return self.start + b"".join(map(self.piece, words)) + self.end()


def _in_array(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n,\r\n"


def _json(framed: bytes) -> Any:
    return json.loads(framed.removeprefix(b"data: "))


DIALECTS = [
    Dialect("gemini-events", "gemini", gemini_event, gemini_end, event),
    Dialect(
        "gemini-array",
        "gemini",
        lambda text: _in_array(_json(gemini_event(text))),
        lambda reason="STOP": json.dumps(_json(gemini_end(reason))).encode() + b"\n]",
        _in_array,
        start=b"[",
        fields={"ask_sse": False},
    ),
    Dialect("openai", "openai", openai_event, openai_end, event),
    Dialect("anthropic", "anthropic", anthropic_replies.text_delta, anthropic_replies.end, event),
    Dialect("responses", "responses", responses_event, responses_end, event),
]
WIRES = list(dict.fromkeys(dialect.wire for dialect in DIALECTS))
each_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


def hear(stream: Stream, after_each: Callable[[], object] = bool) -> tuple[str, VendorError | None]:
    """Return all the text of a stream, and the error that ends it. `after_each` is called after each delta."""
    heard: list[str] = []
    try:
        with stream:
            for delta in stream:
                heard.append(delta.text)
                after_each()
    except VendorError as error:
        return "".join(heard), error
    return "".join(heard), None


def code_of(error: VendorError | None) -> str | None:
    """Return the code of an error, or None."""
    return error.code if error else None
