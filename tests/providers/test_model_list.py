"""The vendors' lists of models, as they are and as gateways make them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.client import model_list
from providers.errors import MAX_KEPT_CHARACTERS, VendorError
from providers.transport.network import Network
from providers.types import Address, CatalogueEntry
from providers.wires import model_lists
from providers.wires.registry import WIRES
from tests.fake_vendor import FakeVendor
from tests.providers.conftest import SECRET, PlainKey


def listed(vendor: FakeVendor, wire: str, **fields: Any) -> list[CatalogueEntry]:
    """Return the vendor's list over this wire."""
    base_url = vendor.gemini_url if wire == "gemini" else vendor.openai_url
    return model_list.list_models(Address(wire, base_url, **fields), PlainKey(), Network(vendor.private_hosts))  # type: ignore[arg-type]


def body(value: object) -> list[Any]:
    """Return a script that answers with this JSON."""
    return [{"Content-Type": "application/json"}, json.dumps(value).encode()]


def test_all_pages_of_the_gemini_list(wire_vendor: FakeVendor) -> None:
    found = listed(wire_vendor, "gemini", key_placement="query")
    assert found == [CatalogueEntry("parrot", "Parrot", 1000, 100), CatalogueEntry("owl", "Owl", 1000, 100)]
    first, second = wire_vendor.requests
    assert first.target == f"/v1beta/models?key={SECRET}&pageSize=1000"
    assert second.target == f"/v1beta/models?key={SECRET}&pageSize=1000&pageToken=two"
    assert (first.method, first.body) == ("GET", b"")


def test_the_openai_list(wire_vendor: FakeVendor) -> None:
    assert [entry.id for entry in listed(wire_vendor, "openai")] == ["parrot", "owl", "ear"]
    (request,) = wire_vendor.requests
    assert (request.method, request.target) == ("GET", "/v1/models")
    # One-api gateways choose the form of their answer by the key's header: only the one that is asked for is sent.
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert not {"x-goog-api-key", "x-api-key"} & {name.lower() for name in request.headers}


UUID = "f8703a00-ed54-4f98-bdc3-cd9a813286f3"
AZURE = "azureml://registries/azure-openai/models/gpt-4o-mini/versions/1"
# Wire, the shape and who sends it, the answer, and the ids in it.
LISTS: list[tuple[str, str, object, list[str]]] = [
    ("gemini", "odd entries", {"models": [{"displayName": "x"}, None, 5, {"name": "models/a"}]}, ["a"]),
    ("gemini", "no more pages", {"models": [{"name": "a", "displayName": "A"}], "nextPageToken": None}, ["a"]),
    ("openai", "twice", {"success": True, "data": [{"id": "a"}, {"object": "x"}, {"id": None}, {"id": "a"}]}, ["a"]),
    ("openai", "llama.cpp", {"models": [{"name": "m.gguf"}], "data": [{"id": "m.gguf"}]}, ["m.gguf"]),
    ("openai", "names alone", ["a", "b"], ["a", "b"]),
    ("openai", "names in data", {"data": ["a"]}, ["a"]),
    ("openai", "names in models", {"models": ["a"]}, ["a"]),
    ("openai", "models without an id", [{"model": "a"}], ["a"]),
    ("openai", "models in data", {"data": {"models": [{"id": "a"}, "b"]}}, ["a", "b"]),
    (
        "openai", "a list for each channel: new-api's DashboardListModels",
        {"success": True, "data": {"1": ["a", "b"], "14": ["c"], "8": None, "9": []}}, ["a", "b", "c"],
    ),
    (
        "openai", "a success with code and message",
        {"code": 200, "message": "success", "data": [{"id": "a"}]}, ["a"],
    ),
    ("openai", "Together AI, odysseus-dev/odysseus#2202", [{"id": "bare", "type": "chat"}], ["bare"]),
    (
        "openai", "one-api, songquanpeng/one-api#128",
        [{"id": "gpt-3.5-turbo", "permission": {"id": "modelperm-1"}, "root": "gpt-3.5-turbo"}], ["gpt-3.5-turbo"],
    ),
    (
        "openai", "Cloudflare, sigoden/aichat#1000",
        {"success": True, "errors": [], "messages": [], "result": [{"id": UUID, "name": "@cf/a"}]},
        ["@cf/a"],
    ),
    (
        "openai", "GitHub's first list, open-webui/open-webui#6941",
        [{"id": AZURE, "name": "gpt-4o-mini", "friendly_name": "OpenAI GPT-4o mini"}], ["gpt-4o-mini"],
    ),
    (
        "openai", "GitHub's catalogue, docs.github.com/rest/models/catalog",
        [{"id": "openai/gpt-4.1", "name": "OpenAI GPT-4.1", "limits": {"max_input_tokens": 9}}], ["openai/gpt-4.1"],
    ),
    (
        "openai", "two lists, farion1231/cc-switch#7593",
        {"data": [{"id": "a", "name": "a"}], "models": [{"id": "a", "name": "a"}], "success": True}, ["a"],
    ),
    ("openai", "slugs, farion1231/cc-switch#7593", {"models": [{"slug": "glm-4.7", "name": "GLM"}]}, ["glm-4.7"]),
    (
        "openai", "watsonx, ibm.com/docs getting foundation model information",
        {"total_count": 1, "limit": 100, "first": {"href": "url"}, "resources": [{"model_id": "ibm/granite"}]},
        ["ibm/granite"],
    ),
    (
        "openai", "Ollama's own list, docs.rs/rig-core model_listing",
        {"models": [{"name": "qwen3", "model": "qwen3:4b"}]}, ["qwen3:4b"],
    ),
    (
        "openai", "Fireworks, docs.fireworks.ai/api-reference/list-models",
        {"models": [{"name": "accounts/fireworks/models/x", "displayName": "X", "status": {"code": "OK"}}]},
        ["accounts/fireworks/models/x"],
    ),
    (
        "openai", "LM Studio's own list, lmstudio.ai/docs/api/rest-api",
        {"object": "list", "data": [{"id": "qwen2", "type": "vlm", "max_context_length": 9}]}, ["qwen2"],
    ),
    (
        "openai", "Anthropic's form, BigPizzaV3/CodexPlusPlus#2118",
        {"data": [{"type": "model", "id": "gpt-6", "display_name": "GPT"}], "object": "list", "has_more": False},
        ["gpt-6"],
    ),
    ("gemini", "OpenAI's form on Gemini's wire, new-api", {"object": "list", "data": [{"id": "a"}]}, ["a"]),
    ("openai", "Gemini's form on OpenAI's wire", {"models": [{"name": "a", "inputTokenLimit": 9}]}, ["a"]),
    ("openai", "none", {"data": None}, []),
    ("openai", "an empty list", {"object": "list", "data": []}, []),
]  # fmt: skip


@pytest.mark.parametrize(("wire", "shape", "answer", "ids"), LISTS, ids=[shape for _, shape, _, _ in LISTS])
def test_lists_as_gateways_make_them(
    wire_vendor: FakeVendor, wire: str, shape: str, answer: object, ids: list[str]
) -> None:
    wire_vendor.play(body(answer))
    assert [entry.id for entry in listed(wire_vendor, wire)] == ids
    assert len(wire_vendor.requests) == 1


# Where a Gemini gateway has no list, its models are listed on OpenAI's wire: QuantumNous/new-api#1515 and #1280,
# AstrBotDevs/AstrBot#10168.
@pytest.mark.parametrize(
    "script",
    [
        [404, b"404 page not found"],
        [404, b'{"error": {"message": "Invalid URL (GET /v1beta/models)", "type": "invalid_request_error"}}'],
        [405, b'{"error": "method not allowed"}'],
        [b"<!doctype html>"],
        [b"not json"],
        body({}),
        body({"models": []}),
        body({"models": [{"name": "models/e", "supportedGenerationMethods": ["embedContent"]}]}),
    ],
)
@pytest.mark.parametrize("placement", ["query", "header-goog"])
def test_a_gemini_gateway_without_a_list_is_asked_for_openais(
    wire_vendor: FakeVendor, script: list[Any], placement: str
) -> None:
    wire_vendor.play(script)
    assert [entry.id for entry in listed(wire_vendor, "gemini", key_placement=placement)] == ["parrot", "owl", "ear"]
    first, second = wire_vendor.requests
    assert first.path == "/v1beta/models"
    assert second.target == "/v1/models"
    assert second.headers["Authorization"] == f"Bearer {SECRET}"


def test_a_list_that_is_nowhere_is_not_a_model_that_is_missing(wire_vendor: FakeVendor) -> None:
    for wire in WIRES:
        wire_vendor.script = lambda _: [404, b'{"error": {"message": "no route"}}']
        with pytest.raises(VendorError) as raised:
            listed(wire_vendor, wire)
        assert raised.value.reason() == "The vendor has no list of models at this address."
        wire_vendor.script = lambda request: body({}) if "v1beta" in request.path else [404, b"{}"]
    assert listed(wire_vendor, "gemini") == []


def test_a_refused_key_is_not_tried_elsewhere(wire_vendor: FakeVendor) -> None:
    wire_vendor.play([401, b'{"error": {"message": "no", "code": "invalid_api_key"}}'])
    with pytest.raises(VendorError) as raised:
        listed(wire_vendor, "gemini")
    assert (raised.value.code, len(wire_vendor.requests)) == ("key_refused", 1)


def pages(**last: Any) -> list[list[Any]]:
    """Return two pages, of which the first says with these fields where to go on."""
    return [body({"data": [{"id": "a"}, {"id": "b"}], **last}), body({"data": [{"id": "c"}], "has_more": False})]


@pytest.mark.parametrize(
    ("last", "query"),
    [
        # newo-ether/Agora#41, experientiallabs/experiential#1055, MiniMax's list of models
        ({"has_more": True, "first_id": "a", "last_id": "b"}, "limit=100&after=b&after_id=b"),
        # databricks/unity-gateway#680
        ({"has_more": True, "first_id": None, "last_id": None}, "limit=100&after=b&after_id=b"),
        ({"has_more": True, "last_id": "x/y:z&a"}, "limit=100&after=x%2Fy%3Az%26a&after_id=x%2Fy%3Az%26a"),
        # docs.fireworks.ai/api-reference/list-models, docs.cohere.com/reference/list-models
        ({"nextPageToken": "two="}, "pageToken=two%3D"),
        ({"next_page_token": "two="}, "page_token=two%3D"),
    ],
)
def test_pages_of_a_list_on_openais_wire(wire_vendor: FakeVendor, last: dict[str, Any], query: str) -> None:
    wire_vendor.play(*pages(**last))
    assert [entry.id for entry in listed(wire_vendor, "openai")] == ["a", "b", "c"]
    assert [request.target for request in wire_vendor.requests] == ["/v1/models", f"/v1/models?{query}"]


@pytest.mark.parametrize("last", [{"has_more": True, "last_id": "b"}, {"has_more": True}, {"nextPageToken": "x"}])
def test_a_list_that_always_has_more_ends(wire_vendor: FakeVendor, last: dict[str, Any]) -> None:
    wire_vendor.script = lambda _: pages(**last)[0]
    assert [entry.id for entry in listed(wire_vendor, "openai")] == ["a", "b"]
    assert len(wire_vendor.requests) == 2


def test_what_a_list_says_of_a_model() -> None:
    google = {"name": "models/g", "displayName": "G", "inputTokenLimit": 8, "outputTokenLimit": "x", "thinking": True}
    router = {
        "id": "r/x",
        "name": "R: X",
        "context_length": 9,
        "top_provider": {"max_completion_tokens": 4},
        "supported_parameters": ["reasoning"],
    }
    assert WIRES["gemini"].parse_catalogue({"models": [google]})[0] == [CatalogueEntry("g", "G", 8, None, True)]
    assert WIRES["openai"].parse_catalogue({"data": [router, {"id": "v", "max_model_len": 7}]})[0] == [
        CatalogueEntry("r/x", "R: X", 9, 4, True),
        CatalogueEntry("v", "v", 7),
    ]


@pytest.mark.parametrize(
    ("model", "limits"),
    [
        ({"context_window": 9, "max_completion_tokens": 4}, (9, 4)),  # Groq, console.groq.com/docs/api-reference
        ({"max_context_length": 9}, (9, None)),  # LM Studio
        ({"contextLength": 9}, (9, None)),  # Fireworks
        ({"limits": {"max_input_tokens": 9, "max_output_tokens": 4}}, (9, 4)),  # GitHub
        ({"context_length": 9, "top_provider": {"context_length": 8, "max_completion_tokens": 4}}, (9, 4)),  # Maritaca
        ({"context_length": 0, "max_model_len": "x"}, (None, None)),
    ],
)
def test_limits_under_other_names(model: dict[str, Any], limits: tuple[int | None, int | None]) -> None:
    (found,) = WIRES["openai"].parse_catalogue([{"id": "a", **model}])[0]
    assert (found.input_limit, found.output_limit) == limits


def test_a_list_of_thousands_is_cut(wire_vendor: FakeVendor) -> None:
    wire_vendor.play(body({"data": [{"id": f"m{number}"} for number in range(12_000)]}))
    assert len(listed(wire_vendor, "openai")) == model_list.MAX_MODELS


def test_pages_that_go_in_circles_end(wire_vendor: FakeVendor) -> None:
    wire_vendor.script = lambda request: body({"models": [{"name": "models/a"}], "nextPageToken": "same"})
    assert [entry.id for entry in listed(wire_vendor, "gemini")] == ["a"]
    assert len(wire_vendor.requests) == 2


def test_pages_without_an_end_do(wire_vendor: FakeVendor) -> None:
    def script(request: object) -> list[Any]:
        return body({"models": [{"name": "models/a"}], "nextPageToken": str(len(wire_vendor.requests))})

    wire_vendor.script = script  # type: ignore[assignment]
    assert [entry.id for entry in listed(wire_vendor, "gemini")] == ["a"]
    assert len(wire_vendor.requests) == model_list.MAX_PAGES


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("script", "code"),
    [
        ([401, b'{"error": {"message": "no: Bearer ' + SECRET.encode() + b'"}}'], "key_refused"),
        ([b'{"success": false, "message": "Invalid token"}'], "key_refused"),
        ([302, {"Location": "https://elsewhere.example"}, b""], "bad_reply"),
        ([b"<!doctype html>"], "bad_reply"),
        ([b""], "bad_reply"),
        ([b"[" * 100_000], "bad_reply"),
        ([503, b""], "vendor_down"),
    ],
)
def test_no_list(wire_vendor: FakeVendor, wire: str, script: list[Any], code: str) -> None:
    wire_vendor.script = lambda _: script
    with pytest.raises(VendorError) as raised:
        listed(wire_vendor, wire)
    assert raised.value.code == code
    assert SECRET not in raised.value.text


@pytest.mark.parametrize("filling", [" ", "x"])
def test_a_key_is_masked_where_the_message_is_cut(wire_vendor: FakeVendor, filling: str) -> None:
    message = f"no:{filling * (MAX_KEPT_CHARACTERS - len(SECRET) - 2)}{SECRET}"
    wire_vendor.play([401, json.dumps({"error": {"message": message}}).encode()])
    with pytest.raises(VendorError) as raised:
        listed(wire_vendor, "openai")
    assert "••••" in raised.value.quote
    assert SECRET[:12] not in raised.value.quote


def test_a_list_without_an_end_is_left(wire_vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_list, "MAX_PAGE_BYTES", 100_000)
    wire_vendor.play([b'{"data": ["', *[b"x" * 65536] * 10])
    with pytest.raises(VendorError) as raised:
        listed(wire_vendor, "openai")
    assert raised.value.code == "bad_reply"


def test_only_the_beginning_of_a_list_without_end_is_read() -> None:
    assert len(model_lists.models_in([f"model-{number}" for number in range(50_000)])) == 20_000
