"""Words that a vendor sends again are said once, and a model that repeats itself loses none."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.reading.words.repetition import CumulativeText
from tests.providers.reading import outcome
from tests.vendor_replies import event, gemini_end, gemini_event, openai_chunk, openai_end, openai_event

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
IMAGES = [{"image_url": {"url": f"data:image/png;base64,{PNG}"}}]
USAGE = {"prompt_tokens": 3, "completion_tokens": 4}
DONE = b"data: [DONE]\n\n"


def whole(**message: Any) -> bytes:
    """Return an event with a whole message."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}
    return event({"object": "chat.completion", "choices": [choice], "usage": USAGE})


def beside(delta: object, **message: Any) -> bytes:
    """Return an event with a delta and a message."""
    return event({"choices": [{"index": 0, "delta": delta, "message": message, "finish_reason": "stop"}]})


HELLO = openai_event("Hello from") + openai_event(" the vendor")
BEHIND: list[tuple[bytes, bytes, str]] = [
    (HELLO, whole(content="Hello from the vendor"), "Hello from the vendor"),
    (HELLO, beside({}, content="Hello from the vendor"), "Hello from the vendor"),
    (HELLO, beside(None, content="Hello from the vendor"), "Hello from the vendor"),
    (HELLO, beside({"content": "!"}, content="Hello from the vendor!"), "Hello from the vendor!"),
    (HELLO, beside({"content": ""}, content="Hello from the vendor"), "Hello from the vendor"),
    (HELLO, whole(content="Hello from the vendor, and more."), "Hello from the vendor, and more."),
    (HELLO, whole(content="  Hello from the vendor\n"), "Hello from the vendor"),
    (HELLO, whole(content=[{"type": "text", "text": "Hello from the vendor"}]), "Hello from the vendor"),
    (HELLO, whole(content=""), "Hello from the vendor"),
    (openai_chunk(role="assistant", content=""), whole(content="Hello"), "Hello"),
    (openai_chunk(reasoning_content="Hm"), whole(content="Hello", reasoning_content="Hm"), "Hello"),
    (openai_event("ha ha ") * 2, whole(content="ha ha ha ha "), "ha ha ha ha "),
    (openai_event("<think>a</think>b"), whole(content="<think>a</think>b"), "b"),
    (openai_event("<think>a</think>b"), whole(content="b", reasoning_content="a"), "b"),
]


@pytest.mark.parametrize(("deltas", "message", "text"), BEHIND)
@pytest.mark.parametrize("size", [0, 7])
def test_a_message_behind_deltas_says_only_what_is_new(deltas: bytes, message: bytes, text: str, size: int) -> None:
    body = deltas + message + DONE
    read = outcome("openai", [body[at : at + size] for at in range(0, len(body), size)] if size else [body])
    assert read["text"] == text
    assert read["finish"] == ["stop", "stop"]


OTHER_WORDS = [
    ("Something else", len("Somethingelse")),
    ("Hello from the good vendor", len("good")),
    ("Hello there from the vendor, bye", len("therefromthevendorbye")),
    ("你好 Hello from the vendor", len("你好".encode())),
    ("a</think>Hello from the good vendor", len("good")),
    ("from the vendor", 0),
    ("Hello, from *the* vendor!", 0),
    ("HELLO", len("ELLO")),
    ("x" * 3_000_000, 1024 * 1024),
]


@pytest.mark.parametrize(("message", "missing"), OTHER_WORDS, ids=lambda value: str(value)[:20])
def test_a_message_behind_deltas_with_other_words_leaves_a_gap(message: str, missing: int) -> None:
    for body in (HELLO + whole(content=message) + DONE, HELLO + whole(content=message)):
        read = outcome("openai", [body])
        assert (read["text"], read["finish"]) == ("Hello from the vendor", ["stop", "stop"])
        assert read.get("parts", []) == ([{"kind": "gap", "bytes": missing}] if missing else [])


def test_of_many_messages_behind_deltas_the_longest_is_compared() -> None:
    growing = b"".join(whole(content=text) for text in ("Hello", "Hello from", "no", "Hello from the good vendor", "x"))
    read = outcome("openai", [HELLO + growing])
    assert (read["text"], read["parts"]) == ("Hello from the vendor", [{"kind": "gap", "bytes": len("good")}])


def test_a_text_beside_a_delta_that_says_nothing_is_said() -> None:
    body = event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "text": "Hello"}]})
    assert outcome("openai", [body + DONE])["text"] == "Hello"


def test_short_messages_behind_a_long_text_cost_little() -> None:
    long = [openai_event("a b " * 16)] * 8000
    started = process_time()
    read = outcome("openai", [*long, *[whole(content="no")] * 8000, DONE])
    assert (len(read["text"]), [part["kind"] for part in read["parts"]]) == (8000 * 64, ["gap"])
    assert process_time() - started < 4


def test_a_message_behind_deltas_brings_what_they_lacked() -> None:
    page = {"type": "url_citation", "url_citation": {"url": "https://a.example/", "title": "A"}}
    call = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    read = outcome("openai", [HELLO + whole(content="Hello from the vendor", annotations=[page], tool_calls=[call])])
    assert read["usage"] == [3, 4, None, None]
    assert [part["kind"] for part in read["parts"]] == ["call", "citation"]


def test_a_message_behind_deltas_repeats_nothing_of_them() -> None:
    call = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
    record = [{"type": "reasoning.text", "text": "Hm", "index": 0}]
    deltas = openai_chunk(
        content="Hi", reasoning="Hm", reasoning_details=record, images=IMAGES, tool_calls=[call], refusal="No."
    )
    repeated = whole(
        content="Hi", reasoning="Hm", reasoning_details=record, images=IMAGES, tool_calls=[call], refusal="No."
    )
    once, twice = outcome("openai", [deltas + openai_end("stop")]), outcome("openai", [deltas + repeated + DONE])
    assert twice == {**once, "usage": [3, 4, None, None]}


def test_pieces_under_the_name_of_a_message_are_pieces() -> None:
    pieces = [event({"choices": [{"message": {"content": piece}}]}) for piece in ("Hel", "lo", " there", " there")]
    assert outcome("openai", [*pieces, DONE])["text"] == "Hello there there"


def test_a_picture_that_comes_twice_is_shown_once() -> None:
    body = openai_chunk(images=IMAGES) + openai_chunk(images=IMAGES) + openai_chunk(content=IMAGES) + openai_end()
    assert [part["kind"] for part in outcome("openai", [body])["parts"]] == ["image"]
    inline = {"inlineData": {"mimeType": "image/png", "data": PNG}}
    twice = event({"candidates": [{"content": {"parts": [inline, inline]}, "finishReason": "STOP"}]})
    assert [part["kind"] for part in outcome("gemini", [twice])["parts"]] == ["image"]


@pytest.mark.parametrize("at", [10, 100_000, 199_990])
def test_large_pictures_that_differ_are_shown_and_one_that_comes_twice_once(at: int) -> None:
    first = PNG[:40] + "A" * 200_000
    other = first[:at] + "B" * (600 if at < 199_000 else 2) + first[at + (600 if at < 199_000 else 2) :]
    bodies = [openai_chunk(images=[{"b64_json": one}]) for one in (first, other, first)]
    assert len(outcome("openai", [*bodies, openai_end()])["parts"]) == 2


# Thoughts in the text and in a field: can1357/oh-my-pi #2434 (MiniMax M3), and the two one behind the other.
@pytest.mark.parametrize(
    ("deltas", "thought"),
    [
        ([{"reasoning_content": "Hm, a", "content": "<think>Hm, a"}, {"content": "</think>b"}], "Hm, a"),
        ([{"reasoning": "Hm", "content": "<think>\nHm"}, {"reasoning": ", a", "content": ", a\n</think>b"}], "Hm, a"),
        ([{"reasoning": "Hm, a"}, {"content": "<think>\nHm, a\n</think>\nb"}], "Hm, a"),
        ([{"content": "<think>Hm, a</think>"}, {"reasoning": "Hm, a"}, {"content": "b"}], "Hm, a"),
        ([{"reasoning": "Hm, a"}, {"content": "<think>Another one.</think>b"}], "Hm, aAnother one."),
        ([{"reasoning": "Hm"}, {"content": "<think>Hm, a</think>b"}], "Hm, a"),
        ([{"reasoning": "Hm, a"}, {"content": "b"}], "Hm, a"),
    ],
)
def test_a_thought_that_comes_twice_is_shown_once(deltas: list[dict[str, Any]], thought: str) -> None:
    body = b"".join(openai_chunk(**delta) for delta in deltas) + openai_end()
    read = outcome("openai", [body])
    assert (read["text"].strip(), read["thought"]) == ("b", thought)


CUMULATIVE = [
    ["Hello", "Hello from", "Hello from the vendor"],
    ["Hello", "Hello from", "Hello from", "Hello from the vendor", "Hello from the vendor"],
    ["H", "He", "Hel", "Hello"],
    ["你", "你好", "你好！我是"],
    ["The quick brown", "The quick brown fox jumps"],
    ["**", "**A", "**A title", "**A title**\n\n", "**A title**\n\nand a first sentence of it."],
    ["ha", "ha ha", "ha ha ha", "ha ha ha, said the fox"],
]


@pytest.mark.parametrize("deltas", CUMULATIVE, ids=lambda deltas: deltas[-1][:12])
def test_deltas_that_repeat_everything_so_far(deltas: list[str]) -> None:
    body = b"".join(openai_event(delta) for delta in deltas) + openai_end()
    assert outcome("openai", [body])["text"] == deltas[-1]
    assert outcome("openai", [openai_event(delta) for delta in deltas] + [openai_end()])["text"] == deltas[-1]
    thoughts = b"".join(openai_chunk(reasoning_content=delta) for delta in deltas) + openai_end()
    assert outcome("openai", [thoughts])["thought"] == deltas[-1]
    assert outcome("gemini", [*map(gemini_event, deltas), gemini_end()])["text"] == deltas[-1]


REPEATING = [
    ["ha", " ha", " ha", " ha"],
    ["ha", "ha", "ha", "ha"],
    ["ha", "haha", "hahahaha", "hahahahahahahaha"],
    ["ha ", "ha ha ", "ha ha ha ", "ha ha ha ha "],
    ["ha ha ha ", "ha ha ha ", "ha"],
    ["co", "coon"],
    ["pa", "paya"],
    ["*", "**", "***", "****"],
    ["=", "==", "====", "========"],
    [" a", " ab", " abc", " abcd"],
    ["\n", "\n\n", "a"],
    ["1", "1", "2", "3", "5"],
    ["no", "no no"],
    ["Hello there. ", "Hello there. "],
    ["Row, row, ", "Row, row, row your boat"],
    ["谢谢", "谢谢你"],
    ["哈哈", "哈哈哈", "哈哈哈哈"],
    ["a", "b", "a", "ab", "abc", "abcd"],
]


@pytest.mark.parametrize("deltas", REPEATING, ids=lambda deltas: "|".join(deltas)[:20])
def test_a_model_that_repeats_itself_loses_no_word(deltas: list[str]) -> None:
    body = b"".join(openai_event(delta) for delta in deltas) + openai_end()
    assert outcome("openai", [body])["text"] == "".join(deltas)
    assert outcome("gemini", [*map(gemini_event, deltas), gemini_end()])["text"] == "".join(deltas)


@settings(max_examples=300, deadline=None)
@given(st.text("ab ", min_size=1, max_size=3), st.integers(2, 12), st.lists(st.integers(1, 8), max_size=12))
def test_a_refrain_loses_no_word_however_it_is_cut(refrain: str, times: int, sizes: list[int]) -> None:
    text, read, at = refrain * times, CumulativeText(), 0
    said = ""
    for size in [*sizes, len(text)]:
        said, at = said + read.feed(text[at : at + size]), at + size
    assert said + read.flush() == text


def test_words_held_back_come_before_a_part_and_with_an_error() -> None:
    held = openai_event("Hello") + openai_event("Hello from")
    assert outcome("openai", [held])["text"] == "HelloHello from"
    read = outcome("openai", [held + openai_chunk(images=IMAGES) + openai_end()])
    assert (read["text"], read["order"]) == ("HelloHello from", "text image*")
