"""The OpenAI-compatible wire: `/chat/completions`.

Source: the OpenAI API reference (chat completions, streaming events), plus the spellings of compatible servers:
reasoning under four names, content as a list of parts, whole messages where deltas were asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers import failures
from providers.base import count, mapping, merged, sequence, string, to_bytes
from providers.errors import VendorDown, VendorError
from providers.history import sendable
from providers.types import Address, Delta, Finish, FinishReason, HttpRequest, Part, Prompt, Turn, Usage

THINK_TAGS = True

_PARAMETERS = ("temperature", "top_p", "max_tokens", "stop", "seed")
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
_BROKEN = frozenset({"error", "network_error", "insufficient_system_resource"})


def request(address: Address, prompt: Prompt) -> HttpRequest:
    """The call that asks `prompt`."""
    base = address.base_url.rstrip("/").removesuffix("/chat/completions")
    return HttpRequest(
        "POST",
        f"{base}/chat/completions",
        (("Content-Type", "application/json"), *address.headers),
        to_bytes(_body(address, prompt)),
        address.key_placement,
    )


def parse(event: Mapping[str, Any]) -> Iterator[Delta | Usage | Finish]:
    """What one chunk, or a whole completion, adds to the reply; raises VendorError when it is an error."""
    choice = _first(event.get("choices"))
    yield from _deltas(mapping(choice.get("delta")) or mapping(choice.get("message")))
    failure = failures.in_event(event) or failures.in_event({"error": choice.get("error")})
    if failure:
        raise failure
    yield from _usage(mapping(event.get("usage")))
    yield from _finish(string(choice.get("finish_reason")))


def error(status: int, headers: Mapping[str, str], body: bytes) -> VendorError:
    """What a response with an error status means."""
    return failures.from_response(status, headers, body)


def _body(address: Address, prompt: Prompt) -> dict[str, Any]:
    system = [{"role": "system", "content": prompt.system}] if prompt.system else []
    known = prompt.parameters
    body: dict[str, Any] = {
        "model": prompt.model,
        "stream": address.streaming,
        "messages": [*system, *(_message(turn) for turn in sendable(prompt.turns))],
        **{name: known[name] for name in _PARAMETERS if known.get(name) is not None},
    }
    if address.ask_usage and address.streaming:
        body["stream_options"] = {"include_usage": True}
    return merged(body, mapping(known.get("raw")))


def _message(turn: Turn) -> dict[str, str]:
    return {"role": turn.role, "content": "\n\n".join(part.text for part in turn.parts)}


def _first(choices: object) -> Mapping[str, Any]:
    """The choice with index 0, which gateways also send without an index."""
    ours = (mapping(one) for one in sequence(choices) if mapping(one).get("index") in (None, 0))
    return next(ours, {})


def _deltas(said: Mapping[str, Any]) -> Iterator[Delta]:
    thought = _reasoning(said)
    if thought:
        yield Delta(thought=thought)
    yield from _content(said.get("content"))
    refusal = string(said.get("refusal"))
    if refusal:
        yield Delta(part=Part("refusal", refusal))


def _reasoning(said: Mapping[str, Any]) -> str:
    """The reasoning under the first name that has any: where several come, they are the same text."""
    details = "".join(string(mapping(detail).get("text")) for detail in sequence(said.get("reasoning_details")))
    return string(said.get("reasoning_content")) or string(said.get("reasoning")) or details


def _content(content: object) -> Iterator[Delta]:
    """Answer text, which some servers send as a list of typed parts, reasoning among them."""
    if isinstance(content, str):
        yield from [Delta(text=content)] if content else []
    for part in map(mapping, sequence(content)):
        if part.get("type") == "thinking":
            yield from (Delta(thought=delta.text) for delta in _content(part.get("thinking")))
        elif part.get("type") in ("text", "output_text"):
            yield from _content(string(part.get("text")))


def _usage(reported: Mapping[str, Any]) -> Iterator[Usage]:
    asked, answered = count(reported.get("prompt_tokens")), count(reported.get("completion_tokens"))
    thought = count(mapping(reported.get("completion_tokens_details")).get("reasoning_tokens"))
    if not asked and not answered:
        return
    cached = count(mapping(reported.get("prompt_tokens_details")).get("cached_tokens"))
    yield Usage(
        input_tokens=asked,
        output_tokens=_without_thoughts(asked, answered, thought, count(reported.get("total_tokens"))),
        thought_tokens=thought,
        cached_tokens=cached if cached is not None else count(reported.get("prompt_cache_hit_tokens")),
    )


def _without_thoughts(asked: int | None, answered: int | None, thought: int | None, total: int | None) -> int | None:
    """The completion count includes reasoning, except where the total shows that it came on top."""
    if answered is None or not thought:
        return answered
    on_top = total == (asked or 0) + answered + thought
    return answered if on_top else max(0, answered - thought)


def _finish(reason: str) -> Iterator[Finish]:
    if reason in _BROKEN:
        raise VendorDown(because="The vendor broke off the reply.")
    if reason:
        yield Finish(_REASONS.get(reason, "other"), reason)
