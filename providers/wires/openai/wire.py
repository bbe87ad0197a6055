"""The OpenAI-compatible wire: `/chat/completions` and `/models`.

Source: the OpenAI API reference (chat completions, streaming events, models), plus variants of compatible servers:
whole messages where deltas were asked for, other words for the finish, limits in the model list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.errors import VendorDown, VendorError
from providers.types import Address, CatalogueEntry, Finish, FinishReason, HttpRequest, Prompt, Usage
from providers.wires import model_lists, vendor_errors
from providers.wires.declarations import translate_noop
from providers.wires.json_values import count, mapping, merged, sequence, string, to_bytes
from providers.wires.openai import choices as openai_choices
from providers.wires.openai import messages
from providers.wires.openai import parameters as openai_parameters
from providers.wires.openai.detection import KEY_PLACEMENTS, SHORT_ANSWER, doors, hint, plainer
from providers.wires.openai.parameters import PARAMETERS, quirks_learnt
from providers.wires.openai.presets import PRESETS
from providers.wires.parsed import Found

__all__ = [
    "ASKS_USAGE", "END_MARKER", "EXTRA_HEADERS", "KEY_PLACEMENTS", "LABEL", "NAME", "OPTIONS", "PARAMETERS",
    "PRESETS", "SHORT_ANSWER", "THINK_TAGS", "catalogue_request", "doors", "error", "hint", "other_list",
    "parse", "parse_catalogue", "plainer", "quirks_learnt", "request", "words_alone",
]  # fmt: skip

NAME = "openai"
LABEL = translate_noop("OpenAI-compatible")
THINK_TAGS = True
END_MARKER = True
ASKS_USAGE = True
EXTRA_HEADERS = frozenset({"openai-organization", "openai-project"})
OPTIONS = {"ask_usage": "usage"}

_JSON = ("Content-Type", "application/json")
_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "blocked",
    "sensitive": "blocked",
    "tool_calls": "tool_call",
    "function_call": "tool_call",
}
_WORDS = ("content", "role")
_BROKEN = frozenset({"error", "network_error", "insufficient_system_resource"})


def request(address: Address, prompt: Prompt) -> HttpRequest:
    """Return the request for a reply to `prompt`."""
    return HttpRequest(
        "POST",
        f"{_base(address)}/chat/completions",
        (_JSON, *address.headers),
        to_bytes(_body(address, prompt)),
        address.key_placement,
    )


def parse(event: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the findings of one chunk, or of a whole completion. Raises VendorError when it is an error."""
    choice = _first(event.get("choices"))
    yield from openai_choices.found(mapping(choice.get("delta")) or mapping(choice.get("message")))
    failure = vendor_errors.in_event(event, replies="choices") or vendor_errors.in_event({"error": choice.get("error")})
    if failure:
        raise failure
    yield from _usage(mapping(event.get("usage")))
    yield from _finish(choice)


def words_alone(event: Mapping[str, Any]) -> str:
    """Return the text of a chunk that holds nothing else, as nearly all do; else "".

    It is quicker than `parse` and finds the same.
    """
    choices = event.get("choices")
    choice = choices[0] if isinstance(choices, list) and len(choices) == 1 else None
    said = choice.get("delta") if isinstance(choice, dict) and choice.get("index") in (None, 0) else None
    if not choice or not isinstance(said, dict) or event.get("usage") or event.get("error"):
        return ""
    if choice.get("finish_reason") or choice.get("error") or any(said[name] for name in said if name not in _WORDS):
        return ""
    return string(said.get("content"))


def error(status: int, headers: Mapping[str, str], body: bytes) -> VendorError:
    """Return the error of a response with an error status."""
    return vendor_errors.from_response(status, headers, body)


def catalogue_request(address: Address, page: str = "") -> HttpRequest:
    """Return the request for one page of the model list; `page` is the query from the page before."""
    query = f"?{page}" if page else ""
    return HttpRequest("GET", f"{_base(address)}/models{query}", address.headers, b"", address.key_placement)


def parse_catalogue(answer: object) -> tuple[list[CatalogueEntry], str]:
    """Return one page's models, and the query for the next page, "" on the last. Raises VendorError."""
    models = model_lists.models_in(answer)
    failure = None if models else vendor_errors.in_event(mapping(answer))
    if failure:
        raise failure
    return [model_lists.entry(model) for model in models], model_lists.next_page(answer)


def other_list(_address: Address) -> None:
    """Return None: this wire's list is the one that most gateways have."""


def _base(address: Address) -> str:
    return address.base_url.rstrip("/").removesuffix("/chat/completions")


def _body(address: Address, prompt: Prompt) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": prompt.model,
        "stream": address.streaming,
        "messages": messages.messages(prompt, address.quirks),
        **openai_parameters.options(prompt.parameters, address.quirks),
    }
    if address.ask_usage and address.streaming and "no:stream_options" not in address.quirks:
        body["stream_options"] = {"include_usage": True}
    return merged(body, mapping(prompt.parameters.get("raw")))


def _first(choices: object) -> Mapping[str, Any]:
    """Return the choice with index 0, which gateways also send without an index."""
    ours = (mapping(one) for one in sequence(choices) if mapping(one).get("index") in (None, 0))
    return next(ours, {})


def _usage(reported: Mapping[str, Any]) -> Iterator[Usage]:
    asked, answered = count(reported.get("prompt_tokens")), count(reported.get("completion_tokens"))
    thought = count(mapping(reported.get("completion_tokens_details")).get("reasoning_tokens"))
    if not asked and not answered:
        return
    cached = count(mapping(reported.get("prompt_tokens_details")).get("cached_tokens"))
    cached = cached if cached is not None else count(reported.get("prompt_cache_hit_tokens"))
    yield Usage(
        input_tokens=_with_cached(asked, answered, cached, count(reported.get("total_tokens"))),
        output_tokens=_without_thoughts(asked, answered, thought, count(reported.get("total_tokens"))),
        thought_tokens=thought,
        cached_tokens=cached,
    )


def _with_cached(asked: int | None, answered: int | None, cached: int | None, total: int | None) -> int | None:
    """Return the prompt's tokens including the cached ones.

    The count includes them already, unless the total shows that they came on top, as Anthropic's do.
    """
    if asked is None or not cached:
        return asked
    on_top = total == asked + (answered or 0) + cached
    return asked + cached if on_top else asked


def _without_thoughts(asked: int | None, answered: int | None, thought: int | None, total: int | None) -> int | None:
    """Return the answer's tokens without reasoning.

    The count includes reasoning, unless the total shows that it came on top.
    """
    if answered is None or not thought:
        return answered
    on_top = total == (asked or 0) + answered + thought
    return answered if on_top else max(0, answered - thought)


def _finish(choice: Mapping[str, Any]) -> Iterator[Finish]:
    reason, why = string(choice.get("finish_reason")), _filtered(choice) or _native(choice)
    if reason in _BROKEN:
        raise VendorDown(why, because="The vendor broke off the reply.")
    if reason:
        yield Finish(_REASONS.get(reason, "other"), reason, why)


def _filtered(choice: Mapping[str, Any]) -> str:
    """Return the categories for which a filter ended the reply. Source: Azure OpenAI, content filtering."""
    results = mapping(choice.get("content_filter_results")).items()
    return ", ".join(name for name, result in results if mapping(result).get("filtered") is True)


def _native(choice: Mapping[str, Any]) -> str:
    """Return the word of the vendor behind a router, if it says more. Source: OpenRouter, finish reasons."""
    word = string(choice.get("native_finish_reason"))
    return "" if word.lower() == string(choice.get("finish_reason")).lower() else word
