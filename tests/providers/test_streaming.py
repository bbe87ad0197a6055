"""Replies over a real connection: what comes, how it ends, and how it is stopped."""

from __future__ import annotations

import gzip
import threading
import zlib
from time import monotonic

import pytest

from providers.errors import CutOff, ReplyTooLong, VendorError
from providers.reading.reader import MAX_TEXT_BYTES
from providers.types import Clocks, Finish, Part, Usage
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask, said
from tests.providers.reading import WIRE_FILES
from tests.vendor_replies import (
    bare,
    chunked,
    event,
    file_steps,
    gemini_event,
    gemini_stream,
    hold,
    openai_end,
    openai_event,
    openai_stream,
    raw,
    reset,
)

STREAMS = {"openai": openai_stream, "gemini": gemini_stream}


@pytest.mark.parametrize("wire", STREAMS)
@pytest.mark.parametrize("streaming", [True, False])
def test_a_reply_with_its_history(ask: Ask, wire: str, streaming: bool) -> None:
    stream = ask("one", "answer", "two", wire=wire, streaming=streaming)
    assert said(stream) == "You said: two. Before that: one | answer."
    assert stream.finish is not None
    assert stream.finish.reason == "stop"
    assert stream.usage == Usage(3, 5, None, None)
    assert not stream.stopped
    assert stream.first_token_at is not None


@pytest.mark.parametrize("framing", [chunked, raw], ids=["chunked", "close-delimited"])
def test_every_delta_comes_at_once(wire_vendor: FakeVendor, ask: Ask, framing: object) -> None:
    wire_vendor.play([framing, openai_event("Hel"), wire_vendor.gate, openai_event("lo"), openai_end()])
    with ask() as stream:
        deltas = iter(stream)
        assert next(deltas).text == "Hel"
        assert not wire_vendor.gate.is_set()
        wire_vendor.gate.set()
        assert "".join(delta.text for delta in deltas) == "lo"


def test_a_file_of_bytes_over_the_wire(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play(file_steps(WIRE_FILES / "gemini-skyengine-thoughts-counted.sse", 100))
    stream = ask(wire="gemini", ask_sse=False)
    assert said(stream).startswith("小丽独自一人")
    assert stream.usage == Usage(8, 247, 1324, None)


@pytest.mark.parametrize("ending", ["close", "broken chunk", "reset", "whole events only"])
def test_a_connection_that_breaks_keeps_what_came(wire_vendor: FakeVendor, ask: Ask, ending: str) -> None:
    first = openai_event("Half")
    scripts = {
        "close": [raw, first, openai_event("lost")[:20]],
        "broken chunk": [raw, {"Transfer-Encoding": "chunked"}, b"%x\r\n%s\r\n" % (len(first), first), b"ffff\r\ndata"],
        "reset": [first, wire_vendor.gate, reset],
        "whole events only": [first],
    }
    wire_vendor.play(scripts[ending])
    stream, heard = ask(), list[str]()

    def listen() -> None:
        for delta in stream:
            heard.append(delta.text)
            wire_vendor.gate.set()

    with stream, pytest.raises(CutOff):
        listen()
    assert heard == ["Half"]
    assert stream.finish is None


def test_the_end_marker_is_enough(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([openai_event("Hi"), b"data: [DONE]\n\n", openai_event("")])
    stream = ask()
    assert said(stream) == "Hi"
    assert stream.finish == Finish("stop", "")


def test_words_some_time_behind_an_end_marker_are_read(wire_vendor: FakeVendor, ask: Ask) -> None:
    """Gateways that put a marker behind every event do not send them all at once."""
    marker = b"data: [DONE]\n\n"
    wire_vendor.play([marker, 0.2, openai_event("Hel"), marker, 0.2, openai_event("lo"), openai_end()])
    stream = ask()
    assert said(stream) == "Hello"
    assert stream.finish == Finish("stop", "stop")


def test_an_open_connection_after_the_end_marker_is_not_waited_for(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([openai_stream(["Hi"]), hold])
    started = monotonic()
    assert said(ask()) == "Hi"
    assert monotonic() - started < 1
    assert wire_vendor.next_request().hung_up.wait(1)


def test_an_open_connection_after_the_finish_is_waited_for_a_little(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([gemini_stream(["Hi"]), hold])
    started = monotonic()
    assert said(ask(wire="gemini")) == "Hi"
    assert 1 < monotonic() - started < 4


def test_usage_after_the_finish_is_read(wire_vendor: FakeVendor, ask: Ask) -> None:
    finish = event({"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]})
    usage = event({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}})
    wire_vendor.play([openai_event("Hi"), finish, usage])
    stream = ask()
    assert said(stream) == "Hi"
    assert (stream.finish, stream.usage) == (Finish("length", "length"), Usage(1, 2))


def test_usage_behind_the_end_marker_is_read(wire_vendor: FakeVendor, ask: Ask) -> None:
    usage = event({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}})
    wire_vendor.play([openai_event("Hi"), b"data: [DONE]\n\n" + usage])
    stream = ask()
    assert said(stream) == "Hi"
    assert (stream.finish, stream.usage) == (Finish("stop", ""), Usage(1, 2))


def test_a_finish_on_every_event_ends_with_the_last(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([gemini_event("a", finishReason="STOP"), gemini_event("b", finishReason="MAX_TOKENS")])
    stream = ask(wire="gemini")
    assert said(stream) == "ab"
    assert stream.finish == Finish("length", "MAX_TOKENS")


@pytest.mark.parametrize("number", [-1, 2**40, 1.5, "7a", True, None, []])
def test_nonsense_counts_are_unknown(wire_vendor: FakeVendor, ask: Ask, number: object) -> None:
    usage = event({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": number}})
    wire_vendor.play([openai_event("Hi"), openai_end(), usage], [openai_event("Hi"), usage, b"data: [DONE]\n\n"])
    said(ask())
    stream = ask()
    said(stream)
    assert stream.usage == Usage(5, None, None, None)


def test_connections_are_used_again(wire_vendor: FakeVendor, ask: Ask) -> None:
    ports = set()
    wire_vendor.script = lambda request: [openai_stream(["Hi"])]
    for _ in range(3):
        assert said(ask()) == "Hi"
        ports.add(wire_vendor.next_request().client_port)
    assert len(ports) == 1


# Stopping


def stopped(stream: object, *, after: threading.Event) -> threading.Thread:
    """Start a thread that stops `stream` as soon as `after` is set."""

    def stop() -> None:
        assert after.wait(10)
        stream.stop()  # type: ignore[attr-defined]

    thread = threading.Thread(target=stop)
    thread.start()
    return thread


def test_stop_in_the_middle(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([openai_event("Hi"), hold])
    first, heard = threading.Event(), []
    with ask() as stream:
        thread = stopped(stream, after=first)
        for delta in stream:
            heard.append(delta.text)
            first.set()
            since = monotonic()
        assert monotonic() - since < 0.5
        thread.join()
    assert (heard, stream.stopped, stream.finish) == (["Hi"], True, None)
    assert wire_vendor.next_request().hung_up.wait(1)


@pytest.mark.parametrize("script", ["headers", "no headers"])
def test_stop_before_the_first_token(wire_vendor: FakeVendor, ask: Ask, script: str) -> None:
    arrived, never = threading.Event(), threading.Event()

    def answer(request: object) -> list[object]:
        arrived.set()
        if script == "headers":
            return [b": wait\n\n", never]
        never.wait(10)
        return []

    wire_vendor.script = answer  # type: ignore[assignment]
    stream = ask()
    thread = stopped(stream, after=arrived)
    assert said(stream) == ""
    assert stream.stopped
    thread.join()
    never.set()


def test_stop_before_iterating_makes_no_call(wire_vendor: FakeVendor, ask: Ask) -> None:
    stream = ask()
    stream.stop()
    assert said(stream) == ""
    assert stream.stopped
    assert wire_vendor.requests == []


def test_stop_from_within_the_loop_and_after_the_end(ask: Ask) -> None:
    with ask() as stream:
        for _ in stream:
            stream.stop()
    assert stream.stopped
    finished = ask()
    said(finished)
    finished.stop()
    assert not finished.stopped


def test_leaving_the_with_hangs_up(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([openai_event("Hi"), hold])
    with ask() as stream:
        next(iter(stream))
    assert wire_vendor.next_request().hung_up.wait(1)


# Clocks


@pytest.mark.parametrize(
    ("clocks", "script", "code"),
    [
        (Clocks(0.3, 10, 20), [hold], "vendor_timeout"),
        (Clocks(0.3, 10, 20), [b": ping\n\n", hold], "vendor_timeout"),
        (Clocks(0.3, 10, 20), [bare, b"HTTP/1.1 200", hold], "vendor_timeout"),
        (Clocks(10, 0.3, 20), [openai_event("Hi"), hold], "stalled"),
        (Clocks(10, 10, 0.3), [openai_event("Hi"), hold], "vendor_timeout"),
    ],
)
def test_each_clock_runs_out(
    wire_vendor: FakeVendor, ask: Ask, clocks: Clocks, script: list[object], code: str
) -> None:
    wire_vendor.play(script)  # type: ignore[arg-type]
    started = monotonic()
    with pytest.raises(VendorError) as raised:
        said(ask(clocks=clocks))
    assert raised.value.code == code
    assert 0.25 < monotonic() - started < 3


@pytest.mark.parametrize("life", [b": ping\n\n", openai_event(""), openai_event(" \n"), b"\n"])
def test_a_stall_is_not_hidden_by_signs_of_life(wire_vendor: FakeVendor, ask: Ask, life: bytes) -> None:
    def script(request: object) -> object:
        yield openai_event("Hi")
        for _ in range(400):
            pause = threading.Event()
            threading.Timer(0.05, pause.set).start()
            yield pause
            yield life

    wire_vendor.script = script  # type: ignore[assignment]
    started = monotonic()
    with pytest.raises(VendorError) as raised:
        said(ask(clocks=Clocks(10, 0.4, 20)))
    assert raised.value.code == "stalled"
    assert monotonic() - started < 3


# Limits


def test_a_reply_is_cut_at_its_limit(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([*[openai_event("é" * 50_001)] * 11, hold])
    heard: list[str] = []
    with ask() as stream, pytest.raises(ReplyTooLong):
        heard.extend(delta.text for delta in stream)
    text = "".join(heard)
    assert set(text) == {"é"}
    assert MAX_TEXT_BYTES - 1 <= len(text.encode()) <= MAX_TEXT_BYTES


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_replies_are_read(wire_vendor: FakeVendor, ask: Ask, encoding: str, pack: object) -> None:
    wire_vendor.play([{"Content-Encoding": encoding}, pack(openai_stream(["Hi", " there"]))])  # type: ignore[operator]
    assert said(ask()) == "Hi there"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x"])
def test_other_encodings_are_refused(wire_vendor: FakeVendor, ask: Ask, encoding: str) -> None:
    wire_vendor.play([{"Content-Encoding": encoding}, b"\x28\xb5\x2f\xfd" + gzip.compress(openai_stream(["Hi"]))])
    with pytest.raises(VendorError) as raised:
        said(ask())
    assert raised.value.code == "bad_reply"


@pytest.mark.parametrize("status", [200, 500])
def test_a_compression_bomb_ends_early(wire_vendor: FakeVendor, ask: Ask, status: int) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    bomb = b"".join(packer.compress(b" " * 1_000_000) for _ in range(100)) + packer.flush()
    wire_vendor.play([status, {"Content-Encoding": "gzip"}, bomb])
    started = monotonic()
    with pytest.raises(VendorError) as raised:
        said(ask())
    assert raised.value.code == ("bad_reply" if status == 200 else "vendor_down")
    assert monotonic() - started < 3


def test_a_block_without_text_is_a_refusal(wire_vendor: FakeVendor, ask: Ask) -> None:
    block = event({"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "No."}})
    wire_vendor.play([block])
    with ask(wire="gemini") as stream:
        deltas = list(stream)
    assert [delta.part for delta in deltas] == [Part("refusal", "No.", {"reason": "SAFETY"})]
    assert stream.finish == Finish("blocked", "SAFETY")
