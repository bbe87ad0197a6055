"""The calls that the vendors' own documents show are made exactly as shown."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from providers.client.stream import Stream
from providers.errors import BadRequest
from providers.transport import egress
from providers.transport.network import Network
from providers.types import Address, Part, Prompt, Turn
from providers.wires import registry
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import SECRET, PlainKey, said
from tests.providers.reading import turns
from tests.vendor_replies import Received

STORY = Prompt("gemini-2.5-flash", turns("讲个300个字的故事"), parameters={"max_tokens": 3000, "temperature": 0.7})


def called(vendor: FakeVendor, address: Address, prompt: Prompt) -> Received:
    """Return the request that reaches the vendor for `prompt`."""
    local = replace(address, base_url=address.base_url.replace("https://vendor.example", f"http://{vendor.host}"))
    said(Stream(local, prompt, PlainKey(), network=Network(vendor.private_hosts)))
    request = vendor.next_request()
    assert (request.method, request.headers["Content-Type"]) == ("POST", "application/json")
    return request


def with_role(content: dict[str, Any]) -> dict[str, Any]:
    """Return a content of a document with the role that it leaves out."""
    return {"role": "user", **content}


def test_dmxapi_gemini_stream_with_the_key_in_the_query(wire_vendor: FakeVendor) -> None:
    address = Address("gemini", "https://vendor.example", key_placement="query", snake_case=True)
    request = called(
        wire_vendor, address, Prompt("gemini-2.5-flash", turns("随机生成300个字"), system="你是我的助手,你叫 小巴。")
    )
    assert request.target == f"/v1beta/models/gemini-2.5-flash:streamGenerateContent?key={SECRET}&alt=sse"
    assert request.json == {
        "system_instruction": {"parts": [{"text": "你是我的助手,你叫 小巴。"}]},
        "contents": [{"role": "user", "parts": [{"text": "随机生成300个字"}]}],
    }
    assert "Authorization" not in request.headers


def test_skyengine_gemini_stream_with_bearer_and_without_asking_for_events(wire_vendor: FakeVendor) -> None:
    address = Address("gemini", "https://vendor.example", key_placement="bearer", ask_sse=False)
    request = called(wire_vendor, address, STORY)
    assert request.target == "/v1beta/models/gemini-2.5-flash:streamGenerateContent"
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert request.json == {
        "contents": [with_role({"parts": [{"text": "讲个300个字的故事"}]})],
        "generationConfig": {"maxOutputTokens": 3000, "temperature": 0.7},
    }


def test_dmxapi_gemini_whole_with_the_bare_key(wire_vendor: FakeVendor) -> None:
    address = Address("gemini", "https://vendor.example", key_placement="authorization", streaming=False)
    request = called(
        wire_vendor, address, Prompt("gemini-2.5-flash", turns("今天是几号", "今天是2025年12月26日", "明天是几号"))
    )
    assert request.target == "/v1beta/models/gemini-2.5-flash:generateContent"
    assert request.headers["Authorization"] == SECRET
    assert request.json == {
        "contents": [
            {"role": "user", "parts": [{"text": "今天是几号"}]},
            {"role": "model", "parts": [{"text": "今天是2025年12月26日"}]},
            {"role": "user", "parts": [{"text": "明天是几号"}]},
        ]
    }


@pytest.mark.parametrize("placement", ["query", "header-goog"])
def test_shengsuanyun_gemini_stream_below_a_path(wire_vendor: FakeVendor, placement: str) -> None:
    address = Address("gemini", "https://vendor.example/api", key_placement=placement, ask_sse=False)  # type: ignore[arg-type]
    raw = {"generationConfig": {"topP": 1, "thinkingConfig": {"includeThoughts": False}}, "safetySettings": []}
    prompt = Prompt("google/gemini-2.5-flash", turns("string"), "string", {"temperature": 0.9, "seed": 0, "raw": raw})
    request = called(wire_vendor, address, prompt)
    query = f"?key={SECRET}" if placement == "query" else ""
    assert request.target == f"/api/v1beta/models/google/gemini-2.5-flash:streamGenerateContent{query}"
    assert request.headers.get("x-goog-api-key") == (None if query else SECRET)
    assert request.json == {
        "contents": [{"role": "user", "parts": [{"text": "string"}]}],
        "systemInstruction": {"role": "user", "parts": [{"text": "string"}]},
        "generationConfig": {"temperature": 0.9, "seed": 0, "topP": 1, "thinkingConfig": {"includeThoughts": False}},
        "safetySettings": [],
    }


def test_dmxapi_openai_stream_with_the_bare_key(wire_vendor: FakeVendor) -> None:
    address = Address("openai", "https://vendor.example/v1", key_placement="authorization")
    prompt = Prompt("gpt-5-mini", turns("周树人和鲁迅是兄弟吗?"), system="You are a helpful assistant.")
    request = called(wire_vendor, address, prompt)
    assert request.target == "/v1/chat/completions"
    assert request.headers["Authorization"] == SECRET
    assert request.json == {
        "model": "gpt-5-mini",
        "stream": True,
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "周树人和鲁迅是兄弟吗?"},
        ],
    }


def test_only_named_headers_leave_this_site(wire_vendor: FakeVendor) -> None:
    address = Address("openai", "https://vendor.example/v1", headers=(("X-Title", "Team chat"),))
    request = called(wire_vendor, address, Prompt("m", turns("Hi")))
    assert set(request.headers) == {
        "Host", "User-Agent", "Accept", "Accept-Encoding", "Content-Type", "Content-Length", "Authorization", "X-Title",
    }  # fmt: skip
    assert request.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "name", ["Authorization", "Host", "Cookie", "content-length", "x-goog-api-key", "X-A b", "X-A\n"]
)
def test_other_extra_headers_are_refused(name: str) -> None:
    with pytest.raises(BadRequest):
        egress.check_headers([(name, "1")])


def test_parameters_on_the_openai_wire() -> None:
    known = {"temperature": 0, "top_p": 0.5, "max_tokens": 9, "stop": ["END"], "seed": 7, "raw": {"n": 1}, "unknown": 1}
    request = registry.wire("openai").request(
        Address("openai", "https://vendor.example/v1/chat/completions", ask_usage=True),
        Prompt("m", turns("Hi"), parameters=known),
    )
    assert request.url == "https://vendor.example/v1/chat/completions"
    assert json.loads(request.body) == {
        "model": "m", "stream": True, "messages": [{"role": "user", "content": "Hi"}], "temperature": 0, "top_p": 0.5,
        "max_tokens": 9, "stop": ["END"], "seed": 7, "n": 1, "stream_options": {"include_usage": True},
    }  # fmt: skip


@pytest.mark.parametrize("wire", ["gemini", "openai"])
def test_thoughts_and_empty_turns_are_not_sent(wire: str) -> None:
    history = (
        Turn("user", (Part("text", "one"),)),
        Turn("assistant", (Part("thought", "hidden"), Part("text", ""))),
        Turn("user", (Part("text", "two"),)),
    )
    body = registry.wire(wire).request(Address(wire, "https://v.example"), Prompt("m", history)).body  # type: ignore[arg-type]
    assert b"hidden" not in body
    assert body.count(b'"role"') == 1  # two turns of one side become one


@pytest.mark.parametrize("model", ["", "..", "a/../b", "a//b", "models/"])
def test_a_model_name_cannot_leave_its_path(model: str) -> None:
    with pytest.raises(BadRequest):
        registry.wire("gemini").request(Address("gemini", "https://v.example"), Prompt(model, turns("Hi")))


def test_a_model_name_is_quoted() -> None:
    url = registry.wire("gemini").request(Address("gemini", "https://v.example"), Prompt("a b?c#d:e", turns("Hi"))).url
    assert url == "https://v.example/v1beta/models/a%20b%3Fc%23d%3Ae:streamGenerateContent?alt=sse"
