"""The native wire of Gemini.

Its calls are `models/…:generateContent`, `:streamGenerateContent`, `:countTokens`, and the model list.

Source: the Gemini API reference (generateContent, Content, Candidate, UsageMetadata, models.list, countTokens).
Gateways also send `candidates` null, content without parts, empty parts, null ratings and extra keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from providers.errors import BadRequest, VendorError
from providers.types import Address, CatalogueEntry, Delta, Finish, HttpRequest, Part, Prompt, Usage
from providers.wires import model_lists, vendor_errors
from providers.wires.declarations import BEARER, web_search_fields
from providers.wires.finishes import finish_of
from providers.wires.gemini import config, contents, parts, sources
from providers.wires.gemini.config import FIELDS, PARAMETERS, WEB_SEARCHES, drawn
from providers.wires.gemini.detection import KEY_PLACEMENTS, NEIGHBOURS, SHORT_ANSWER, doors, hint, plainer
from providers.wires.gemini.presets import PRESETS
from providers.wires.json_values import (
    as_list,
    count,
    field,
    mapping,
    merged,
    sequence,
    string,
    to_bytes,
    unwrapped,
)
from providers.wires.parsed import Found, Parse
from providers.wires.refusals.extras import adopted, extras
from providers.wires.refusals.fields import fitted
from providers.wires.turns import STAND_IN, adapted
from providers.wires.verbatim import reader

__all__ = [
    "ASKS_USAGE", "AUDIO", "END_MARKER", "EXTRA_HEADERS", "FIELDS", "KEY_PLACEMENTS", "LABEL", "NAME", "NEIGHBOURS",
    "ONLY_PICTURES", "OPTIONS", "PARAMETERS", "PAUSE", "PRESETS", "REPLIES", "SHORT_ANSWER", "TAKES_SOUNDS",
    "WEB_SEARCHES", "body", "catalogue_request", "doors", "drawn", "error", "hint", "other_list", "parse",
    "parse_catalogue", "parser", "plainer", "request", "words_alone",
]  # fmt: skip

NAME = "gemini"
LABEL = "Gemini"
REPLIES = "candidates"
END_MARKER = False
ASKS_USAGE = False
ONLY_PICTURES = False
TAKES_SOUNDS = True
PAUSE = ""
AUDIO = NAME
EXTRA_HEADERS = frozenset[str]()
OPTIONS = {"api_version": "version", "ask_sse": "alt=sse"}

_JSON = ("Content-Type", "application/json")
_PAGE = 1000
_VERSION_ON = re.compile(r"/v\d+[a-z]*(/.*)?$")
_CHECKS_SIGNATURES = re.compile(r"gemini-([3-9]|\d\d)", re.IGNORECASE)


def request(address: Address, prompt: Prompt) -> HttpRequest:
    """Return the request for a reply to `prompt`. Raises BadRequest for a model name that no path can hold."""
    verb = "streamGenerateContent" if address.streaming else "generateContent"
    query = "?alt=sse" if address.streaming and address.ask_sse else ""
    return _post(address, prompt, f"{verb}{query}", _whole(address, prompt))


def body(address: Address, prompt: Prompt) -> dict[str, Any]:
    """Return the body of a request before the quirks of its fields, and before the raw extras."""
    prompt = adopted(adapted(prompt, address.quirks), address.quirks)
    made: dict[str, Any] = {
        "contents": contents.contents(prompt.turns, reader(address), _wants_stand_in(address, prompt.model))
    }
    if prompt.system:
        made |= _instruction(prompt.system, address.snake_case)
    return made | config.options(prompt.parameters, web_search_fields(WEB_SEARCHES, address, prompt))


def parse(event: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the findings of one GenerateContentResponse. Raises VendorError when it is an error."""
    event = unwrapped(event, REPLIES)
    candidate = _first(event.get(REPLIES))
    yield from parts.deltas(candidate)
    failure = vendor_errors.in_event(event, replies=REPLIES)
    if failure:
        raise failure
    yield from sources.cited(candidate)
    if reported := mapping(field(event, "usageMetadata")):
        yield from _usage(reported)
    if feedback := mapping(field(event, "promptFeedback")):
        yield from _block(feedback)
    yield from _finish(candidate)


def parser() -> Parse:
    """Return `parse`: each event says all about itself."""
    return parse


def words_alone(_event: Mapping[str, Any]) -> str:
    """Return "": every Gemini event carries token counts, so none holds text alone."""
    return ""


def error(status: int, headers: Mapping[str, str], body: bytes) -> VendorError:
    """Return the error of a response with an error status."""
    return vendor_errors.from_response(status, headers, body)


def catalogue_request(address: Address, page: str = "") -> HttpRequest:
    """Return the request for one page of the model list; `page` is the mark from the page before."""
    query = urlencode({"pageSize": _PAGE, **({"pageToken": page} if page else {})})
    return HttpRequest("GET", f"{_base(address)}/models?{query}", address.headers, b"", address.key_placement)


def parse_catalogue(answer: object) -> tuple[list[CatalogueEntry], str]:
    """Return one page's models that can chat, and the next page's mark, "" on the last. Raises VendorError."""
    models = model_lists.models_in(answer)
    failure = None if models else vendor_errors.in_event(mapping(answer))
    if failure:
        raise failure
    return [_entry(model) for model in models if _can_chat(model)], string(mapping(answer).get("nextPageToken"))


def other_list(address: Address) -> Address:
    """Return where a gateway without a list on this wire has one on the OpenAI-compatible wire."""
    root = _VERSION_ON.sub("", address.base_url.rstrip("/"))
    return replace(address, wire="openai", base_url=f"{root}/v1", key_placement=BEARER.name)


def _post(address: Address, prompt: Prompt, verb: str, body: Mapping[str, Any]) -> HttpRequest:
    url = f"{_base(address)}/models/{_in_path(prompt.model)}:{verb}"
    return HttpRequest("POST", url, (_JSON, *address.headers), to_bytes(body), address.key_placement)


def _base(address: Address) -> str:
    """Return the address up to its version, also of one that was copied with the models' path behind it."""
    version = f"/{address.api_version}"
    return re.sub(rf"{version}(/models(/[^/]*)?)?$", "", address.base_url.rstrip("/")) + version


def _in_path(model: str) -> str:
    model = model.removeprefix("models/")
    if not model or any(segment in ("", ".", "..") for segment in model.split("/")):
        raise BadRequest(because="This model name cannot be called.")
    return quote(model, safe="/")


def _whole(address: Address, prompt: Prompt) -> dict[str, Any]:
    fitting = fitted(body(address, prompt), FIELDS, address.quirks)
    return merged(fitting, extras(prompt, address.quirks))


def _wants_stand_in(address: Address, model: str) -> bool:
    return STAND_IN in address.quirks or _CHECKS_SIGNATURES.search(model) is not None


def _instruction(system: str, snake_case: bool) -> dict[str, Any]:
    # Each gateway documents one of these spellings, the camel case one with a role.
    if snake_case:
        return {"system_instruction": {"parts": [{"text": system}]}}
    return {"systemInstruction": {"role": "user", "parts": [{"text": system}]}}


def _first(candidates: object) -> Mapping[str, Any]:
    """Return the candidate with index 0, which gateways also send without an index."""
    ours = (mapping(one) for one in as_list(candidates) if mapping(one).get("index") in (None, 0, "0"))
    return next(ours, {})


def _usage(reported: Mapping[str, Any]) -> Iterator[Usage]:
    """Yield the token counts, if any. Google repeats them with growing numbers.

    Gateways also send only a traffic type, or zeros, which report nothing.
    """
    asked, by_tools = _count(reported, "promptTokenCount"), _count(reported, "toolUsePromptTokenCount")
    usage = Usage(
        input_tokens=asked + (by_tools or 0) if asked is not None else None,
        output_tokens=_count(reported, "candidatesTokenCount"),
        thought_tokens=_count(reported, "thoughtsTokenCount"),
        cached_tokens=_count(reported, "cachedContentTokenCount"),
    )
    if usage.input_tokens or usage.output_tokens or usage.thought_tokens:
        yield usage


def _count(reported: Mapping[str, Any], name: str) -> int | None:
    return count(field(reported, name))


def _block(feedback: Mapping[str, Any]) -> Iterator[Delta | Finish]:
    """Yield the refusal of a prompt: such a response has no candidates, and status 200."""
    reason = string(field(feedback, "blockReason"))
    if reason.upper() in ("", "BLOCKED_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED"):
        return
    yield from _refusal(string(field(feedback, "blockReasonMessage")))
    yield Finish("blocked", reason, _harms(feedback))


def _finish(candidate: Mapping[str, Any]) -> Iterator[Delta | Finish]:
    message = string(field(candidate, "finishMessage"))
    finish = finish_of(field(candidate, "finishReason"), message)
    if finish and finish.reason == "blocked":
        yield from _refusal(message)
        finish = finish_of(field(candidate, "finishReason"), _harms(candidate))
    yield from [finish] if finish else []


def _harms(judged: Mapping[str, Any]) -> str:
    """Return the categories for which a prompt or an answer was blocked, such as HARM_CATEGORY_HARASSMENT."""
    ratings = map(mapping, sequence(field(judged, "safetyRatings")))
    return ", ".join(string(rating.get("category")) for rating in ratings if rating.get("blocked") is True)


def _refusal(message: str) -> Iterator[Delta]:
    if message:
        yield Delta(part=Part("refusal", message))


def _can_chat(model: Mapping[str, Any]) -> bool:
    """Return whether a model can chat, as far as the list says."""
    methods = sequence(model.get("supportedGenerationMethods"))
    return not methods or "generateContent" in methods


def _entry(model: Mapping[str, Any]) -> CatalogueEntry:
    found = model_lists.entry(model)
    return replace(found, id=found.id.removeprefix("models/"), name=found.name.removeprefix("models/"))
