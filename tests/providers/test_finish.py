"""A gateway that marks every event as finished loses no words, and a true finish causes no wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from time import monotonic

import pytest

from providers.client import stream as streaming
from providers.types import Clocks, Finish
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask
from tests.providers.dialects import code_of, hear
from tests.vendor_replies import (
    Step,
    close,
    event,
    gemini_end,
    gemini_event,
    hold,
    openai_chunk,
    openai_end,
    openai_event,
)

DONE = b"data: [DONE]\n\n"
SHORT = Clocks(10, 0.6, 20)
each_wire = pytest.mark.parametrize("wire", ["gemini", "openai"])


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "USAGE_SECONDS", 0.1)


def plain(wire: str, text: str) -> bytes:
    """Return words without a mark."""
    return gemini_event(text) if wire == "gemini" else openai_event(text)


def marked(wire: str, text: str, reason: str = "stop") -> bytes:
    """Return words beside a finish."""
    if wire == "gemini":
        return gemini_event(text, finishReason=reason.upper())
    return event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]})


def bare(wire: str, reason: str = "stop") -> bytes:
    """Return a finish on its own, without an end marker."""
    return gemini_end(reason.upper()) if wire == "gemini" else openai_end(reason).removesuffix(DONE)


def slowly(*steps: Step) -> Iterator[Step]:
    """Yield the steps, each after a pause that is longer than the wait for token counts."""
    for step in steps:
        pause = threading.Event()
        threading.Timer(0.3, pause.set).start()
        yield pause
        yield step


@each_wire
def test_no_words_are_lost_where_every_event_is_marked(wire_vendor: FakeVendor, ask: Ask, wire: str) -> None:
    script = slowly(*(marked(wire, word) for word in ("one ", "two ", "three ", "four")))
    wire_vendor.script = lambda request: script  # type: ignore[assignment,return-value]
    stream = ask(wire=wire)
    assert hear(stream) == ("one two three four", None)
    assert stream.finish is not None
    assert stream.finish.reason == "stop"


@each_wire
def test_words_after_a_finish_bring_the_silence_clock_back(wire_vendor: FakeVendor, ask: Ask, wire: str) -> None:
    both = plain(wire, "one ") + marked(wire, "two ") + marked(wire, "three ")
    script = slowly(both, marked(wire, "four "), marked(wire, "five"))
    wire_vendor.script = lambda request: script  # type: ignore[assignment,return-value]
    assert hear(ask(wire=wire)) == ("one two three four five", None)


def test_a_role_that_is_marked_is_no_end(wire_vendor: FakeVendor, ask: Ask) -> None:
    role = openai_chunk(role="assistant", content="").replace(b'"delta"', b'"finish_reason": "stop", "delta"')
    script = slowly(role, marked("openai", "one "), marked("openai", "two"), DONE)
    wire_vendor.script = lambda request: script  # type: ignore[assignment,return-value]
    assert hear(ask()) == ("one two", None)


@each_wire
@pytest.mark.parametrize("ending", ["a finish on its own", "the first finish, beside words"])
def test_a_finish_that_is_the_end_is_hardly_waited_behind(
    wire_vendor: FakeVendor, ask: Ask, wire: str, ending: str
) -> None:
    if ending == "a finish on its own":
        body = marked(wire, "one ") + marked(wire, "two") + bare(wire, "length")
    else:
        body = plain(wire, "one ") + marked(wire, "two", "length")
    wire_vendor.play([body.replace(b'"LENGTH"', b'"MAX_TOKENS"'), hold])
    stream, started = ask(wire=wire), monotonic()
    assert hear(stream) == ("one two", None)
    assert monotonic() - started < 5
    assert stream.finish is not None
    assert stream.finish.reason == "length"


@each_wire
@pytest.mark.parametrize("ending", ["silence", "break"])
def test_a_reply_whose_marks_mean_nothing_is_not_whole_without_an_end(
    wire_vendor: FakeVendor, ask: Ask, wire: str, ending: str
) -> None:
    wire_vendor.play([marked(wire, "one ") + marked(wire, "two"), hold if ending == "silence" else close])
    stream = ask(wire=wire, clocks=SHORT)
    text, error = hear(stream)
    assert (text, code_of(error)) == ("one two", "stalled" if ending == "silence" else "cut_off")
    assert stream.finish is None


@each_wire
def test_an_error_behind_marks_that_mean_nothing_is_one(wire_vendor: FakeVendor, ask: Ask, wire: str) -> None:
    failure = event({"error": {"message": "Overloaded", "code": 503}})
    wire_vendor.play([marked(wire, "one ") + marked(wire, "two") + failure])
    text, error = hear(ask(wire=wire))
    assert (text, code_of(error)) == ("one two", "vendor_down")


def test_one_event_is_a_whole_reply_where_there_is_no_end_marker(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([marked("gemini", "Hi"), hold], [marked("gemini", "Hi"), close])
    for _ in range(2):
        stream = ask(wire="gemini", clocks=SHORT)
        assert hear(stream) == ("Hi", None)
        assert stream.finish == Finish("stop", "STOP")


def test_one_event_is_not_known_to_be_whole_without_the_end_marker(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([marked("openai", "Hi"), hold], [marked("openai", "Hi") + DONE, hold], [marked("openai", "Hi")])
    assert [code_of(hear(ask(clocks=SHORT))[1]) for _ in range(3)] == ["stalled", None, None]


def test_a_reply_that_is_not_streamed_ends_with_its_finish(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([marked("openai", "Hi").removeprefix(b"data: "), hold])
    started = monotonic()
    assert hear(ask(streaming=False)) == ("Hi", None)
    assert monotonic() - started < 5
