"""The OpenAI-compatible wire: `/chat/completions` and `/models`.

Source: the OpenAI API reference (chat completions, streaming events, models), plus variants of compatible servers:
whole messages where deltas were asked for, other words for the finish, limits in the model list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.errors import VendorError
from providers.types import Address, CatalogueEntry, Delta, HttpRequest, Prompt
from providers.wires import model_lists, vendor_errors
from providers.wires.declarations import translate_noop, web_search_fields
from providers.wires.finishes import filtered, finish_of
from providers.wires.json_values import as_list, mapping, merged, string, to_bytes, unwrapped
from providers.wires.openai import choices as openai_choices
from providers.wires.openai import messages
from providers.wires.openai import parameters as openai_parameters
from providers.wires.openai import sources as openai_sources
from providers.wires.openai.detection import KEY_PLACEMENTS, NEIGHBOURS, SHORT_ANSWER, doors, hint, plainer
from providers.wires.openai.parameters import FIELDS, PARAMETERS, drawn
from providers.wires.openai.presets import PRESETS
from providers.wires.openai.usage import usage
from providers.wires.openai.web_search import WEB_SEARCHES
from providers.wires.parsed import Found, Parse, WholeMessage
from providers.wires.refusals.extras import adopted, extras
from providers.wires.refusals.fields import fitted
from providers.wires.turns import adapted

__all__ = [
    "ASKS_USAGE", "AUDIO", "END_MARKER", "EXTRA_HEADERS", "FIELDS", "KEY_PLACEMENTS", "LABEL", "NAME", "NEIGHBOURS",
    "ONLY_PICTURES", "OPTIONS", "PARAMETERS", "PAUSE", "PRESETS", "REPLIES", "SHORT_ANSWER", "TAKES_SOUNDS",
    "WEB_SEARCHES", "body", "catalogue_request", "doors", "drawn", "error", "hint", "other_list", "parse",
    "parse_catalogue", "parser", "plainer", "request", "words_alone",
]  # fmt: skip

NAME = "openai"
LABEL = translate_noop("OpenAI-compatible")
REPLIES = "choices"
END_MARKER = True
ASKS_USAGE = True
ONLY_PICTURES = False
TAKES_SOUNDS = True
PAUSE = ""
AUDIO = "audio_api"
EXTRA_HEADERS = frozenset({"openai-organization", "openai-project"})
OPTIONS = {"ask_usage": "usage"}

_JSON = ("Content-Type", "application/json")
_WORDS = frozenset({"content", "role"})
# Fields besides the usual ones in which a chunk with words may say more.
_TELLING = openai_sources.FIELDS | {"x_groq", "bot_usage", "error"}
_TELLING_IN_CHOICE = openai_sources.FIELDS | {"message", "usage", "error"}


def request(address: Address, prompt: Prompt) -> HttpRequest:
    """Return the request for a reply to `prompt`."""
    return HttpRequest(
        "POST",
        f"{_base(address)}/chat/completions",
        (_JSON, *address.headers),
        to_bytes(_whole(address, prompt)),
        address.key_placement,
    )


def body(address: Address, prompt: Prompt) -> dict[str, Any]:
    """Return the body of a request before the quirks of its fields, and before the raw extras."""
    prompt = adopted(adapted(prompt, address.quirks), address.quirks)
    made: dict[str, Any] = {
        "model": prompt.model,
        "stream": address.streaming,
        "messages": messages.messages(prompt, address),
        **openai_parameters.options(prompt.parameters, web_search_fields(WEB_SEARCHES, address, prompt)),
    }
    if address.ask_usage and address.streaming:
        made["stream_options"] = {"include_usage": True}
    return made


def parse(event: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the findings of one chunk, or of a whole completion. Raises VendorError when it is an error."""
    event = unwrapped(event, REPLIES)
    choice = _first(event.get(REPLIES))
    speakers = _speakers(choice) if choice else ()
    if choice:
        yield from _said(choice, *speakers)
    if failure := vendor_errors.in_event(event, replies=REPLIES) or _failure_within(choice, *speakers):
        raise failure
    yield from openai_sources.listed_sources(event, choice, *speakers)
    yield from usage(event, choice)
    if word := choice.get("finish_reason"):
        finish = finish_of(word, _filtered(event, choice) or _native(choice))
        yield from [finish] if finish else []


def parser() -> Parse:
    """Return `parse`: each event says all about itself."""
    return parse


def words_alone(event: Mapping[str, Any]) -> str:
    """Return the text of a chunk that holds nothing else, as nearly all do; else "".

    It is quicker than `parse` and finds the same.
    """
    choices = event.get("choices")
    choice = choices[0] if isinstance(choices, list) and len(choices) == 1 else None
    said = choice.get("delta") if isinstance(choice, dict) and choice.get("index") in (None, 0) else None
    if not choice or not isinstance(said, dict) or choice.get("finish_reason") or event.get("usage"):
        return ""
    if not said.keys() <= _WORDS and any(said[name] for name in said if name not in _WORDS):
        return ""
    if not (_TELLING.isdisjoint(event) and _TELLING_IN_CHOICE.isdisjoint(choice)):
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


def _whole(address: Address, prompt: Prompt) -> dict[str, Any]:
    fitting = fitted(body(address, prompt), FIELDS, address.quirks)
    return merged(fitting, extras(prompt, address.quirks))


def _first(choices: object) -> Mapping[str, Any]:
    """Return the choice with index 0, which gateways also send without an index."""
    if not choices:
        return {}
    ours = (mapping(one) for one in as_list(choices) if mapping(one).get("index") in (None, 0, "0"))
    return next(ours, {})


def _speakers(choice: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return openai_choices.said_in(choice.get("delta")), openai_choices.said_in(choice.get("message"))


def _failure_within(*places: Mapping[str, Any]) -> VendorError | None:
    """Return the first error that a choice, its delta or its message holds, or None."""
    for place in places:
        if (error := place.get("error")) and (failure := vendor_errors.in_event({"error": error})):
            return failure
    return None


def _said(choice: Mapping[str, Any], delta: Mapping[str, Any], message: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the findings of a choice's delta, message and text."""
    if delta:
        yield from openai_choices.found(delta)
    if message:
        yield WholeMessage(tuple(openai_choices.found(message)))
    if string(choice.get("text")) and not (delta.get("content") or message.get("content")):
        yield Delta(text=choice["text"])


def _filtered(event: Mapping[str, Any], choice: Mapping[str, Any]) -> str:
    """Return the categories for which Azure's filter ended the reply: of the answer, or of the prompt."""
    prompts = (mapping(prompt).get("content_filter_results") for prompt in as_list(event.get("prompt_filter_results")))
    return filtered(choice.get("content_filter_results")) or next(filter(None, map(filtered, prompts)), "")


def _native(choice: Mapping[str, Any]) -> str:
    """Return the word of the vendor behind a router, if it says more. Source: OpenRouter, finish reasons."""
    word = string(choice.get("native_finish_reason"))
    return "" if word.lower() == string(choice.get("finish_reason")).lower() else word
