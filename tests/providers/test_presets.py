"""The calls of a preset: they match the vendors' own documents, with nothing but a key added."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from providers.client import route
from providers.endpoints.adding import add_endpoint
from providers.endpoints.presets import presets
from providers.models import Deployment, Endpoint
from providers.transport import egress
from providers.types import Part, Prompt, Turn
from tests.conftest import CANARY
from tests.fake_vendor import FakeVendor
from tests.vendor_replies import Received

# Preset: wire, base URL, where the key goes.
EXPECTED = {
    "dmxapi-gemini": ("gemini", "https://www.dmxapi.cn", "authorization"),
    "dmxapi-openai": ("openai", "https://www.dmxapi.cn/v1", "authorization"),
    "skyengine-gemini": ("gemini", "https://model-api.skyengine.com.cn", "bearer"),
    "shengsuanyun-gemini": ("gemini", "https://router.shengsuanyun.com/api", "query"),
    "google": ("gemini", "https://generativelanguage.googleapis.com", "header-goog"),
    "openai": ("openai", "https://api.openai.com/v1", "bearer"),
    "openrouter": ("openai", "https://openrouter.ai/api/v1", "bearer"),
    "deepseek": ("openai", "https://api.deepseek.com/v1", "bearer"),
    "ollama": ("openai", "http://localhost:11434/v1", "bearer"),
    "openai-responses": ("responses", "https://api.openai.com/v1", "bearer"),
    "gemini": ("gemini", "", "header-goog"),
    "openai-compatible": ("openai", "", "bearer"),
    "anthropic": ("anthropic", "https://api.anthropic.com", "header-x-api-key"),
    "dmxapi-anthropic": ("anthropic", "https://www.dmxapi.cn", "authorization"),
    "anthropic-compatible": ("anthropic", "", "header-x-api-key"),
    "responses-compatible": ("responses", "", "bearer"),
}
KEY_HEADERS = {"Authorization", "x-goog-api-key", "x-api-key"}


def test_the_presets_are_those_that_are_promised() -> None:
    made = {name: (preset.wire, preset.base_url, preset.key_placement) for name, preset in presets().items()}
    assert made == EXPECTED
    assert all(name == preset.id and preset.label for name, preset in presets().items())


@pytest.mark.parametrize("name", [name for name in EXPECTED if EXPECTED[name][1].startswith("https")])
def test_the_address_of_a_preset_may_be_called(name: str) -> None:
    egress.check_url(presets()[name].base_url, frozenset())


def test_only_ollama_works_without_a_key() -> None:
    assert [name for name, preset in presets().items() if not preset.needs_key] == ["ollama"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", EXPECTED)
def test_a_preset_becomes_an_endpoint_with_these_defaults(name: str, settings: Any) -> None:
    settings.CHATSITE_PRIVATE_HOSTS = frozenset({"localhost:11434"})
    wire, base_url, placement = EXPECTED[name]
    endpoint = add_endpoint(name, base_url=base_url or "https://vendor.example", models=["m"], key=CANARY)
    endpoint.refresh_from_db()
    assert (endpoint.wire, endpoint.base_url) == (wire, base_url or "https://vendor.example")
    assert (endpoint.key_placement, endpoint.api_version, endpoint.streaming) == (placement, "v1beta", True)
    assert endpoint.snake_case == (name == "dmxapi-gemini")
    assert endpoint.ask_sse == (name not in ("skyengine-gemini", "shengsuanyun-gemini"))


def turns(*texts: str) -> tuple[Turn, ...]:
    return tuple(Turn("assistant" if at % 2 else "user", (Part("text", text),)) for at, text in enumerate(texts))


def call(
    vendor: FakeVendor, preset: str, prompt: Prompt, raw: dict[str, Any] | None = None, **changed: Any
) -> Received:
    """Return the request that reaches the vendor for `prompt` through `preset` with another host.

    `raw` are the administrator's extras for the model, `changed` the endpoint's fields that differ from the preset's.
    """
    path = urlsplit(presets()[preset].base_url).path
    endpoint = add_endpoint(preset, base_url=f"http://{vendor.host}{path}", models=[prompt.model], key=CANARY)
    Endpoint.objects.filter(pk=endpoint.pk).update(**changed)
    endpoint.deployments.update(raw_extras=raw or {})
    with route.route_of(Deployment.objects.get(endpoint=endpoint)).stream(prompt) as stream:
        assert "".join(delta.text for delta in stream).startswith("You said")
    received = vendor.next_request()
    assert (received.method, received.headers["Content-Type"]) == ("POST", "application/json")
    return received


def keys_in(received: Received) -> dict[str, str]:
    return {name: value for name, value in received.headers.items() if name in KEY_HEADERS}


@pytest.mark.django_db
def test_dmxapi_gemini_streams_with_the_key_first_in_the_query(vendor: FakeVendor) -> None:
    prompt = Prompt("gemini-2.5-flash", turns("随机生成300个字"), system="你是我的助手,你叫 小巴。")
    received = call(vendor, "dmxapi-gemini", prompt, key_placement="query")
    assert received.target == f"/v1beta/models/gemini-2.5-flash:streamGenerateContent?key={CANARY}&alt=sse"
    assert keys_in(received) == {}
    assert received.json == {
        "system_instruction": {"parts": [{"text": "你是我的助手,你叫 小巴。"}]},
        "contents": [{"role": "user", "parts": [{"text": "随机生成300个字"}]}],
    }


@pytest.mark.django_db
def test_skyengine_streams_with_bearer_and_no_query(vendor: FakeVendor) -> None:
    parameters = {"max_tokens": 3000, "temperature": 0.7}
    received = call(vendor, "skyengine-gemini", Prompt("gemini-2.5-flash", turns("讲个故事"), parameters=parameters))
    assert received.target == "/v1beta/models/gemini-2.5-flash:streamGenerateContent"
    assert keys_in(received) == {"Authorization": f"Bearer {CANARY}"}
    assert received.json == {
        "contents": [{"role": "user", "parts": [{"text": "讲个故事"}]}],
        "generationConfig": {"maxOutputTokens": 3000, "temperature": 0.7},
    }


@pytest.mark.django_db
def test_dmxapi_gemini_answers_several_turns_at_once_with_the_bare_key(vendor: FakeVendor) -> None:
    prompt = Prompt("gemini-2.5-flash", turns("今天是几号", "今天是2025年12月26日", "明天是几号"))
    received = call(vendor, "dmxapi-gemini", prompt, streaming=False)
    assert received.target == "/v1beta/models/gemini-2.5-flash:generateContent"
    assert keys_in(received) == {"Authorization": CANARY}
    assert received.json == {
        "contents": [
            {"role": "user", "parts": [{"text": "今天是几号"}]},
            {"role": "model", "parts": [{"text": "今天是2025年12月26日"}]},
            {"role": "user", "parts": [{"text": "明天是几号"}]},
        ]
    }


RAW = {
    "generationConfig": {
        "topK": 40,
        "candidateCount": 1,
        "responseMimeType": "text/plain",
        "responseSchema": {},
        "presencePenalty": -2,
        "frequencyPenalty": -2,
        "responseLogprobs": False,
        "logprobs": 0,
        "responseModalities": ["TEXT"],
        "thinkingConfig": {"includeThoughts": False, "thinkingBudget": 5000},
    },
    "safetySettings": [
        {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "HARM_BLOCK_THRESHOLD_UNSPECIFIED"},
    ],
    "tools": [{"functionDeclarations": [], "googleSearch": {}, "googleSearchRetrieval": {}, "codeExecution": {}}],
    "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["string"]}},
    "cachedContent": "cachedContents/abc123",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "query", "header"),
    [
        ({}, f"?key={CANARY}", {}),
        ({"key_placement": "header-goog"}, "", {"x-goog-api-key": CANARY}),
    ],
    ids=["query", "header"],
)
def test_shengsuanyun_streams_below_its_path(
    vendor: FakeVendor, changed: dict[str, str], query: str, header: dict[str, str]
) -> None:
    known = {"temperature": 0.9, "top_p": 1, "max_tokens": 2048, "stop": ["string"], "seed": 0}
    of_a_person = {"raw": {"contents": []}}  # extras are an administrator's alone
    prompt = Prompt("google/gemini-2.5-flash", turns("string"), "string", known | of_a_person)
    received = call(vendor, "shengsuanyun-gemini", prompt, RAW, **changed)
    assert received.target == f"/api/v1beta/models/google/gemini-2.5-flash:streamGenerateContent{query}"
    assert keys_in(received) == header
    assert received.json == {
        **RAW,
        "contents": [{"role": "user", "parts": [{"text": "string"}]}],
        "systemInstruction": {"role": "user", "parts": [{"text": "string"}]},
        "generationConfig": {
            **RAW["generationConfig"],  # type: ignore[dict-item]
            "temperature": 0.9,
            "topP": 1,
            "maxOutputTokens": 2048,
            "stopSequences": ["string"],
            "seed": 0,
        },
    }


@pytest.mark.django_db
def test_dmxapi_openai_streams_with_the_bare_key(vendor: FakeVendor) -> None:
    prompt = Prompt("gpt-5-mini", turns("周树人和鲁迅是兄弟吗?"), system="You are a helpful assistant.")
    received = call(vendor, "dmxapi-openai", prompt)
    assert received.target == "/v1/chat/completions"
    assert keys_in(received) == {"Authorization": CANARY}
    assert received.json == {
        "model": "gpt-5-mini",
        "stream": True,
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "周树人和鲁迅是兄弟吗?"},
        ],
    }
