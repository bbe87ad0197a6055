"""Faults V09–V16 and V28: replies that stop, break or never end, on every wire. What came is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from time import monotonic, process_time
from typing import Any

import pytest

from providers.types import Clocks, Part
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask
from tests.providers.dialects import WIRES, Dialect, code_of, each_dialect, hear
from tests.providers.reading import outcome
from tests.vendor_replies import Step, close, hold, raw, reset

SHORT = Clocks(10, 0.4, 20)


@each_dialect
def test_v09_a_stall(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    wire_vendor.play([dialect.start, *map(dialect.piece, "abc"), hold])
    started = monotonic()
    text, error = hear(ask(wire=dialect.wire, clocks=SHORT, **dialect.fields))
    assert (text, code_of(error)) == ("abc", "stalled")
    assert 0.3 < monotonic() - started < 2
    assert wire_vendor.next_request().hung_up.wait(2)


def now_and_then(life: bytes, seconds: float, *first: Step) -> Iterator[Step]:
    """Yield the steps that send `life` at intervals, for ever."""
    yield from first
    while True:
        pause = threading.Event()
        threading.Timer(seconds, pause.set).start()
        yield pause
        yield life


@each_dialect
@pytest.mark.parametrize("life", ["comment", "empty", "blank"])
def test_v10_a_stall_that_is_hidden(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect, life: str) -> None:
    sign = {"comment": b": ping\n\n", "empty": dialect.piece(""), "blank": dialect.piece(" \n")}[life]
    sign = b"\n \n" if dialect.start and life == "comment" else sign
    script = now_and_then(sign, 0.05, dialect.start + dialect.piece("abc"))
    wire_vendor.script = lambda request: script  # type: ignore[assignment,return-value]
    text, error = hear(ask(wire=dialect.wire, clocks=SHORT, **dialect.fields))
    assert (text.strip(), code_of(error)) == ("abc", "stalled")


@each_dialect
@pytest.mark.parametrize("ending", ["reset", "in a chunk", "in an object", "after an event"])
def test_v11_the_connection_breaks(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect, ending: str) -> None:
    first, second = dialect.start + dialect.piece("Half"), dialect.piece("lost")
    scripts: dict[str, list[Step]] = {
        "reset": [first, wire_vendor.gate, reset],
        "in a chunk": [
            raw,
            {"Transfer-Encoding": "chunked"},
            b"%x\r\n%s\r\nffff\r\n" % (len(first), first),
            second[:30],
        ],
        "in an object": [raw, first, second[:30]],
        "after an event": [raw, first, close],
    }
    wire_vendor.play(scripts[ending])
    stream = ask(wire=dialect.wire, **dialect.fields)
    text, error = hear(stream, wire_vendor.gate.set)
    assert (text, code_of(error)) == ("Half", "cut_off")
    assert stream.finish is None


ODD_BYTES = [
    ("four bytes", "😀".encode(), "😀"),
    ("over-long", b"\xc0\xaf", "\ufffd\ufffd"),
    ("CESU-8", b"\xed\xa0\xbd\xed\xb8\x80", "\ufffd" * 6),
    ("ISO-8859-1", b"\xfc", "\ufffd"),
    ("cut", b"\xf0\x9f\x98", "\ufffd"),
]


@each_dialect
@pytest.mark.parametrize(("sent", "seen"), [case[1:] for case in ODD_BYTES], ids=[case[0] for case in ODD_BYTES])
@pytest.mark.parametrize("kind", ["text/event-stream; charset=ISO-8859-1", "application/json"])
def test_v12_odd_bytes(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect, sent: bytes, seen: str, kind: str) -> None:
    body = dialect.stream("<SENT>").replace(b"<SENT>", sent)
    mark = b"\xef\xbb\xbf" if dialect.start == b"" else b""
    wire_vendor.play([{"Content-Type": kind}, *pieces(mark + body, 1)])
    assert hear(ask(wire=dialect.wire, **dialect.fields)) == (seen, None)


def pieces(body: bytes, size: int) -> list[bytes]:
    """Return `body` in pieces, each a chunk of its own on the wire."""
    return [body[at : at + size] for at in range(0, len(body), size)]


@each_dialect
def test_v13_cut_anywhere_on_the_wire(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    """Every cut of every recorded body is in test_wire_files; here the pieces are real chunks."""
    words = ("Zwölf ", "Boxkämpfer 😀", "\u2028jagen\r\n", '"Viktor"\\', "\tquer")
    wire_vendor.script = lambda request: pieces(dialect.stream(*words), 1)
    stream = ask(wire=dialect.wire, **dialect.fields)
    assert hear(stream) == ("".join(words), None)
    assert stream.finish is not None
    assert stream.finish.reason == "stop"


NOISE = [b"data: {x\n\n", b"event: mystery\n\n", b": hm\n\n", b"id: 7\nretry: 1\n\n", b'event: x\ndata:{"x":1}\n\n']


@each_dialect
def test_v14_noise_between_events(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    noise = [b"{x}\n"] if dialect.start else NOISE
    script = [dialect.start, *(step for one in noise for step in (one, dialect.piece("a"))), dialect.end()]
    wire_vendor.play(script, [dialect.start, dialect.piece("a"), *[noise[0]] * 3, dialect.piece("b"), dialect.end()])
    assert hear(ask(wire=dialect.wire, **dialect.fields)) == ("a" * len(noise), None)
    text, error = hear(ask(wire=dialect.wire, **dialect.fields))
    assert (text, code_of(error)) == ("a", "bad_reply")


@pytest.mark.parametrize("wire", WIRES)
def test_v14_data_without_space_and_on_several_lines(wire_vendor: FakeVendor, ask: Ask, wire: str) -> None:
    openai: Any = {"choices": [{"delta": {"content": "ab"}, "finish_reason": "stop"}]}
    gemini: Any = {"candidates": [{"content": {"parts": [{"text": "ab"}]}, "finishReason": "STOP"}]}
    anthropic: Any = {"type": "message", "content": [{"type": "text", "text": "ab"}], "stop_reason": "end_turn"}
    responses: Any = {"object": "response", "status": "completed", "output": [{"type": "message", "content": "ab"}]}
    bodies = {"openai": openai, "gemini": gemini, "anthropic": anthropic, "responses": responses}
    lines = json.dumps(bodies[wire], indent=1).encode().split(b"\n")
    wire_vendor.play([b"".join(b"data:%s\n" % line for line in lines)])
    assert hear(ask(wire=wire)) == ("ab", None)


@each_dialect
def test_v15_a_flood(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect, soak: bool) -> None:
    size = 1 if soak else 1000

    def flood() -> Iterator[bytes]:
        yield dialect.start
        block = dialect.piece("x" * size) * 100
        while True:
            yield block

    wire_vendor.script = lambda request: flood()  # type: ignore[assignment,return-value]
    text, error = hear(ask(wire=dialect.wire, clocks=Clocks(10, 10, 300), **dialect.fields))
    assert code_of(error) == "reply_too_long"
    assert text == "x" * 1024 * 1024 or size == 1
    assert wire_vendor.next_request().hung_up.wait(5)


EMPTY = [{}, {"": ""}]


@each_dialect
@pytest.mark.parametrize("empty", EMPTY, ids=json.dumps)
def test_v15_a_flood_of_events_that_say_nothing(
    wire_vendor: FakeVendor, ask: Ask, dialect: Dialect, empty: object
) -> None:
    block = b"".join([dialect.frame(empty)] * 1000).replace(b"data: ", b"data:")

    def flood() -> Iterator[bytes]:
        yield dialect.start + dialect.piece("abc")
        while True:
            yield block

    wire_vendor.script = lambda request: flood()  # type: ignore[assignment,return-value]
    text, error = hear(ask(wire=dialect.wire, clocks=Clocks(20, 20, 300), **dialect.fields))
    assert error
    assert (text, error.code, error.text) == (
        "abc",
        "bad_reply",
        "The vendor sent thousands of events that say nothing.",
    )
    assert wire_vendor.next_request().hung_up.wait(5)


BAREST: dict[str, Any] = {
    "openai": {"choices": [{"delta": {}}]},
    "gemini": {"candidates": [{"content": {}}]},
    "anthropic": {"type": "ping", "for": 1},
    "responses": {"type": "response.output_text.delta"},
}


@each_dialect
def test_v15_any_number_of_fair_events_may_be_empty(dialect: Dialect) -> None:
    """Vendors that hide a long thought send one for each of its tokens."""
    barest = json.dumps(BAREST[dialect.wire], separators=(",", ":")).encode()
    empty = barest + b",\n" if dialect.start else b"data:%s\n\n" % barest
    body = dialect.start + 6_000 * empty + dialect.piece("abc") + dialect.end()
    read = outcome(dialect.wire, pieces(body, 65536))
    assert (read["text"], read.get("error")) == ("abc", None)


@each_dialect
def test_v15_what_says_nothing_after_the_finish_changes_nothing(
    wire_vendor: FakeVendor, ask: Ask, dialect: Dialect
) -> None:
    end = dialect.end().removesuffix(b"data: [DONE]\n\n").removesuffix(b"]")
    flood = b"," * bool(dialect.start) + dialect.frame({"error": 1}) + dialect.frame({}) * 10_000
    wire_vendor.play([dialect.start, dialect.piece("abc"), end, flood])
    stream = ask(wire=dialect.wire, **dialect.fields)
    assert hear(stream) == ("abc", None)
    assert stream.finish
    assert stream.finish.reason == "stop"


def picture(dialect: Dialect, megabytes: int) -> bytes:
    """Return a reply that is one picture."""
    content = "A" * (megabytes << 20)
    if dialect.wire == "gemini":
        parts = [{"inlineData": {"mimeType": "image/png", "data": content}}]
        framed = dialect.frame({"candidates": [{"content": {"parts": parts}, "index": 0}]})
    elif dialect.wire == "anthropic":
        held = {"type": "base64", "media_type": "image/png", "data": content}
        framed = dialect.frame({"type": "content_block_start", "content_block": {"type": "image", "source": held}})
    elif dialect.wire == "responses":
        item = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": content}
        framed = dialect.frame({"type": "response.output_item.done", "output_index": 0, "item": item})
    else:
        images = [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + content}}]
        framed = dialect.frame({"choices": [{"index": 0, "delta": {"images": images}}]})
    return dialect.start + framed + dialect.end()


@each_dialect
def test_v16_one_huge_event(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    body = picture(dialect, 16)
    started = process_time()
    read = outcome(dialect.wire, pieces(body, 65536))
    # The bar is 0.3 s, which benchreading measures; this test fails only if the time is not linear.
    assert process_time() - started < 3
    assert len(read["parts"][0]["data"]) == 16 << 20
    wire_vendor.play([body])
    stream = ask(wire=dialect.wire, **dialect.fields)
    with stream:
        (delta,) = stream
    assert isinstance(delta.part, Part)
    assert delta.part.detail["data"] == "A" * (16 << 20)


@each_dialect
def test_v16_an_event_without_an_end(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    head = picture(dialect, 1).partition(b"AAAA")[0]

    def endless() -> Iterator[bytes]:
        yield head
        while True:
            yield b"A" * (1 << 20)

    wire_vendor.script = lambda request: endless()  # type: ignore[assignment,return-value]
    text, error = hear(ask(wire=dialect.wire, **dialect.fields))
    assert (text, code_of(error)) == ("", "bad_reply")
    assert wire_vendor.next_request().hung_up.wait(5)


@each_dialect
def test_v28_a_drip(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect, soak: bool) -> None:
    pause, total = (3.0, 60.0) if soak else (0.05, 0.6)
    script = now_and_then(dialect.piece("."), pause, dialect.start + dialect.piece("."))
    wire_vendor.script = lambda request: script  # type: ignore[assignment,return-value]
    started = monotonic()
    text, error = hear(ask(wire=dialect.wire, clocks=Clocks(10, 10 * pause, total), **dialect.fields))
    assert error
    assert (error.code, set(text)) == ("vendor_timeout", {"."})
    assert "took longer" in error.text
    assert total - 0.1 < monotonic() - started < total + 2
