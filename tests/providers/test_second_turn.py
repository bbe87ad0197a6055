"""Parts go back to their vendor as they came, and to another vendor as words alone."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import pytest

from providers.reading import json_objects
from providers.reading.reader import Reading
from providers.text import KeyMask
from providers.types import Address, Delta, Part, Prompt, Turn
from providers.wires import json_values, registry
from tests.anthropic_replies import whole
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import Ask
from tests.providers.reading import WIRE_FILES
from tests.vendor_replies import (
    gemini_end,
    gemini_parts,
    openai_chunk,
    openai_end,
    openai_event,
    responses_end,
    responses_item,
)

Json = dict[str, Any]
HELLO = Turn("user", (Part("text", "Hello"),))
ON = Turn("user", (Part("text", "Go on"),))


def stored(deltas: Sequence[Delta]) -> tuple[Part, ...]:
    """Return the parts of a reply stored and read again: neighbours of one growing kind become one."""
    parts: list[Part] = []
    for delta in deltas:
        part = delta.part or (Part("thought", delta.thought) if delta.thought else Part("text", delta.text))
        grows = not delta.part and parts and parts[-1].kind == part.kind and not parts[-1].detail
        parts[-1:] = [Part(part.kind, parts[-1].text + part.text)] if grows else [*parts[-1:], part]
    return tuple(Part.from_json(json.loads(json.dumps(part.to_json()))) for part in parts)


def read(wire: str, body: bytes) -> tuple[Part, ...]:
    """Return the parts of the reply in `body`."""
    reading = Reading(registry.wire(wire), KeyMask(""))
    return stored([*reading.feed(body), *reading.end()])


def asked(wire: str, *turns: Turn, quirks: frozenset[str] = frozenset()) -> Json:
    """Return the body of the next question after `turns`."""
    address = Address(wire, "https://vendor.example", quirks=quirks)  # type: ignore[arg-type]
    body: Json = json.loads(registry.wire(wire).request(address, Prompt("m", turns)).body)
    return body


def model_parts(*parts: Json) -> list[Json]:
    """Return the model's parts that go back after a reply of `parts`, each in an event of its own."""
    reply = Turn("assistant", read("gemini", b"".join(map(gemini_parts, parts)) + gemini_end()))
    contents = asked("gemini", HELLO, reply, ON)["contents"]
    assert [content["role"] for content in contents] == ["user", "model", "user"]
    sent: list[Json] = contents[1]["parts"]
    return sent


SIGNATURE = "c2lnbmF0dXJlIG9uZQ=="
PICTURE = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
EXACT: list[list[Json]] = [
    [{"text": "Signed.", "thoughtSignature": SIGNATURE}],
    [{"text": "A "}, {"text": "b", "thoughtSignature": SIGNATURE}, {"text": "", "thoughtSignature": "b3RoZXI="}],
    [{"thoughtSignature": SIGNATURE}],
    [{"text": "Hm.", "thought": True, "thoughtSignature": SIGNATURE}, {"text": "So."}],
    [{"functionCall": {"name": "f", "args": {"x": [1, {"y": None}]}}, "thoughtSignature": SIGNATURE}],
    [{"functionCall": {"name": "f", "id": "1"}}, {"functionCall": {"name": "f", "id": "2", "args": {"ü": "😀"}}}],
    [{"text": "See"}, {"executableCode": {"language": "PYTHON", "code": "1/0\n", "id": "e"}}],
    [{"codeExecutionResult": {"outcome": "OUTCOME_FAILED", "output": "ZeroDivisionError"}}, PICTURE, {"text": "No."}],
    [{"codeExecutionResult": {"outcome": "OUTCOME_OK"}}],
    [PICTURE],
    [{**PICTURE, "thoughtSignature": SIGNATURE}, {"text": "and"}, PICTURE],
    [{"inlineData": {"mimeType": "image/png", "data": "aGk=", "displayName": "p"}, "thought": True}],
    [{"fileData": {"mimeType": "video/mp4", "fileUri": "https://files.example/1"}}],
    [{"fileData": {"fileUri": "https://files.example/1"}, "videoMetadata": {"fps": 1}}],
    [{"functionResponse": {"name": "f", "response": {"ok": True}, "parts": []}}],
    [
        {"toolCall": {"toolType": "GOOGLE_SEARCH", "id": "t"}},
        {"toolResponse": {"toolType": "GOOGLE_SEARCH", "id": "t"}},
    ],
    [{"holograph": {"deep": [[1.5, True, None]]}}, {"text": "b", "partMetadata": {"k": "v"}}],
]


@pytest.mark.parametrize("parts", EXACT)
def test_gemini_parts_go_back_as_they_came(parts: list[Json]) -> None:
    assert model_parts(*parts) == parts


def test_plain_text_is_joined_and_thoughts_stay_here() -> None:
    assert model_parts({"text": "Hidden", "thought": True}, {"text": "a"}, {"text": "b"}) == [{"text": "ab"}]


@pytest.mark.parametrize(
    "name", ["signed-text", "signed-call", "code-execution", "image-model", "files", "unknown-parts"]
)
def test_every_part_of_a_recorded_reply_goes_back(name: str) -> None:
    body = (WIRE_FILES / f"gemini-{name}.sse").read_bytes()
    came = [
        part
        for line in body.split(b"\n")
        if line
        for part in json.loads(line.removeprefix(b"data: "))["candidates"][0]["content"]["parts"]
        if part
    ]
    sent = asked("gemini", HELLO, Turn("assistant", read("gemini", body)), ON)["contents"][1]["parts"]
    kept = [part for part in came if not _is_dropped(part)]
    assert [part for part in sent if part.keys() != {"text"}] == [part for part in kept if part.keys() != {"text"}]


def _is_dropped(part: object) -> bool:
    """Return whether this is no part, a plain text or thought (joined or left here), or an empty picture."""
    if not isinstance(part, dict):
        return True
    fields = {name for name, value in part.items() if value is not None}
    return (
        fields <= {"text", "thought"}
        or part.get("inlineData") == {"mimeType": "image/png", "data": ""}
        or (part.get("inlineData", 0) is None)
    )


def test_over_the_wire(wire_vendor: FakeVendor, ask: Ask) -> None:
    """The whole way: a reply with everything is heard, stored, and asked on."""
    parts = [part for parts in EXACT[:9] for part in parts]
    wire_vendor.play([gemini_parts(*parts), gemini_end()])
    with ask(wire="gemini") as stream:
        reply = Turn("assistant", stored(list(stream)))
    stream = ask(wire="gemini", turns=(HELLO, reply, ON))
    with stream:
        list(stream)
    assert wire_vendor.requests[1].json["contents"][1]["parts"] == parts


def test_an_open_call_is_answered() -> None:
    call = {"functionCall": {"name": "f", "args": {}, "id": "7"}, "thoughtSignature": SIGNATURE}
    reply = Turn("assistant", read("gemini", gemini_parts(call) + gemini_end()))
    answer = asked("gemini", HELLO, reply, ON)["contents"][2]["parts"]
    assert answer[0]["functionResponse"].keys() == {"name", "id", "response"}
    assert answer[1] == {"text": "Go on"}
    given = Turn("user", (Part("call_result", "", {"name": "f", "id": "7", "response": {"x": 1}}),))
    assert asked("gemini", HELLO, reply, given)["contents"][2]["parts"] == [
        {"functionResponse": {"id": "7", "name": "f", "response": {"x": 1}}}
    ]


def test_a_gemini_reply_is_words_to_another_vendor() -> None:
    parts = [part for parts in EXACT for part in parts]
    reply = Turn("assistant", read("gemini", gemini_parts({"text": "Words"}, *parts) + gemini_end()))
    messages = asked("openai", HELLO, reply, ON)["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert isinstance(messages[1]["content"], str)
    assert messages[1].keys() == {"role", "content"}
    assert "Hm." not in json.dumps(messages)
    assert "Signature" not in json.dumps(messages)
    # Only a person's message may hold pictures.
    assert {part["type"] for part in messages[2]["content"]} == {"image_url", "text"}


def test_an_openai_reply_is_words_to_gemini() -> None:
    body = (
        openai_event("Words", reasoning_content="Hidden")
        + openai_chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}])
        + openai_chunk(images=[{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}])
        + openai_end("tool_calls")
    )
    contents = asked("gemini", HELLO, Turn("assistant", read("openai", body)), ON)["contents"]
    assert contents[1]["parts"] == [{"text": "Words"}, PICTURE]
    assert contents[2]["parts"] == [{"text": "Go on"}]


def test_what_only_we_know_stays_here() -> None:
    ours = (
        Part("text", "said"),
        Part("thought", "thought"),
        Part("refusal", "refused"),
        Part("citation", "", {"sources": [], "supports": []}),
        Part("seam"),
        Part("unknown"),
        Part("image", "", {"media_type": "image/png", "data": ""}),
        Part("call", "", {"name": "f", "arguments": {}}),
    )
    assert asked("gemini", HELLO, Turn("assistant", ours))["contents"][1]["parts"] == [{"text": "said"}]
    assert asked("openai", HELLO, Turn("assistant", ours))["messages"][1] == {"role": "assistant", "content": "said"}


def test_calls_go_back_on_the_openai_wire() -> None:
    extra = {"extra_content": {"google": {"thought_signature": SIGNATURE}}}
    calls = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{ "x" : 1 }'}, **extra},
        {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]
    record = [{"type": "reasoning.text", "text": "So", "signature": SIGNATURE, "index": 0}]
    body = openai_chunk(content="Calling", reasoning_details=record) + openai_chunk(tool_calls=calls)
    reply = Turn("assistant", read("openai", body + openai_end("tool_calls")))
    result = Part("call_result", "", {"name": "f", "id": "a", "response": {"y": 2}})
    messages = asked("openai", HELLO, reply, Turn("user", (result, Part("text", "Go on"))))["messages"]
    assert messages[1] == {
        "role": "assistant",
        "content": "Calling",
        "tool_calls": calls,
        "reasoning_details": record,
    }
    assert messages[2] == {"role": "tool", "tool_call_id": "a", "content": '{"y": 2}'}
    # A call without an answer gets one, because vendors refuse an open call.
    assert (messages[3]["role"], messages[3]["tool_call_id"]) == ("tool", "b")
    assert messages[4] == {"role": "user", "content": "Go on"}
    without = asked("openai", HELLO, reply, ON, quirks=frozenset({"no:reasoning_details"}))["messages"][1]
    assert "reasoning_details" not in without


def test_a_call_with_broken_arguments_stays_here() -> None:
    body = openai_chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x'}}])
    reply = Turn("assistant", read("openai", openai_event("Calling") + body + openai_end("length")))
    assert asked("openai", HELLO, reply, ON)["messages"][1] == {"role": "assistant", "content": "Calling"}


def attached(*parts: Part) -> Turn:
    """Return a question with files."""
    return Turn("user", (*parts, Part("text", "What is this?")))


IMAGE = Part("image", "", {"media_type": "image/png", "data": "aGk=", "name": "a.png", "file": "1"})
PDF = Part("file", "", {"media_type": "application/pdf", "data": "JVBERg==", "name": "a.pdf", "file": "2"})
NOTE = Part("file", "", {"media_type": "text/plain", "data": b64encode("Übung\n".encode()).decode(), "name": "a.txt"})


def test_files_of_people_on_the_gemini_wire() -> None:
    assert asked("gemini", attached(IMAGE, PDF))["contents"][0]["parts"] == [
        PICTURE,
        {"inlineData": {"mimeType": "application/pdf", "data": "JVBERg=="}},
        {"text": "What is this?"},
    ]


def test_files_of_people_on_the_openai_wire() -> None:
    assert asked("openai", attached(IMAGE, PDF, NOTE))["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}},
        {"type": "text", "text": "a.txt:\n\nÜbung\n"},
        {"type": "text", "text": "What is this?"},
    ]
    assert asked("openai", attached(NOTE))["messages"][0]["content"] == "a.txt:\n\nÜbung\n\n\nWhat is this?"


ODD: dict[str, bytes] = {
    "anthropic": whole(
        [
            {"type": kind, "id": value, "text": "x", "name": "f", "input": {}}
            for kind in ("tool_use", "server_tool_use", "image", None, 5, ["text"])
            for value in ([1], {"a": 1}, 5)
        ]
        + [{"type": "hologram", "text": [1]}, {"type": "text", "text": "x"}]
    ),
    "responses": b"".join(
        responses_item(item, at)
        for at, item in enumerate(
            [
                {"type": kind, "call_id": value, "name": "f", "arguments": "{}", "id": value}
                for kind in ("function_call", "reasoning", 5, ["text"])
                for value in ([1], {"a": 1}, 5)
            ]
        )
    )
    + responses_end(),
    "gemini": gemini_parts(
        *({"functionCall": {"name": name, "id": value}} for name in ("f", [1]) for value in ([1], {"a": 1}, 5))
    )
    + gemini_end(),
    "openai": openai_chunk(content=[{"type": ["text"], "text": "x"}, {"type": {}, "text": "y"}])
    + openai_chunk(tool_calls=[{"index": 0, "id": [1], "function": {"name": {}, "arguments": "{}"}}])
    + openai_end("tool_calls"),
}


@pytest.mark.parametrize("wire", ODD)
def test_kinds_and_ids_that_are_no_words_do_not_break_the_next_question(wire: str) -> None:
    odd = read(wire, ODD[wire])
    for asking in ODD:
        sent = asked(asking, HELLO, Turn("assistant", odd), ON)
        back = [item for name in ("messages", "input", "contents") for item in sent.get(name, ())]
        for block in [one for item in back for one in (item, *item.get("content", ())) if isinstance(one, dict)]:
            fields = {name: block.get(name, "") for name in ("type", "call_id", "tool_use_id")}
            assert all(isinstance(value, str) for value in fields.values()), fields


def test_a_reply_of_a_great_many_tiny_values_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "_MAX_VALUES", 1000)
    many = '{"x":[' + "{}," * 1001 + "{}]}"
    assert json_objects.objects_in(many) == ([], len(many), True)
    assert json_objects.objects_in('{"x":[' + "{}," * 999 + "{}]}")[0]
