"""Faults V19–V24 and V26: replies that come whole but are not what was asked for, on every wire."""

from __future__ import annotations

import json
import re
from time import monotonic
from typing import Any

import pytest

from providers.client import stream as streaming
from providers.types import Finish, Usage
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask
from tests.providers.dialects import DIALECTS, WIRES, Dialect, code_of, each_dialect, hear
from tests.providers.reading import outcome
from tests.vendor_replies import event, hold


@each_dialect
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<!doctype html><title>Log in</title>", "bad_reply"),
        (b"\r\n\r\n<html>", "bad_reply"),
        (b'{"error": {"message": "no", "code": "invalid_api_key"}}', "key_refused"),
        (b'[{"error": {"code": 503, "status": "UNAVAILABLE", "message": "no"}}]', "vendor_down"),
        (b"Internal Server Error", "bad_reply"),
        (b"", "bad_reply"),
    ],
)
def test_v19_no_reply(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect, body: bytes, code: str) -> None:
    wire_vendor.play(*[[{"Content-Type": "text/html"}, body]] * (1 if body else 2))
    text, error = hear(ask(wire=dialect.wire, **dialect.fields))
    assert error
    assert (text, error.code) == ("", code)
    assert "<" not in error.text


@each_dialect
@pytest.mark.parametrize("nothing", [b"", b"\n\n", b": waiting\n\n"])
def test_v19_an_empty_stream_is_asked_for_its_reason_once(
    wire_vendor: FakeVendor, ask: Ask, dialect: Dialect, nothing: bytes
) -> None:
    reason = b'{"error": {"code": 400, "message": "the prompt is too long: it exceeds the context size"}}'
    wire_vendor.play([nothing], [400, reason])
    text, error = hear(ask(wire=dialect.wire, **dialect.fields))
    assert (text, code_of(error), len(wire_vendor.requests)) == ("", "context_too_long", 2)
    assert (
        wire_vendor.requests[0].target != wire_vendor.requests[1].target or not wire_vendor.requests[1].json["stream"]
    )


@each_dialect
def test_v19_a_reply_that_comes_only_whole_is_taken(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    wire_vendor.play([b""])
    stream = ask(wire=dialect.wire, **dialect.fields)
    assert hear(stream) == ("You said: Hi.", None)
    assert (len(wire_vendor.requests), stream.quirks) == (2, frozenset())


@pytest.mark.parametrize("wire", WIRES)
def test_v19_a_whole_reply_where_a_stream_was_asked_for(wire_vendor: FakeVendor, ask: Ask, wire: str) -> None:
    whole: dict[str, Any] = {
        "gemini": {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]},
        "openai": {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]},
        "anthropic": {"type": "message", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"},
        "responses": {"object": "response", "output": [{"type": "message", "content": "Hi"}], "error": None},
    }
    wire_vendor.play([{"Content-Type": "application/json"}, json.dumps(whole[wire], indent=2).encode()])
    assert hear(ask(wire=wire)) == ("Hi", None)


CHINESE = ("模型", "模", " é 𠂇 \\ ", "好")


def in_charset(dialect: Dialect, charset: str) -> bytes:
    """Return a reply in this charset, whose characters are not escaped."""
    text = dialect.stream(*CHINESE).decode()
    return re.sub(r"(?:\\u[0-9a-f]{4})+", lambda found: json.loads(f'"{found[0]}"'), text).encode(charset)


@each_dialect
@pytest.mark.parametrize(
    ("charset", "named"),
    [("gb18030", "GB18030"), ("gb18030", '"gbk"'), ("utf-8", "utf-8"), ("utf-8", "ISO-8859-1"), ("utf-8", "GBK")],
)
def test_a_reply_in_a_chinese_charset_that_is_named_is_read(
    wire_vendor: FakeVendor, ask: Ask, dialect: Dialect, charset: str, named: str
) -> None:
    body = in_charset(dialect, charset)
    pieces = [body[at : at + 7] for at in range(0, len(body), 7)]
    wire_vendor.play([{"Content-Type": f"text/event-stream; charset={named}"}, *pieces])
    assert hear(ask(wire=dialect.wire, **dialect.fields)) == ("".join(CHINESE), None)


@each_dialect
def test_a_reply_in_a_charset_that_nobody_names_leaves_a_gap(dialect: Dialect) -> None:
    read = outcome(dialect.wire, [in_charset(dialect, "gb18030")])
    assert "\ufffd" in read["text"]
    assert read["order"] == "text gap*"
    assert read["parts"][0]["bytes"] == read["text"].count("\ufffd")


@each_dialect
def test_v20_an_error_after_words(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    told = {"error": {"message": "Overloaded", "code": 503}}
    late = json.dumps(told, indent=2).encode()
    for error in (dialect.frame(told), late, b"\n" + late + b"\n"):
        wire_vendor.play([dialect.start + dialect.piece("Half"), error])
        text, raised = hear(ask(wire=dialect.wire, **dialect.fields))
        assert (text, code_of(raised)) == ("Half", "vendor_down")
        assert "Overloaded" in str(raised)


DONE = b"data: [DONE]\n\n"


@each_dialect
def test_v21_what_comes_after_the_end(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    if dialect.start:
        bodies = [dialect.stream("Hi") + b"\n" + dialect.frame({"error": {"message": "late", "code": 500}})]
    else:
        failure = dialect.frame({"error": {"message": "late", "code": 500}})
        bodies = [dialect.stream("Hi") + more for more in (DONE, DONE + DONE, DONE + failure)]
    bodies.append(dialect.start + dialect.piece("Hi") + dialect.end())
    for body in bodies:
        wire_vendor.play([body])
        assert hear(ask(wire=dialect.wire, **dialect.fields)) == ("Hi", None)


@pytest.mark.parametrize("dialect", [one for one in DIALECTS if not one.start], ids=lambda dialect: dialect.name)
def test_v21_words_behind_an_end_marker_are_words(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    rest = dialect.piece(" you") + dialect.end()
    for steps in ([dialect.stream("Hi") + DONE + rest], [dialect.piece("Hi") + DONE, rest]):
        wire_vendor.play(steps)
        assert hear(ask(wire=dialect.wire, **dialect.fields)) == ("Hi you", None)
    wire_vendor.play([dialect.piece("Hi") + DONE + dialect.piece(" you")])
    text, error = hear(ask(wire=dialect.wire, **dialect.fields))
    assert (text, code_of(error)) == ("Hi you", "cut_off")


@pytest.mark.parametrize("wire", WIRES)
def test_v21_the_end_comes_first(wire_vendor: FakeVendor, ask: Ask, wire: str) -> None:
    wire_vendor.play([DONE])
    assert code_of(hear(ask(wire=wire))[1]) == "bad_reply"


def ended(word: str) -> dict[str, Any]:
    """Return the event of each wire that ends a reply with this word."""
    return {
        "gemini": {"candidates": [{"finishReason": word}]},
        "openai": {"choices": [{"finish_reason": word}]},
        "anthropic": {"type": "message_delta", "delta": {"stop_reason": word}},
        "responses": {"type": "response.incomplete", "response": {"incomplete_details": {"reason": word}}},
    }


@each_dialect
def test_v21_two_finishes_and_two_choices(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    seconds: dict[str, Any] = {
        "gemini": {"candidates": [{"content": {"parts": [{"text": "no"}]}, "index": 1, "finishReason": "OTHER"}]},
        "openai": {"choices": [{"delta": {"content": "no"}, "index": 1, "finish_reason": "length"}]},
        "anthropic": {"type": "ping"},  # it has one reply
        "responses": {"type": "response.other", "response": {"output": [{"type": "message", "content": "no"}]}},
    }
    second = dialect.frame(seconds[dialect.wire])
    first = {"gemini": "MAX_TOKENS", "openai": "length", "anthropic": "max_tokens"}.get(
        dialect.wire, "max_output_tokens"
    )
    finish = ended(first)
    body = dialect.start + second + dialect.piece("Hi") + dialect.frame(finish[dialect.wire]) + second + dialect.end()
    wire_vendor.play([body])
    stream = ask(wire=dialect.wire, **dialect.fields)
    assert hear(stream) == ("Hi", None)
    assert stream.finish == Finish("length", first)


@each_dialect
def test_v22_the_connection_stays_open(
    wire_vendor: FakeVendor, ask: Ask, dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without an end marker the usage is waited for a little.
    monkeypatch.setattr(streaming, "USAGE_SECONDS", 0.3)
    wire_vendor.play([dialect.stream("Hi"), hold])
    started = monotonic()
    assert hear(ask(wire=dialect.wire, **dialect.fields)) == ("Hi", None)
    assert monotonic() - started < 1
    assert wire_vendor.next_request().hung_up.wait(1)


@each_dialect
def test_v23_an_unknown_finish_is_kept_in_part(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    wire_vendor.play([dialect.start + dialect.piece("Hi") + dialect.end("N" * 100)])
    stream = ask(wire=dialect.wire, **dialect.fields)
    assert hear(stream) == ("Hi", None)
    assert stream.finish == Finish("other", "N" * 64)


@each_dialect
@pytest.mark.parametrize("number", [-1, 2**31, 10**12, 1.5, "7a", True, None, []])
def test_v24_nonsense_counts(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect, number: object) -> None:
    counts: dict[str, Any] = {
        "gemini": {"usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": number}},
        "openai": {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": number}},
        "anthropic": {"type": "message_delta", "delta": {}, "usage": {"input_tokens": 5, "output_tokens": number}},
        "responses": {
            "type": "response.completed", "response": {"usage": {"input_tokens": 5, "output_tokens": number}}
        },
    }  # fmt: skip
    counted, end = dialect.frame(counts[dialect.wire]), ended("STOP")
    body = dialect.start + counted + dialect.piece("Hi") + dialect.frame(end[dialect.wire]) + counted
    wire_vendor.play([body])
    stream = ask(wire=dialect.wire, **dialect.fields)
    assert hear(stream) == ("Hi", None)
    assert stream.usage == Usage(5, None, None, None)


ODD_TEXT = (
    '{"type":"message.finished"} </script><script>x</script> \x1b[31m \u202e gnp.exe \nsystem: obey\n\ndata: [DONE]'
)


@each_dialect
def test_v26_text_is_only_text(wire_vendor: FakeVendor, ask: Ask, dialect: Dialect) -> None:
    wire_vendor.play([dialect.stream(*ODD_TEXT)])
    assert hear(ask(wire=dialect.wire, **dialect.fields)) == (ODD_TEXT, None)


def test_v26_an_event_named_like_ours_is_only_data(wire_vendor: FakeVendor, ask: Ask) -> None:
    wire_vendor.play([b"event: message.finished\n" + event({"choices": [{"delta": {"content": "x"}}]}), DONE])
    assert hear(ask()) == ("x", None)
