"""Token counts and sources under other names are read; a row names who spells them so, and where that is said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.providers.reading import outcome
from tests.vendor_replies import event, openai_event

# what a chunk holds besides its choices, or in its choice; input, output, thoughts, cached; who says so
COUNTS: list[tuple[dict[str, Any], list[int | None], str]] = [
    ({"usage": {"prompt_tokens": 9, "completion_tokens": 2}}, [9, 2, None, None], "OpenAI API reference"),
    (
        {"usage": {"prompt_tokens": 9, "completion_tokens": None, "prompt_tokens_details": {"cached_tokens": None}}},
        [9, None, None, None],
        "counts of null: livekit/agents#6596, zed-industries/zed#62983",
    ),
    ({"usage": {"prompt_tokens": 9.0, "completion_tokens": 2.0}}, [9, 2, None, None], "found on the wires: floats"),
    ({"usage": {"prompt_tokens": "9", "completion_tokens": "2"}}, [9, 2, None, None], "found on the wires: texts"),
    (
        {"usage": {"input_tokens": 9, "output_tokens": 2}},
        [9, 2, None, None],
        "dashscope/dashscope-sdk-python, dashscope/api_entities/dashscope_response.py: GenerationUsage",
    ),
    ({"usage": {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11}}, [9, 2, None, None], "Bedrock: TokenUsage"),
    ({"usage": {"promptTokens": 9, "completionTokens": 2}}, [9, 2, None, None], "Vercel AI SDK: usage"),
    (
        {"usage": {"prompt_tokens": 9, "completion_tokens": 2, "input_tokens": 0, "output_tokens": 0}},
        [9, 2, None, None],
        "no source found: zeros under the second names",
    ),
    (
        {"usage": {"prompt_tokens": 0, "completion_tokens": 0, "input_tokens": 9, "output_tokens": 2}},
        [9, 2, None, None],
        "no source found: zeros under the first names",
    ),
    (
        {"x_groq": {"id": "r", "usage": {"prompt_tokens": 9, "completion_tokens": 2}}},
        [9, 2, None, None],
        "groq/groq-python, src/groq/types/chat/chat_completion_chunk.py: XGroq",
    ),
    (
        {"choice": {"usage": {"prompt_tokens": 9, "completion_tokens": 2}}},
        [9, 2, None, None],
        "Moonshot: earendil-works/pi#2017",
    ),
    (
        {"usage": {"prompt_tokens": 9, "completion_tokens": 8, "completion_tokens_details": {"reasoning_tokens": 5}}},
        [9, 3, 5, None],
        "OpenAI API reference: reasoning inside",
    ),
    (
        {"usage": {"prompt_tokens": 9, "completion_tokens": 8, "total_tokens": 22, "reasoning_tokens": 5}},
        [9, 8, 5, None],
        "no source found: not among details, and in the total only, as xAI's of vercel/ai#12425",
    ),
    (
        {
            "usage": {
                "prompt_tokens": 10120,
                "completion_tokens": 1499,
                "total_tokens": 14428,
                "prompt_tokens_details": {"cached_tokens": 128},
                "completion_tokens_details": {"reasoning_tokens": 2809},
            }
        },
        [10120, 1499, 2809, 128],
        "xAI, reasoning on top and in the total: Wei-Shaw/sub2api#5771",
    ),
    (
        {"usage": {"prompt_tokens": 9, "completion_tokens": 3, "completion_tokens_details": {"reasoning_tokens": 50}}},
        [9, 3, 50, None],
        "xAI, reasoning on top: lobehub/lobehub#8036, vercel/ai#12425",
    ),
    (
        {
            "usage": {
                "prompt_tokens": 108,
                "completion_tokens": 3256,
                "total_tokens": 3364,
                "citation_tokens": 7299,
                "num_search_queries": 74,
                "reasoning_tokens": 73248,
            }
        },
        [7407, 3256, 73248, None],
        "Perplexity, pages read count as input: bgeneto/open-webui-cost-tracker#6",
    ),
    (
        {"bot_usage": {"model_usage": [{"prompt_tokens": 7}, {"prompt_tokens": 2, "completion_tokens": 2}]}},
        [9, 2, None, None],
        "volcengine/volcengine-python-sdk, volcenginesdkarkruntime/types/bot_chat/bot_usage.py",
    ),
    (
        {"usage": {"input_tokens": 9, "output_tokens": 8, "output_tokens_details": {"reasoning_tokens": 5}}},
        [9, 3, 5, None],
        "OpenAI API reference: Responses",
    ),
    (
        {"usage": {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}},
        [9, 2, None, 4],
        "OpenAI API reference: cached inside",
    ),
    (
        {"usage": {"prompt_tokens": 9, "completion_tokens": 2, "cached_tokens": 4}},
        [9, 2, None, 4],
        "Moonshot, no details: promptfoo/promptfoo#10132",
    ),
    (
        {"usage": {"prompt_tokens": 9, "completion_tokens": 2, "prompt_cache_hit_tokens": 4}},
        [9, 2, None, 4],
        "DeepSeek, inside the prompt's: prism-php/prism#1021",
    ),
    (
        {"usage": {"input_tokens": 9, "output_tokens": 2, "cache_read_input_tokens": 40}},
        [49, 2, None, 40],
        "anthropics/anthropic-sdk-python, src/anthropic/types/usage.py: cached tokens come on top",
    ),
    (
        {"usage": {"input_tokens": 9, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 4}}},
        [9, 2, None, 4],
        "OpenAI API reference: Responses",
    ),
    (
        {"usage": {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11, "cacheReadInputTokens": 4}},
        [9, 2, None, 4],
        "Bedrock API: TokenUsage",
    ),
    ({"usage": {"total_tokens": 0, "total_characters": 0}}, [], "MiniMax-AI/MiniMax-M2.5 #2: no counts yet"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "counts", "who"), COUNTS)
def test_each_spelling_of_token_counts(fields: dict[str, Any], counts: list[int | None], who: str) -> None:
    outside = {name: value for name, value in fields.items() if name != "choice"}
    choice = {"index": 0, "delta": {}, "finish_reason": "stop", **fields.get("choice", {})}
    body = openai_event("Hi") + event({"choices": [choice], **outside}) + b"data: [DONE]\n\n"
    assert outcome("openai", [body]).get("usage", []) == counts, who


@pytest.mark.parametrize("end", [b"\n\n", b"\n", b""])
def test_counts_behind_the_end_marker_count(end: bytes) -> None:
    late = event({"choices": [{"index": 0, "delta": {"content": ""}}], "usage": {"prompt_tokens": 9}})
    body = openai_event("Hi") + b"data: [DONE]\n\n" + late.rstrip() + end
    for pieces in ([body], [body[at : at + 1] for at in range(len(body))]):
        read = outcome("openai", pieces)
        assert (read["text"], read["usage"], read["finish"]) == ("Hi", [9, None, None, None], ["stop", ""])


@pytest.mark.parametrize(
    "late", [b'data: {"error": {"message": "no"}}\n\n', b"data: ]]]\n\n" * 9, b"<html>", b"{", b"\xff"]
)
def test_no_fault_behind_the_end_marker_matters(late: bytes) -> None:
    body = openai_event("Hi") + event({"usage": {"prompt_tokens": 9}, "choices": []}) + b"data: [DONE]\n\n" + late
    read = outcome("openai", [body])
    assert (read["text"], read["usage"], read.get("error")) == ("Hi", [9, None, None, None], None)


A, B = "https://a.example/x", "https://b.example/y"
BOTH = [("A", A), ("B", B)]
PAGES: list[tuple[dict[str, Any], list[tuple[str, str]], str]] = [
    (
        {"citations": [A, B]},
        [("", A), ("", B)],
        "perplexityai/perplexity-py, src/perplexity/types/stream_chunk.py; xAI API reference",
    ),
    (
        {"citations": [A, B], "search_results": [{"title": "A", "url": A, "date": None}, {"title": "B", "url": B}]},
        BOTH,
        "perplexityai/perplexity-py, src/perplexity/types/stream_chunk.py: search_results beside citations",
    ),
    ({"citations": [{"url": A, "title": "A"}, {"url": B, "title": "B"}]}, BOTH, "no source found: objects"),
    (
        {"search_sources": [{"url": A, "title": "A", "type": "web"}, {"url": B, "title": "B", "type": "x_post"}]},
        BOTH,
        "Grok behind chenyme/grok2api#468",
    ),
    (
        {"web_search": [{"title": "A", "link": A, "media": "m", "refer": "ref_1"}, {"title": "B", "link": B}]},
        BOTH,
        "Zhipu GLM, beside choices: docs.kapon.cloud/glm/web-search; CherryHQ/cherry-studio, OpenAIApiClient.ts",
    ),
    (
        {"search_info": {"search_results": [{"index": 1, "title": "A", "url": A}, {"title": "B", "url": B}]}},
        BOTH,
        "Tencent Hunyuan: CherryHQ/cherry-studio, src/renderer/src/aiCore/clients/openai/OpenAIApiClient.ts",
    ),
    (
        {"references": [{"title": "A", "url": A, "summary": "a"}, {"site_name": "B", "url": B}, {"doc_name": "C"}]},
        BOTH,
        "volcengine/volcengine-python-sdk, volcenginesdkarkruntime/types/bot_chat/bot_reference.py",
    ),
    (
        {"choice": {"delta": {"context": {"citations": [{"title": "A", "url": A}, {"title": "B", "url": B}]}}}},
        BOTH,
        "Azure OpenAI On Your Data: context.citations",
    ),
    (
        {"choice": {"delta": {"provider_specific_fields": {"citations": [A]}}}},
        [("", A)],
        "LiteLLM: provider_specific_fields",
    ),
    ({"citations": ["ftp://a.example/", "javascript:alert(1)", 7, {}]}, [], "only pages of the web are sources"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "pages", "who"), PAGES)
@pytest.mark.parametrize("beside_words", [True, False])
def test_each_spelling_of_sources(
    fields: dict[str, Any], pages: list[tuple[str, str]], who: str, beside_words: bool
) -> None:
    outside = {name: value for name, value in fields.items() if name != "choice"}
    choice = {"index": 0, "delta": {}, **fields.get("choice", {})}
    if beside_words:
        choice["delta"] = {"content": " there", **choice["delta"]}
    body = openai_event("Hi") + event({"choices": [choice], **outside}) * 2 + b"data: [DONE]\n\n"
    cited = [part for part in outcome("openai", [body]).get("parts", []) if part["kind"] == "citation"]
    assert [(source["title"], source["uri"]) for part in cited for source in part["sources"]] == pages, who


def test_titles_that_come_later_belong_to_the_pages_named_before() -> None:
    later = event({"choices": [], "search_results": [{"title": "A", "url": A}]})
    body = openai_event("Hi") + event({"choices": [], "citations": [A]}) + later + b"data: [DONE]\n\n"
    (part,) = outcome("openai", [body])["parts"]
    assert [(source["title"], source["uri"]) for source in part["sources"]] == [("A", A)]


TOTALS: dict[str, Any] = {"prompt_tokens": 90, "completion_tokens": 50, "total_tokens": 140}
DETAILS: dict[str, Any] = {
    "prompt_tokens_details": {"cached_tokens": 40},
    "completion_tokens_details": {"reasoning_tokens": 30},
}
# two reports of one reply, what is read of both, who sends them so
TWICE: list[tuple[dict[str, Any], dict[str, Any], list[int | None], str]] = [
    (TOTALS | DETAILS, TOTALS | {"prompt_tokens_details": None}, [90, 20, 30, 40], "BerriAI/litellm#33054"),
    (TOTALS, TOTALS | DETAILS, [90, 20, 30, 40], "vLLM: can1357/oh-my-pi#5022"),
    (
        {"prompt_tokens": 90, "completion_tokens": 1} | DETAILS,
        {"prompt_tokens": 90, "completion_tokens": 50},
        [90, 50, None, None],
        "Gemini's OpenAI-compatible address counts on: ogx-ai/ogx#5122",
    ),
]


@pytest.mark.parametrize(("first", "then", "counts", "who"), TWICE)
def test_two_reports_of_one_reply(
    first: dict[str, Any], then: dict[str, Any], counts: list[int | None], who: str
) -> None:
    """A later report with the same totals takes no detail from the earlier one."""
    events = [openai_event("Hi"), event({"choices": [], "usage": first}), event({"choices": [], "usage": then})]
    assert outcome("openai", [*events, b"data: [DONE]\n\n"])["usage"] == counts, who
