"""Every recorded reply is read the same, however it is cut."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.reading import WIRE_FILES, outcome

EXPECTED = json.loads((WIRE_FILES / "expected.json").read_text())
FILES = sorted(path for path in WIRE_FILES.iterdir() if path.name not in ("expected.json", "README.md"))
LINE_END = re.compile(rb"\r\n|\r|\n")

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def wire_of(path: Path) -> str:
    """Return the wire with which a file's name begins."""
    return path.name.partition("-")[0]


def test_every_file_has_an_expectation_and_back() -> None:
    assert {path.name for path in FILES} == set(EXPECTED)
    assert len([path for path in FILES if path.suffix == ".sse"]) >= 40


@each_file
def test_whole(path: Path) -> None:
    assert outcome(wire_of(path), [path.read_bytes()]) == EXPECTED[path.name]


@each_file
def test_byte_by_byte(path: Path) -> None:
    body = path.read_bytes()
    assert outcome(wire_of(path), [body[at : at + 1] for at in range(len(body))]) == EXPECTED[path.name]


@each_file
def test_cut_at_every_single_byte(path: Path, soak: bool) -> None:
    body = path.read_bytes()
    for at in _cuts(body, soak):
        assert outcome(wire_of(path), [body[:at], body[at:]]) == EXPECTED[path.name], f"cut at {at}"


def _cuts(body: bytes, soak: bool) -> list[int]:
    """Return every place; without --soak, some 40 to 50, and all at a line end or inside a character."""
    step = max(29, len(body) // 40)
    return [
        at for at in range(1, len(body)) if soak or at % step == 0 or body[at] in b"\r\n" or 0x80 <= body[at] < 0xC0
    ]


@each_file
@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_every_line_end(path: Path, end: bytes) -> None:
    body = LINE_END.sub(end, path.read_bytes())
    assert outcome(wire_of(path), [body]) == EXPECTED[path.name]
    assert outcome(wire_of(path), [body[at : at + 1] for at in range(len(body))]) == EXPECTED[path.name]


@each_file
def test_random_cuts_and_mixed_line_ends(path: Path, soak: bool) -> None:
    @settings(max_examples=1000 if soak else 8, deadline=None)
    @given(cuts=st.lists(st.integers(0, 4000), max_size=12), ends=st.randoms(use_true_random=False))
    def check(cuts: list[int], ends: Random) -> None:
        body = LINE_END.sub(lambda _: ends.choice([b"\n", b"\r\n"]), path.read_bytes())
        edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
        pieces = [body[start:stop] for start, stop in pairwise(edges)]
        assert outcome(wire_of(path), pieces) == EXPECTED[path.name]

    check()


def test_damage_never_raises_anything_else(soak: bool) -> None:
    @settings(max_examples=10_000 if soak else 300, deadline=None)
    @given(path=st.sampled_from(FILES), start=st.integers(0, 4000), junk=st.binary(max_size=40))
    def check(path: Path, start: int, junk: bytes) -> None:
        body = path.read_bytes()
        at = start % (len(body) + 1)
        read = outcome(wire_of(path), [body[:at], junk, body[at + len(junk) :]])
        assert "finish" in read or "error" in read
        _storable(read)

    check()


def _storable(read: dict[str, Any]) -> None:
    """Check that the result can be stored: no single surrogates, no NUL, no numbers outside of JSON."""
    assert "\\u0000" not in json.dumps(read, allow_nan=False, ensure_ascii=False).encode().decode()


KEYS = """
    choices candidates delta message content parts text thought finish_reason finishReason usage index error type
    object usageMetadata promptTokenCount prompt_tokens completion_tokens_details promptFeedback blockReason code
    details detail reasoning_details refusal inlineData data mimeType fileData functionCall name args thoughtSignature
    executableCode codeExecutionResult outcome groundingMetadata groundingChunks web uri title groundingSupports
    segment startIndex endIndex partIndex groundingChunkIndices citationMetadata citations urlContextMetadata
    content_block thinking signature stop_reason stop_details input partial_json citation source tool_use_id stdout
    output response item output_index item_id summary encrypted_content result call_id action sources outputs
    urlMetadata tool_calls function function_call arguments id images image_url url annotations url_citation
"""
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["url_citation", "text"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=4),
    max_leaves=12,
)


# Shapes that begin as a reply does: the odd things stand where they are looked for.
REPLIES = {
    "gemini": lambda inner: {"candidates": [{"content": {"parts": [inner]}}]},
    "openai": lambda inner: {"choices": [{"delta": inner}]},
    "anthropic": lambda inner: {"content_block": inner, "delta": inner, "type": "content_block_start"},
    "responses": lambda inner: {"type": "response.output_item.done", "item": inner},
}


@pytest.mark.parametrize("wire", REPLIES)
def test_odd_shapes_never_raise_anything_else(wire: str, soak: bool) -> None:
    @settings(max_examples=10_000 if soak else 100, deadline=None)
    @given(events=st.lists(JSON | JSON.map(REPLIES[wire]), max_size=4))
    def check(events: list[object]) -> None:
        _storable(outcome(wire, [b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in events)]))

    check()
