"""A key that a vendor repeats is masked however it is cut: into deltas, into parts, and around parts."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.reading.words.text_cleaner import TextCleaner
from providers.text import KeyMask
from providers.types import Delta, Part
from providers.wires.verbatim import wrap
from tests.providers.conftest import SECRET
from tests.providers.reading import outcome
from tests.vendor_replies import gemini_end, gemini_parts, openai_chunk, openai_end, openai_event

KEYS = [SECRET, "sk-aabaab12", "abacabad1", "key/with+12=", "a" * 9 + "b" * 9]


def signed(kind: str, text: str) -> Delta:
    """Return words that are a part of their own."""
    return Delta(part=Part(kind, text, wrap("gemini", {"text": text, "thoughtSignature": "x"})))


WAYS: dict[str, Callable[[str], list[Delta]]] = {
    "words": lambda text: [Delta(text=text)],
    "signed words": lambda text: [signed("text", text)],
    "words and a picture": lambda text: [Delta(text=text), Delta(part=Part("image", "", {"data": "aGk="}))],
    "words and a thought": lambda text: [Delta(text=text), Delta(thought="hm")],
    "words and a signature": lambda text: [Delta(text=text), signed("text", "")],
}
ways = st.lists(st.sampled_from(list(WAYS)), min_size=10, max_size=10)
cuts = st.lists(st.integers(0, 80), max_size=9)


def deltas_of(text: str, cuts: list[int], ways: list[str]) -> list[Delta]:
    """Return `text` cut at places taken modulo its length, each piece as one of the kinds."""
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    pieces = [text[start:stop] for start, stop in pairwise(edges)]
    return [delta for piece, way in zip(pieces, ways, strict=False) for delta in WAYS[way](piece)]


def as_thoughts(deltas: list[Delta]) -> list[Delta]:
    """Return the same deltas as thoughts."""
    return [
        Delta(thought=one.text, text=one.thought, part=one.part._replace(kind="thought") if is_said(one) else one.part)
        for one in deltas
    ]


def is_said(delta: Delta) -> bool:
    """Return whether a delta is a part with words."""
    return delta.part is not None and delta.part.kind in ("text", "thought")


def polished(deltas: list[Delta], key: str) -> list[Delta]:
    """Return the deltas that people see."""
    polish = TextCleaner(KeyMask(key))
    return [shown for delta in deltas for shown in polish.deltas(delta)] + list(polish.flush())


def text_of(deltas: list[Delta]) -> str:
    """Return all answer text, that of parts too."""
    return "".join(one.part.text if one.part and one.part.kind == "text" else one.text for one in deltas)


def thought_of(deltas: list[Delta]) -> str:
    """Return all thoughts, those of parts too."""
    return "".join(one.part.text if one.part and one.part.kind == "thought" else one.thought for one in deltas)


def copies_of(deltas: list[Delta]) -> str:
    """Return the texts of the parts that would go back to their vendor."""
    return "".join(one.part.detail["vendor"]["part"]["text"] for one in deltas if one.part and is_said(one))


words = st.text(st.sampled_from("sk-ab1 é"), max_size=12)


@settings(max_examples=300)
@given(st.sampled_from(KEYS), words, words, cuts, ways)
def test_a_key_is_masked_whatever_stands_in_it(
    key: str, before: str, after: str, cuts: list[int], ways: list[str]
) -> None:
    said = deltas_of(before + key + after, cuts, ways)
    answer, thoughts = polished(said, key), polished(as_thoughts(said), key)
    for shown in (text_of(answer), thought_of(thoughts), copies_of(answer), copies_of(thoughts)):
        assert key[:-4] not in shown
        assert key[4:] not in shown
    assert len(text_of(answer)) >= len(before)


@settings(max_examples=300)
@given(st.lists(st.sampled_from([SECRET[:8], SECRET[:3], "s", "k", "-", "c", "é", " "]), max_size=12), cuts, ways)
def test_nothing_but_the_key_is_masked(pieces: list[str], cuts: list[int], ways: list[str]) -> None:
    said = deltas_of("".join(pieces), cuts, ways)
    shown = polished(said, SECRET)
    assert text_of(shown) == "".join(pieces)
    assert [one.part for one in shown if one.part] == [one.part for one in said if one.part]
    assert thought_of(polished(as_thoughts(said), SECRET)) == "".join(pieces)


@settings(max_examples=200)
@given(st.lists(st.sampled_from([SECRET, SECRET[:5], "s", " "]), max_size=6), cuts)
def test_words_and_parts_keep_their_order(pieces: list[str], cuts: list[int]) -> None:
    text = "".join(pieces)
    said = deltas_of(text, cuts, ["words and a picture"] * 10)
    before = [len(piece) for piece in lines(said)]
    assert len(lines(polished(said, SECRET))) == len(before)
    if SECRET not in text:
        assert lines(polished(said, SECRET)) == lines(said)


def lines(deltas: list[Delta]) -> list[str]:
    """Return the words between the pictures."""
    return "".join("\n" if one.part else one.text for one in deltas).split("\n")


@pytest.mark.parametrize("at", [4, 8, 12, len(SECRET) - 4])
def test_a_key_around_parts_on_the_wire(at: int) -> None:
    first, second = SECRET[:at], SECRET[at:]
    both_signed = gemini_parts({"text": first, "thoughtSignature": "a"}, {"text": second, "thoughtSignature": "b"})
    then_signed = gemini_parts({"text": first}, {"text": second, "thoughtSignature": "b"})
    unknown = openai_event(first) + openai_chunk(content=[{"type": "zzz"}]) + openai_event(second)
    for wire, body in (
        ("gemini", both_signed + gemini_end()),
        ("gemini", then_signed + gemini_end()),
        ("openai", unknown + openai_end()),
    ):
        read = outcome(wire, [body], SECRET)
        assert SECRET[:-4] not in json.dumps(read)
        assert SECRET[4:] not in json.dumps(read)
        assert "••••" in read["text"]
