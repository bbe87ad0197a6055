"""The next request of a deployment: the lessons of earlier ones change it, and nothing else does."""

from __future__ import annotations

import json

import pytest

from providers.types import Address, Part, Prompt, Turn
from providers.wires import registry
from tests.providers.refusal_sentences import Json, history


@pytest.mark.parametrize(
    ("quirk", "given", "sent"),
    [
        ("no:temperature", {"temperature": 1.5}, {}),
        ("range:temperature=0..1", {"temperature": 1.5}, {"temperature": 1.0}),
        ("range:max_tokens=16..8192", {"max_tokens": 3}, {"max_tokens": 16}),
        ("range:max_tokens=..8192", {"max_tokens": 9000}, {"max_tokens": 8192}),
        ("range:stop=..2", {"stop": ["a", "b", "c"]}, {"stop": ["a", "b"]}),
        ("levels:reasoning_effort=low,high", {"thinking": {"level": "minimal"}}, {"reasoning_effort": "low"}),
        ("levels:reasoning_effort=low,high", {"thinking": "off"}, {"reasoning_effort": "low"}),
        ("levels:reasoning_effort=none", {"thinking": {"level": "high"}}, {}),
        ("either:temperature,top_p", {"temperature": 1, "top_p": 0.5}, {"temperature": 1}),
        ("either:temperature,top_p", {"top_p": 0.5}, {"top_p": 0.5}),
        ("max_completion_tokens", {"max_tokens": 9}, {"max_completion_tokens": 9}),
    ],
)
def test_the_next_request(quirk: str, given: Json, sent: Json) -> None:
    address = Address("openai", "https://vendor.example", quirks=frozenset([quirk]))
    body = json.loads(registry.wire("openai").request(address, Prompt("m", (), parameters=given)).body)
    assert {name: value for name, value in body.items() if name not in ("model", "stream", "messages")} == sent


def asked(wire: str, *quirks: str, origin: str = "here", model: str = "m") -> Json:
    """Return the body of the next request of `history` with these quirks."""
    address = Address(wire, "https://vendor.example", quirks=frozenset(quirks), origin=origin)  # type: ignore[arg-type]
    body: Json = json.loads(registry.wire(wire).request(address, Prompt(model, history(wire), "Be kind.")).body)
    return body


def test_instructions_stand_before_the_first_question() -> None:
    assert "systemInstruction" not in (body := asked("gemini", "no:system"))
    assert [part.get("text") for part in body["contents"][0]["parts"]] == ["Be kind.", "What is this?", None]
    first = asked("openai", "no:system", "no:image")["messages"][0]
    assert first == {"role": "user", "content": "Be kind.\n\nWhat is this?\n\n[image: cat.png]"}


def test_a_signature_goes_back_only_where_it_came_from() -> None:
    own = {"text": "Yes", "thoughtSignature": "s"}
    bare = {"text": "Yes"}
    assert [asked("gemini", origin=to)["contents"][1]["parts"][0] for to in ("here", "elsewhere")] == [own, bare]
    assert asked("gemini", "unsigned")["contents"][1]["parts"][0] == bare


def test_gemini_3_gets_the_stand_in_for_a_foreign_call() -> None:
    call = {"functionCall": {"name": "f", "args": {}}}
    signed = {**call, "thoughtSignature": "skip_thought_signature_validator"}
    assert asked("gemini")["contents"][1]["parts"][1] == call
    assert asked("gemini", "stand-in")["contents"][1]["parts"][1] == signed
    assert asked("gemini", model="gemini-3-pro-image-preview")["contents"][1]["parts"][1] == signed


def test_a_turn_of_the_model_stands_between_results_and_question() -> None:
    plain, apart = asked("openai")["messages"], asked("openai", "turn-between")["messages"]
    assert [message["role"] for message in plain] == ["system", "user", "assistant", "tool", "user"]
    assert [message["role"] for message in apart] == ["system", "user", "assistant", "tool", "assistant", "user"]


@pytest.mark.parametrize("wire", ["openai", "gemini"])
def test_a_turn_of_white_space_does_not_go_back(wire: str) -> None:
    """Claude, also behind gateways, refuses every further turn of such a history: opencode#31259, FastGPT#3575."""
    said = (Turn("user", (Part("text", "Hi"),)), Turn("assistant", (Part("text", " \n\n"),)))
    prompt = Prompt("m", (*said, Turn("user", (Part("text", "Go on"),))))
    body = json.loads(registry.wire(wire).request(Address(wire, "https://vendor.example"), prompt).body)  # type: ignore[arg-type]
    assert [turn["role"] for turn in body.get("messages", body.get("contents"))] == ["user"]


def test_thoughts_go_back_with_a_call_where_they_are_wanted() -> None:
    plain, wanted = asked("openai")["messages"][2], asked("openai", "reasoning_content")["messages"][2]
    assert wanted == {**plain, "reasoning_content": "Hm."}
