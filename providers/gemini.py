"""The Gemini-native wire: `models/…:generateContent` and `:streamGenerateContent`.

Source: the Gemini API reference (generateContent, Content, Candidate, UsageMetadata), plus what gateways leave out of
it or put into it: `candidates` null, content without parts, empty parts, null ratings, extra keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from providers import failures
from providers.base import count, mapping, merged, sequence, string, to_bytes
from providers.errors import BadRequest, VendorError
from providers.history import sendable
from providers.types import Address, Delta, Finish, FinishReason, HttpRequest, Part, Prompt, Turn, Usage

THINK_TAGS = False

_ROLES = {"user": "user", "assistant": "model"}
_PARAMETERS = {
    "temperature": "temperature",
    "top_p": "topP",
    "max_tokens": "maxOutputTokens",
    "stop": "stopSequences",
    "seed": "seed",
}
_BLOCKED = frozenset(
    [
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "MODEL_ARMOR",
        "JAILBREAK",
    ]
)
_REASONS: Mapping[str, FinishReason] = {"STOP": "stop", "MAX_TOKENS": "length", "FUNCTION_CALL": "tool_call"}


def request(address: Address, prompt: Prompt) -> HttpRequest:
    """The call that asks `prompt`; raises BadRequest for a model name that cannot stand in a path."""
    base = address.base_url.rstrip("/").removesuffix(f"/{address.api_version}")
    verb = "streamGenerateContent" if address.streaming else "generateContent"
    query = "?alt=sse" if address.streaming and address.ask_sse else ""
    return HttpRequest(
        "POST",
        f"{base}/{address.api_version}/models/{_in_path(prompt.model)}:{verb}{query}",
        (("Content-Type", "application/json"), *address.headers),
        to_bytes(_body(address, prompt)),
        address.key_placement,
    )


def parse(event: Mapping[str, Any]) -> Iterator[Delta | Usage | Finish]:
    """What one GenerateContentResponse adds to the reply; raises VendorError when it is an error."""
    candidate = _first(event.get("candidates"))
    yield from _deltas(candidate)
    failure = failures.in_event(event)
    if failure:
        raise failure
    yield from _usage(mapping(event.get("usageMetadata")))
    yield from _block(mapping(event.get("promptFeedback")))
    yield from _finish(string(candidate.get("finishReason")))


def error(status: int, headers: Mapping[str, str], body: bytes) -> VendorError:
    """What a response with an error status means."""
    return failures.from_response(status, headers, body)


def _in_path(model: str) -> str:
    model = model.removeprefix("models/")
    if not model or any(segment in ("", ".", "..") for segment in model.split("/")):
        raise BadRequest(because="This model name cannot be called.")
    return quote(model, safe="/")


def _body(address: Address, prompt: Prompt) -> dict[str, Any]:
    body: dict[str, Any] = {"contents": [_content(turn) for turn in sendable(prompt.turns)]}
    if prompt.system:
        body |= _instruction(prompt.system, address.snake_case)
    known = prompt.parameters
    config = {theirs: known[ours] for ours, theirs in _PARAMETERS.items() if known.get(ours) is not None}
    if config:
        body["generationConfig"] = config
    return merged(body, mapping(known.get("raw")))


def _content(turn: Turn) -> dict[str, Any]:
    return {"role": _ROLES[turn.role], "parts": [{"text": part.text} for part in turn.parts]}


def _instruction(system: str, snake_case: bool) -> dict[str, Any]:
    # Each gateway documents one spelling, and only the camel case one with a role.
    if snake_case:
        return {"system_instruction": {"parts": [{"text": system}]}}
    return {"systemInstruction": {"role": "user", "parts": [{"text": system}]}}


def _first(candidates: object) -> Mapping[str, Any]:
    """The candidate with index 0, which gateways also send without an index."""
    ours = (mapping(one) for one in sequence(candidates) if mapping(one).get("index") in (None, 0))
    return next(ours, {})


def _deltas(candidate: Mapping[str, Any]) -> Iterator[Delta]:
    for part in sequence(mapping(candidate.get("content")).get("parts")):
        kind = next((kind for kind in _PARTS if kind in mapping(part)), None)
        if kind:
            yield from _PARTS[kind](part)


def _text(part: Mapping[str, Any]) -> Iterator[Delta]:
    text = string(part["text"])
    if text:
        yield Delta(thought=text) if part.get("thought") is True else Delta(text=text)


# One function a kind of part; kinds that are not here are skipped.
_PARTS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Delta]]] = {"text": _text}


def _usage(reported: Mapping[str, Any]) -> Iterator[Usage]:
    """Google repeats the counts, growing; gateways also send only a traffic type, or zeros, which report nothing."""
    asked, by_tools = count(reported.get("promptTokenCount")), count(reported.get("toolUsePromptTokenCount"))
    usage = Usage(
        input_tokens=asked + (by_tools or 0) if asked is not None else None,
        output_tokens=count(reported.get("candidatesTokenCount")),
        thought_tokens=count(reported.get("thoughtsTokenCount")),
        cached_tokens=count(reported.get("cachedContentTokenCount")),
    )
    if usage.input_tokens or usage.output_tokens or usage.thought_tokens:
        yield usage


def _block(feedback: Mapping[str, Any]) -> Iterator[Delta | Finish]:
    """A prompt that was refused: no candidates come, and the status is 200."""
    reason = string(feedback.get("blockReason"))
    if not reason:
        return
    message = string(feedback.get("blockReasonMessage"))
    if message:
        yield Delta(part=Part("refusal", message))
    yield Finish("blocked", reason)


def _finish(reason: str) -> Iterator[Finish]:
    if reason in ("", "FINISH_REASON_UNSPECIFIED"):
        return
    yield Finish("blocked" if reason in _BLOCKED else _REASONS.get(reason, "other"), reason)
