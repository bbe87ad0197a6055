"""Parts, finishes and limits of replies, beyond what the recorded bodies show."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from providers.errors import ReplyTooLong, VendorError
from providers.reading.citations import Citations
from providers.reading.reader import Reading
from providers.reading.size_limits import MAX_PARTS_BYTES
from providers.text import KeyMask
from providers.types import Delta, Finish, Part
from providers.wires import registry
from providers.wires.parsed import Cited, Source, Support
from providers.wires.sources import MAX_TITLE_LENGTH
from tests.providers.conftest import SECRET
from tests.providers.reading import outcome
from tests.vendor_replies import event, gemini_end, gemini_event, gemini_parts, openai_chunk, openai_end, openai_event


def finish_of(wire: str, *body: bytes) -> Finish | None:
    """Return the finish of a reply."""
    reading = Reading(registry.wire(wire), KeyMask(""))
    list(reading.feed(b"".join(body)))
    list(reading.end())
    return reading.finish


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "JAILBREAK"])
def test_every_block_of_gemini(reason: str) -> None:
    (refusal,) = outcome("gemini", [event({"promptFeedback": {"blockReason": reason}})])["parts"]
    assert (refusal["kind"], refusal["reason"]) == ("refusal", reason)


def test_an_unspecified_finish_is_none() -> None:
    body = gemini_event("x") + gemini_end("FINISH_REASON_UNSPECIFIED")
    assert outcome("gemini", [body])["error"] == "cut_off"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'data: {"choices": [{"delta"\n\ndata: ]]]\n\n', "bad_reply"),
        (b"data: ]]]\n\n" + openai_event("x"), "cut_off"),
        (openai_event("") + b"data: ]]]\n\n", "cut_off"),
        (b'data: {"choices": [{"delta"', "cut_off"),
        (b"data: ]]]\n\ndata: {", "cut_off"),  # such a line is a keep-alive, and then an event began
    ],
)
def test_nothing_but_garbled_events_are_no_reply(body: bytes, code: str) -> None:
    assert outcome("openai", [body])["error"] == code


CALL = {"functionCall": {"name": "f"}}
ANSWER = {"functionResponse": {"name": "f", "response": {}}}


def test_a_stop_with_an_open_call_is_a_call() -> None:
    assert finish_of("gemini", gemini_parts(CALL), gemini_end()) == Finish("tool_call", "STOP")
    assert finish_of("gemini", gemini_parts(CALL, ANSWER), gemini_end()) == Finish("stop", "STOP")
    assert finish_of("gemini", gemini_parts(CALL), gemini_end("MAX_TOKENS")) == Finish("length", "MAX_TOKENS")
    tool = openai_chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}])
    assert finish_of("openai", tool, openai_end("stop")) == Finish("tool_call", "stop")


def test_a_key_is_masked_in_every_part() -> None:
    told = f"the key is {SECRET}!"
    parts = [
        {"functionCall": {"name": SECRET, "args": {SECRET: [told, {"deep": told}]}}},
        {"executableCode": {"language": "PYTHON", "code": told}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": told}},
        {"text": told, "thoughtSignature": told},
        {"fileData": {"fileUri": f"https://x.example/?key={SECRET}", "mimeType": "a"}},
        {"strange": told},
    ]
    grounding = {"groundingChunks": [{"web": {"uri": f"https://x.example/?key={SECRET}", "title": told}}]}
    body = gemini_parts(*parts) + gemini_event(
        "", finishReason="SAFETY", finishMessage=told, groundingMetadata=grounding
    )
    assert_masked(outcome("gemini", [body], SECRET), times=12)


def test_a_key_is_masked_in_calls_and_sources_of_openai() -> None:
    told = f"the key is {SECRET}!"
    halves = json.dumps({"a": told})
    call = {"index": 0, "id": SECRET, "function": {"name": told, "arguments": halves[:20]}}
    page = {"type": "url_citation", "url_citation": {"url": f"https://x.example/{SECRET}", "title": told}}
    body = (
        openai_chunk(tool_calls=[call], annotations=[page], refusal=SECRET[:10])
        + openai_chunk(tool_calls=[{"index": 0, "function": {"arguments": halves[20:]}}], refusal=SECRET[10:])
        + openai_end()
    )
    assert_masked(outcome("openai", [body], SECRET), times=7)


def test_a_key_is_masked_where_a_title_is_cut() -> None:
    title = "x" * (MAX_TITLE_LENGTH - len(SECRET) + 1) + SECRET
    page = {"type": "url_citation", "url_citation": {"url": "https://x.example/", "title": title}}
    read = outcome("openai", [openai_event("x") + openai_chunk(annotations=[page]) + openai_end()], SECRET)
    (part,) = read["parts"]
    assert part["sources"][0]["title"] == title[: -len(SECRET)] + "••••"


def assert_masked(read: dict[str, Any], *, times: int) -> None:
    """Check that the key is nowhere, and that its last characters are in its place."""
    shown = json.dumps(read, ensure_ascii=False)
    assert SECRET not in shown
    assert shown.count("••••" + SECRET[-4:]) >= times


def test_what_cannot_be_stored_is_replaced() -> None:
    args = b'{"half": "\\ud83d", "nul": "a\\u0000b", "n": NaN, "big": 1e999, "\\udc00": 1}'
    body = b'data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":%s}}]}}]}\n\n' % args
    (call,) = outcome("gemini", [body + gemini_end()])["parts"]
    assert call["arguments"] == {"half": "\ufffd", "nul": "a\ufffdb", "n": None, "big": None, "\ufffd": 1}


def test_what_is_too_deep_is_cut() -> None:
    deep: Any = 1
    for _ in range(300):
        deep = {"x": deep}
    (part,) = outcome("gemini", [gemini_parts({"strange": deep}) + gemini_end()])["parts"]
    assert json.dumps(part).count('"x"') == 100 - len(["vendor", "part", "strange"])


def test_words_that_were_held_back_stand_before_the_part() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    body = gemini_parts({"text": "a picture: s"}, picture, {"text": "o"}) + gemini_end()
    reading = Reading(registry.wire("gemini"), KeyMask(SECRET))
    deltas = [*reading.feed(body), *reading.end()]
    assert "".join(delta.text if not delta.part else "|" for delta in deltas) == "a picture: s|o"


def heard(wire: str, events: Iterable[bytes]) -> list[Delta]:
    """Return the deltas of a reply until it is too long."""
    reading, deltas = Reading(registry.wire(wire), KeyMask("")), list[Delta]()
    with pytest.raises(ReplyTooLong):
        deltas.extend(delta for one in events for delta in reading.feed(one))
    return deltas


def test_parts_have_a_limit_too() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "x" * 1000, "more": "y" * 10_000}}
    deltas = heard("gemini", (gemini_parts(code) for _ in range(2000)))
    assert 100 < len(deltas) < MAX_PARTS_BYTES // 10_000
    many = heard("gemini", (gemini_parts(*[{"x": 1}] * 1000) for _ in range(1000)))
    assert len(many) < 8_000


def test_a_call_has_a_limit_while_it_grows() -> None:
    piece = openai_chunk(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": "x" * 100_000}}])
    assert heard("openai", (piece for _ in range(200))) == []


def test_a_picture_may_be_larger() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "A" * (MAX_PARTS_BYTES + 100)}}
    reading = Reading(registry.wire("gemini"), KeyMask(SECRET))
    (delta,) = [*reading.feed(gemini_parts(picture) + gemini_end()), *reading.end()]
    assert delta.part is not None
    assert len(delta.part.detail["data"]) == MAX_PARTS_BYTES + 100


def test_a_signed_text_is_cut_at_its_limit() -> None:
    long = {"text": "é" * 600_000, "thoughtSignature": "x"}
    deltas = heard("gemini", [gemini_parts(long)])
    assert deltas == [Delta(text="é" * (1024 * 1024 // 2))]


def test_a_broken_reply_keeps_its_calls_and_sources() -> None:
    call = openai_chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x": '}}])
    page = {"type": "url_citation", "url_citation": {"url": "https://a.example/", "end_index": 4}}
    read = outcome("openai", [openai_event("Half", annotations=[page]) + call])
    assert read["error"] == "cut_off"
    assert [part["kind"] for part in read["parts"]] == ["call", "citation"]
    assert read["parts"][0]["raw"] == '{"x": '


A, B = Source("https://a.example/", "A", "a.example"), Source("https://b.example/", "B", "b.example")


def placed(text: str, *supports: Support) -> list[tuple[int, int, list[int]]]:
    """Return the places of the supports in `text`, with the numbers of their sources."""
    citations = Citations()
    citations.add(Cited((A, B), supports))
    citations.add(Cited((B, A), supports))
    part = citations.as_part(text, str)
    assert isinstance(part, Part)
    assert [source["title"] for source in part.detail["sources"]] == ["A", "B"]
    return [(one["start"], one["end"], one["sources"]) for one in part.detail["supports"]]


def test_bytes_become_characters() -> None:
    text = "ä😀b€"  # 2, 4, 1 and 3 bytes
    stretches = [(0, 2), (2, 6), (6, 7), (7, 10), (0, 10), (3, 7), (7, 99)]
    assert placed(text, *(Support(start, end, True, "", (A,)) for start, end in stretches)) == [
        (0, 1, [0]), (0, 4, [0]), (1, 2, [0]), (2, 3, [0]), (3, 4, [0]),
    ]  # fmt: skip


def test_a_quote_is_found_where_the_numbers_are_wrong() -> None:
    assert placed("one two three", Support(0, 3, True, "two", (A,)), Support(90, 95, False, "three", (B,))) == [
        (4, 7, [0]),
        (8, 13, [1]),
    ]


def test_the_same_stretch_is_said_once() -> None:
    assert placed("one", Support(0, 3, True, "", (B,)), Support(0, 3, True, "", (A, B))) == [(0, 3, [1, 0])]


def test_an_error_in_a_reply_names_its_wait() -> None:
    details = [{"retryDelay": "2.463586755s"}]
    body = gemini_event("Half") + event({"error": {"code": 429, "message": "m", "details": details}})
    assert outcome("gemini", [body])["retry_after"] == pytest.approx(2.463586755)
    with pytest.raises(VendorError):
        list(Reading(registry.wire("gemini"), KeyMask("")).feed(body))


def test_a_call_whose_every_piece_has_an_id_of_its_own() -> None:
    """Oracle's gateway sends them so: BerriAI/litellm#40040."""
    pieces = [("c1", {"name": "f", "arguments": ""}), ("c2", {"arguments": '{"city": "'}), ("c3", {"arguments": 'B"}'})]
    body = [openai_chunk(tool_calls=[{"index": 0, "id": own, "function": said}]) for own, said in pieces]
    (call,) = outcome("openai", [*body, openai_end()])["parts"]
    assert (call["id"], call["name"], call["arguments"]) == ("c1", "f", {"city": "B"})


def test_calls_without_number_have_a_limit() -> None:
    call = openai_chunk(tool_calls=[{"function": {"name": "f", "arguments": "{}"}}])
    assert heard("openai", [call] * 129) == []


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("\x00NEW\ud83d", "\ufffdNEW\ufffd"), (SECRET, "••••" + SECRET[-4:]), ("x" * 50 + SECRET, "x" * 50 + "••••")],
)
def test_a_vendors_word_for_the_finish_is_repaired_and_masked(sent: str, shown: str) -> None:
    body = event({"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "WORD"}]})
    body = body.replace(b"WORD", json.dumps(sent)[1:-1].encode())
    assert outcome("gemini", [body], SECRET)["finish"] == ["other", shown]
