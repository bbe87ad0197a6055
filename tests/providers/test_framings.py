"""Bodies whose framing breaks the standard, each from a report of who sends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import process_time
from typing import NamedTuple

import pytest

from providers.errors import BadReply, VendorError
from providers.reading.body import MAX_NOISE, BodyDecoder
from tests.providers.reading import outcome


def chunk(text: str = "", finish: str | None = None) -> bytes:
    """Return a chunk of the OpenAI wire."""
    return json.dumps({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}).encode()


A, B, END = chunk("Hello "), chunk("world"), chunk(finish="stop")
GOOGLE_A = json.dumps({"candidates": [{"content": {"parts": [{"text": "Hello "}]}}]}, indent=2).encode()
GOOGLE_END = json.dumps({"candidates": [{"content": {"parts": [{"text": "world"}]}, "finishReason": "STOP"}]}).encode()
TAIL = b"data: " + END + b"\n\ndata: [DONE]\n\n"
BROKEN = b'{"error": {"code": 503, "message": "stream_read_error"}}'
EXHAUSTED = json.dumps({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}, indent=2).encode()
TOO_LONG = b'{"code":400,"message":"the request exceeds the available context size","type":"invalid_request_error"}'
RATED = {"index": 0, "finish_reason": None, "content_filter_results": {}, "content_filter_offsets": {"end_offset": 4}}
FILTERED = b"data: " + json.dumps({"id": "", "choices": [RATED]}).encode() + b"\n\n"
STRING = json.dumps(A.decode()).encode()


class Framing(NamedTuple):
    """A body, who sends it, and what is read of it; `unread` are the bytes that each gap stands for."""

    name: str
    source: str
    body: bytes
    text: str = "Hello world"
    unread: tuple[int, ...] = ()
    error: str = ""
    wire: str = "openai"


FRAMINGS = [
    Framing(
        "one LF between events",
        "GLM-4.7 and Kimi-K2.5, rexxars/eventsource-parser#31",
        b"data: " + A + b"\ndata: " + B + b"\ndata: " + END + b"\ndata: [DONE]\n",
    ),
    Framing(
        "one LF in the middle",
        "ChatGLM2 behind one-api, songquanpeng/one-api#277",
        b"data: " + A + b"\n\ndata: " + B + b"\ndata: " + END + b"\n\ndata: [DONE]\n\n",
    ),
    Framing(
        "one LF and names of events",
        "no blank behind colons, songquanpeng/one-api#1334, and the one LF of its #277",
        b"event:message\ndata:" + A + b"\nevent:message\ndata:" + B + b"\nevent:message\ndata:" + END + b"\n",
    ),
    Framing(
        "events glued on one line",
        "a chunk that begins without a line end before it, GLM-5.1, anomalyco/opencode#25858",
        b"data: " + A + b"data: " + B + b"\n\n" + TAIL,
    ),
    Framing(
        "the end marker glued to its event",
        "the same, to the end",
        b"data: " + A + b"data: " + B + b"data: " + END + b"data: [DONE]\n\n",
    ),
    Framing("two objects in one event", "openai/openai-python#663", b"data: " + A + B + b"\n\n" + TAIL),
    Framing("objects without any line end", "lm-sys/FastChat#1259", A + B + END),
    Framing(
        "a list in an event",
        "errors of Google, googleapis/python-genai#1162",
        b"data: [" + A + b"," + B + b"]\n\n" + TAIL,
    ),
    Framing(
        "data: twice, and empty data behind it",
        "shimmy 1.3.3, Michael-A-Kuykendall/shimmy#26",
        b"".join(b"data: data: " + one + b"\ndata:\ndata:\n\n" for one in (A, B, END, b"[DONE]")),
    ),
    Framing("data: twice", "QuantumNous/new-api#5368", b"data: data: " + A + b"\n\ndata:data:" + B + b"\n\n" + TAIL),
    Framing(
        "keep-alive comments sent as data",
        "mnfst/llm-gateway#2053",
        b"data: : OPENROUTER PROCESSING\n\n" * 4 + b"data: " + A + b"\n\ndata: " + B + b"\n\n" + TAIL,
    ),
    Framing(
        "times as keep-alives",
        "lanqian528/chat2api#25",
        b"data: " + A + b"\n\n" + b"data: 2024-04-27 01:35:43.686476\n\n" * 4 + b"data: " + B + b"\n\n" + TAIL,
    ),
    Framing(
        "PING as data before one LF",
        "the heartbeat of new-api, QuantumNous/new-api#1276",
        b"data: PING\ndata: " + A + b"\ndata: PING\ndata: " + B + b"\ndata: " + END + b"\ndata: [DONE]\n",
    ),
    Framing(
        "numbered pings",
        "DeepInfra, Portkey-AI/gateway#1035",
        b": ping - 1\ndata: " + A + b"\n\n: ping - 2\n: ping - 3\n\ndata: " + B + b"\n\n" + TAIL,
    ),
    Framing(
        "empty data as a keep-alive",
        "netease-lcap/wave-agent#1326 and lidge-jun/opencodex#1188",
        b"data: \n\n" * 5 + b"data:" + A + b"\n\ndata:\n\ndata:" + B + b"\n\ndata:" + END + b"\n\ndata:[DONE]\n\n",
    ),
    Framing(
        "a comment and one LF",
        "theopenco/llmgateway#2334",
        b"id: 1\ndata: " + A + b"\n\n: ping\nid: 2\ndata: " + B + b"\n\n" + TAIL,
    ),
    Framing(
        "an error as a field of its own",
        "llama.cpp until its #16109, coddy-project/coddy-agent#106",
        b"data: " + A + b"\n\nerror: " + TOO_LONG + b"\n\ndata: [DONE]\n\n",
        text="Hello ",
        error="context_too_long",
    ),
    Framing(
        "a bare error where events belong",
        "lemonade-sdk/lemonade#2975",
        b'{"error":' + TOO_LONG + b"}",
        text="",
        error="context_too_long",
    ),
    Framing(
        "an error and its marker with one LF",
        "sgl-project/sglang#12081",
        b'data: {"error": ' + TOO_LONG + b"}\ndata: [DONE]\n",
        text="",
        error="context_too_long",
    ),
    Framing(
        "comments right before the end marker",
        "diegosouzapw/OmniRoute#7031",
        b": omniroute-keepalive\n\ndata: " + A + b"\n\ndata: " + B + b"\n\ndata: " + END
        + b"\n\n: x-omniroute-tokens-in=178\n: x-omniroute-model=m\ndata: [DONE]\n\n",
    ),
    Framing(
        "choices without a delta, between words and behind the finish",
        "Azure's filters as they run along: microsoft/autogen#6465, langchain-ai/langchain#18977",
        b"data: " + A + b"\n\n" + FILTERED + b"data: " + B + b"\n\ndata: " + END + b"\n\n" + FILTERED
        + b"data: [DONE]\n\n",
    ),
    Framing(
        "bare objects and empty ones",
        "QuantumNous/new-api#6797",
        b"{}\n{}\n" + A + b"\n{}\n" + B + b"\n" + END + b"\n",
    ),
    Framing(
        "JSON over several data lines",
        "as the standard has it, SamSaffron/term-llm#454 and mpetazzoni/sseclient#11",
        b"".join(b"data: " + line + b"\n" for line in json.dumps(json.loads(A), indent=1).encode().split(b"\n"))
        + b"\ndata: " + B + b"\n\n" + TAIL,
    ),
    Framing(
        "fields before JSON over several lines",
        "a server by the book, and mpetrunic/fastify-sse-v2#93",
        b"event: message\nid: 7\nretry: 10\ndata: "
        + json.dumps(json.loads(A), indent=1).encode() + b"\n\ndata: " + B + b"\n\n" + TAIL,
    ),
    Framing(
        "JSON over several lines, data: on the first",
        "mpetrunic/fastify-sse-v2#93",
        b"data: " + json.dumps(json.loads(A), indent=1).encode() + b"\n\ndata: " + B + b"\n\n" + TAIL,
    ),
    Framing(
        "a line end inside a string",
        "content is not escaped, betalgo/openai#206",
        b"data: " + A.replace(b"Hello ", b"Hello\n") + b"\n\ndata: " + B + b"\n\n" + TAIL,
        "Hello\nworld",
    ),
    Framing(
        "JSON encoded twice",
        "apache/servicecomb-java-chassis#5125 and go-kruda/kruda#28",
        b"data:" + STRING + b"\n\ndata: " + B + b"\n\n" + TAIL,
    ),
    Framing(
        "an event cut off before the next one",
        "GLM-5.1, anomalyco/opencode#25858",
        b"data: " + A + b"\n\ndata: " + B[:24] + b"\ndata: " + B + b"\n\n" + TAIL,
        unread=(24 + len(b"\n"),),
    ),
    Framing(
        "an event cut off on the same line",
        "GLM-5.1, anomalyco/opencode#25858",
        b"data: " + A + b"\n\ndata: " + B[:24] + b"data: " + B + b"\n\n" + TAIL,
        unread=(24 + len(b"data: "),),
    ),
    Framing(
        "a keep-alive inside an event",
        "james-6-23/codex2api#696",
        b"data: " + A + b"\n\ndata: " + B[:24] + b": keepalive\n\n" + B[24:] + b"\n\ndata: " + B + b"\n\n" + TAIL,
        unread=(len(B) + len(b": keepalive") - len(b", "),),
    ),
    Framing(
        "an error behind half an event",
        "Wei-Shaw/sub2api#1471",
        b"data: " + A + b"\n\ndata: " + B[:24] + b"\ndata: " + BROKEN + b"\n\n",
        "Hello ",
        error="vendor_down",
    ),
    Framing(
        "an error over several lines without framing",
        "Gemini, maximhq/bifrost#5262",
        b"data: " + A + b"\n\n" + EXHAUSTED,
        "Hello ",
        error="rate_limited",
    ),
    Framing(
        "an error as plain text",
        "`event: error` as in elastic/elasticsearch#121806, with the text of a gateway",
        b"data: " + A + b"\n\nevent: error\ndata: upstream error: do request failed\n\n",
        "Hello ",
        error="vendor_down",
    ),
    Framing(
        "one LF before an error",
        "the same, one LF",
        b"data: " + A + b"\nevent: error\ndata: rate limit reached\n\n",
        "Hello ",
        error="rate_limited",
    ),
    Framing(
        "objects over several lines, nothing between them",
        "agno-agi/agno#3868 and googleapis/python-genai#2042",
        GOOGLE_A + GOOGLE_END,
        wire="gemini",
    ),
    Framing(
        "objects over several lines, data: on the first",
        "Gemini behind LiteLLM, BerriAI/litellm#14747",
        b"data: " + GOOGLE_A + b"\n\ndata: " + GOOGLE_END + b"\n\n",
        wire="gemini",
    ),
    Framing(
        "one LF between events of Gemini",
        "gateways that split at one LF, songquanpeng/one-api#277",
        b"data: " + GOOGLE_A.replace(b"\n", b"") + b"\ndata: " + GOOGLE_END + b"\n",
        wire="gemini",
    ),
    Framing(
        "an object that never ends before events",
        "maximhq/bifrost#5262",
        b"data: " + A + b"\n\n" + B[:24] + b"\n\ndata: " + B + b"\n\n" + TAIL,
        unread=(24 + len(b"\n\ndata: "),),
    ),
]  # fmt: skip

each_framing = pytest.mark.parametrize("framing", FRAMINGS, ids=lambda framing: framing.name)


def read(framing: Framing, pieces: list[bytes]) -> tuple[str, tuple[int, ...], str]:
    """Return text, gaps and error of a body in pieces."""
    found = outcome(framing.wire, pieces)
    gaps = tuple(part["bytes"] for part in found.get("parts", []) if part["kind"] == "gap")
    assert ("finish" in found) != ("error" in found)
    return found["text"], gaps, found.get("error", "")


@each_framing
def test_a_body_is_read_however_it_is_cut(framing: Framing) -> None:
    body, expected = framing.body, (framing.text, framing.unread, framing.error)
    assert read(framing, [body]) == expected
    assert read(framing, [body[at : at + 1] for at in range(len(body))]) == expected
    for at in range(1, len(body)):
        assert read(framing, [body[:at], body[at:]]) == expected, f"cut at {at}"


@each_framing
@pytest.mark.parametrize("end", [b"\r", b"\r\n"], ids=["CR", "CRLF"])
def test_a_body_is_read_with_every_line_end(framing: Framing, end: bytes) -> None:
    text, _, error = read(framing, [framing.body.replace(b"\n", end)])
    assert (text.replace(end.decode(), "\n"), error) == (framing.text.replace(end.decode(), "\n"), framing.error)


@pytest.mark.parametrize(
    "hidden",
    [
        b"data: " + B[25:],
        b"data: " + json.dumps(B.decode()[:-6]).encode(),
        b"Data: " + B,
        b"id: 5data: " + B,
        b"event: messagedata: " + B,
    ],
    ids=["without its beginning", "encoded twice, and cut", "another spelling", "behind an id", "behind a name"],
)
def test_an_event_that_hides_from_its_field_leaves_a_gap(hidden: bytes) -> None:
    body = b"data: " + A + b"\n\n" + hidden + b"\n\n" + TAIL
    found = outcome("openai", [body])
    assert found["text"] == "Hello "
    assert [part["kind"] for part in found["parts"]] == ["gap"]


def test_an_event_is_there_with_its_line_once_the_vendor_sends_no_blank_lines() -> None:
    decoder = BodyDecoder()
    assert list(decoder.feed(b"data: " + A + b"\n")) == []
    assert list(decoder.feed(b"data: " + B + b"\n")) == [json.loads(A), json.loads(B)]
    assert list(decoder.feed(b"data: " + END + b"\n")) == [json.loads(END)]
    list(decoder.feed(b"data: [DONE]\n"))
    assert decoder.done


def test_a_name_behind_finished_data_is_that_of_the_next_event() -> None:
    first, second = b'data: {"code": 1}\nevent: error\n', b'data: {"code": 2}\n\n'
    assert [*BodyDecoder().feed(first + second)] == [{"code": 1}, {"error": {"code": 2}}]
    assert [*BodyDecoder().feed(first + b"\n")] == [{"error": {"code": 1}}]


def flood(*events: bytes) -> bytes:
    return b"".join(events) * (512 * 1024 // sum(map(len, events)))


@pytest.mark.parametrize("noise", [b"data: x\n\n", b"data: []\n\n", b"data: 1\n\n", b'data: "x\n\n', b"data: [DON\n\n"])
def test_a_flood_of_noise_is_refused(noise: bytes) -> None:
    decoder = BodyDecoder()
    assert list(decoder.feed(noise * MAX_NOISE)) == []
    with pytest.raises(BadReply):
        list(decoder.feed(flood(noise)))


UGLY: dict[str, Callable[[], bytes]] = {
    "unfinished lines": lambda: b"data: {\n" + flood(b"data: {\n"),
    "lines that continue one": lambda: b"data: {\n" + flood(b'  "a": {\n'),
    "finished and open by turns": lambda: flood(b'data: {"a": 1}\ndata: {"a": [\n'),
    "glued and broken": lambda: b"data: " + flood(b'{"a": data: {"a": 1}'),
    "glued": lambda: b"data: " + flood(b'data: {"a": 1}') + b"\n",
    "line ends in an event": lambda: b"data: {x\n" + flood(b"data:\n") + b"\n",
    "data: again and again": lambda: b"data: " + flood(b"data: ") + b"{x\n\n",
    "blanks before an opening": lambda: b"data: {x" + flood(b"data:   ") + b"\n\n",
    "names between data": lambda: b"data: {\n" + flood(b"event: x\n"),
    "strings in strings": lambda: b'data: {"a": ["' + flood(b'data: {","') + b"\n\n",
}


@pytest.mark.parametrize("body", UGLY.values(), ids=UGLY)
def test_no_framing_costs_more_than_its_length(body: Callable[[], bytes]) -> None:
    decoder, content = BodyDecoder(), body()
    started = process_time()
    try:
        for at in range(0, len(content), 65536):
            list(decoder.feed(content[at : at + 65536]))
        list(decoder.finish())
    except VendorError:
        pass
    assert process_time() - started < 2
