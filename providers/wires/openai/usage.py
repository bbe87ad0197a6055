"""Token counts of an OpenAI-compatible reply, under the names and in the places where vendors report them.

Source: the references of OpenAI, Groq (x_groq), Moonshot (usage in the choice), DeepSeek, Perplexity, xAI, DashScope,
Anthropic, Bedrock, Ollama and Volcengine (bot_usage).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from providers.types import Usage
from providers.wires.json_values import count, mapping, sequence

Reported = Mapping[str, Any]

_INPUT = ("prompt_tokens", "input_tokens", "promptTokens", "inputTokens", "prompt_eval_count")
_OUTPUT = ("completion_tokens", "output_tokens", "completionTokens", "outputTokens", "eval_count")
_TOTAL = ("total_tokens", "totalTokens")
_THOUGHT = ("reasoning_tokens", "reasoningTokens", "thinking_tokens")
_CACHED = (
    "cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens", "cachedInputTokens", "cacheReadInputTokens",
)  # fmt: skip
_WRITTEN = ("cache_write_tokens",)
_PLACES = frozenset({"usage", "x_groq", "bot_usage"})
# Perplexity counts the pages that its model has read apart, and bills them as input.
_READ = ("citation_tokens",)
_INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details", "inputTokenDetails")
_OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details", "outputTokenDetails")


def usage(event: Reported, choice: Reported) -> Iterator[Usage]:
    """Yield the token counts of an event, if it has any that are not zero."""
    if _PLACES.isdisjoint(event) and "usage" not in choice:
        return
    places = (event.get("usage"), choice.get("usage"), mapping(event.get("x_groq")).get("usage"), _of_bot(event))
    if not any(places):
        return
    reported = next((place for place in map(mapping, places) if _first(place, _INPUT) or _first(place, _OUTPUT)), {})
    asked, answered, total = (_first(reported, names) for names in (_INPUT, _OUTPUT, _TOTAL))
    if not asked and not answered:
        return
    thought = _first_of(_with_details(reported, _OUTPUT_DETAILS), _THOUGHT)
    cached = _first_of(_with_details(reported, _INPUT_DETAILS), _CACHED)
    whole, read = _with_cached(asked, answered, cached, total), _first(reported, _READ)
    yield Usage(
        input_tokens=(whole or 0) + read if read else whole,
        output_tokens=_without_thoughts(asked, answered, thought, total),
        thought_tokens=thought,
        cached_tokens=cached,
        written_tokens=_first_of(_with_details(reported, _INPUT_DETAILS), _WRITTEN),
    )


def _of_bot(event: Reported) -> dict[str, int]:
    """Return the sum of what Volcengine reports for each model that its bot has asked."""
    models = [mapping(one) for one in sequence(mapping(event.get("bot_usage")).get("model_usage"))]
    return {name: sum(count(one.get(name)) or 0 for one in models) for name in (_INPUT[0], _OUTPUT[0]) if models}


def _with_details(reported: Reported, names: Sequence[str]) -> list[Reported]:
    return [*(mapping(reported.get(name)) for name in names), reported]


def _first_of(places: Sequence[Reported], names: Sequence[str]) -> int | None:
    counts = [_first(place, names) for place in places]
    return next(filter(None, counts), next((one for one in counts if one is not None), None))


def _first(reported: Reported, names: Sequence[str]) -> int | None:
    """Return the first count that is not zero, or else a zero: gateways send 0 under other names."""
    counts = [count(reported.get(name)) for name in names]
    return next(filter(None, counts), next((one for one in counts if one is not None), None))


def _with_cached(asked: int | None, answered: int | None, cached: int | None, total: int | None) -> int | None:
    """Return the prompt's tokens including the cached ones.

    The count includes them already, unless the total or their number shows that they came on top, as Anthropic's do.
    """
    if asked is None or not cached:
        return asked
    on_top = total == asked + (answered or 0) + cached or cached > asked
    return asked + cached if on_top else asked


def _without_thoughts(asked: int | None, answered: int | None, thought: int | None, total: int | None) -> int | None:
    """Return the answer's tokens without reasoning.

    The count includes reasoning, unless the total or its number shows that it came on top, as xAI's does.
    """
    if answered is None or not thought:
        return answered
    on_top = total == (asked or 0) + answered + thought or thought > answered
    return answered if on_top else answered - thought
