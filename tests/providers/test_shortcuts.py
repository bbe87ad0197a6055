"""The short ways of reading find the same as the long ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from providers.errors import VendorError
from providers.reading import body
from providers.reading.body import BodyDecoder
from providers.types import Delta
from providers.wires.openai import wire

_TEXTS = some.sampled_from(["", " ", "Hi", "\n", "你"])
_VALUES = some.one_of(some.none(), some.just(0), some.just({}), some.just([]), some.just({"message": "no"}), _TEXTS)
_SAID = some.dictionaries(
    some.sampled_from(
        ["content", "role", "refusal", "reasoning_content", "tool_calls", "function_call", "images", "context"]
    ),
    some.one_of(_VALUES, some.just({"citations": ["https://a.example/"]})),
)
_COUNTS, _PAGES = some.just({"prompt_tokens": 1}), some.just(["https://a.example/"])
_CHOICE = some.dictionaries(
    some.sampled_from(["delta", "message", "index", "finish_reason", "error", "text", "usage", "citations"]),
    some.one_of(_SAID, _VALUES, _COUNTS, _PAGES),
)
_EVENT = some.fixed_dictionaries(
    {"choices": some.one_of(some.lists(some.one_of(_CHOICE, _VALUES), max_size=2), _VALUES)},
    optional={
        "error": _VALUES,
        "usage": some.one_of(_VALUES, _COUNTS),
        "id": _TEXTS,
        "citations": some.one_of(_VALUES, _PAGES),
        "x_groq": some.one_of(_VALUES, some.builds(lambda counts: {"usage": counts}, _COUNTS)),
    },
)


def _found(event: dict[str, Any]) -> list[object]:
    try:
        return list(wire.parse(event))
    except VendorError as error:
        return [type(error), error.text]


@given(_EVENT)
def test_words_alone_are_what_the_whole_parser_finds(event: dict[str, Any]) -> None:
    if words := wire.words_alone(event):
        assert _found(event) == [Delta(text=words)]


def test_there_is_a_short_way() -> None:
    assert wire.words_alone({"choices": [{"index": 0, "delta": {"content": "Hi", "refusal": None}}]}) == "Hi"


_PIECES = [
    b'data: {"a":1}\n\n', b'data: {"a":1}\n', b"\n", b"\r\n", b"data: {\n\n", b": hi\n\n", b'{"b":2}', b"\r",
    b"event: error\n", b'data: {"c":"}\n', b'data: {"a":1}\r\n\r\n', b"data: [DONE]\n\n", b"\xef\xbb\xbf", b"[", b",",
]  # fmt: skip
_CHUNK = some.one_of(some.sampled_from(_PIECES), some.lists(some.sampled_from(_PIECES), max_size=4).map(b"".join))
_CHUNKS = some.lists(_CHUNK, max_size=8)


def _objects(chunks: Iterable[bytes]) -> list[object]:
    assembler, read = BodyDecoder(), list[object]()
    try:
        for chunk in chunks:
            read += assembler.feed(chunk)
        read += assembler.finish()
    except VendorError as error:
        read.append(type(error))
    return [*map(json.dumps, filter(lambda one: isinstance(one, dict), read)), len(read), assembler.done]


@given(_CHUNKS)
def test_a_chunk_of_whole_events_is_read_as_any_other(chunks: list[bytes]) -> None:
    short = _objects(chunks)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(body, "_WHOLE_EVENTS", re.compile(rb"(?!)"))
        assert short == _objects(chunks)


def test_there_is_a_short_way_for_events() -> None:
    begun, chunk = b'data: {"a":1}\n\n', b'data: {"b":"2"}\n\ndata: {"c":[{}]}\n\ndata: {"d":"\\n"}\n\n'
    assembler = BodyDecoder()
    assert list(assembler.feed(begun)) == [{"a": 1}]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(assembler, "_of_event", None)
        assert list(assembler.feed(chunk)) == [{"b": "2"}, {"c": [{}]}, {"d": "\n"}]
