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
from providers.wires.declarations import translate_noop
from providers.wires.finishes import finish_of
from providers.wires.json_values import as_list, mapping, merged, string, to_bytes, unwrapped
from providers.wires.openai import choices as openai_choices
from providers.wires.openai import messages
from providers.wires.openai import parameters as openai_parameters
from providers.wires.openai import sources as openai_sources
from providers.wires.openai.detection import KEY_PLACEMENTS, SHORT_ANSWER, doors, hint, plainer
from providers.wires.openai.parameters import FIELDS, PARAMETERS
from providers.wires.openai.presets import PRESETS
from providers.wires.openai.usage import usage
from providers.wires.parsed import Found, WholeMessage
from providers.wires.refusals.fields import fitted
from providers.wires.turns import adapted

__all__ = [
    "ASKS_USAGE", "END_MARKER", "EXTRA_HEADERS", "FIELDS", "KEY_PLACEMENTS", "LABEL", "NAME", "OPTIONS", "PARAMETERS",
    "PRESETS", "REPLIES", "SHORT_ANSWER", "body", "catalogue_request", "doors", "error", "hint", "other_list",
    "parse", "parse_catalogue", "plainer", "request", "words_alone",
]  # fmt: skip

NAME = "openai"
LABEL = translate_noop("OpenAI-compatible")
REPLIES = "choices"
END_MARKER = True
ASKS_USAGE = True
EXTRA_HEADERS = frozenset({"openai-organization", "openai-project"})
OPTIONS = {"ask_usage": "usage"}

_JSON = ("Content-Type", "application/json")
_WORDS = ("content", "role")
# Fields besides the usual ones in which a chunk with words may say more.
_TELLING = openai_sources.FIELDS | {"x_groq"}
_TELLING_IN_CHOICE = openai_sources.FIELDS | {"message", "usage"}


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
    made: dict[str, Any] = {
        "model": prompt.model,
        "stream": address.streaming,
        "messages": messages.messages(adapted(prompt, address.quirks), address),
        **openai_parameters.options(prompt.parameters),
    }
    if address.ask_usage and address.streaming:
        made["stream_options"] = {"include_usage": True}
    return made


def parse(event: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the findings of one chunk, or of a whole completion. Raises VendorError when it is an error."""
    event = unwrapped(event, REPLIES)
    choice = _first(event.get(REPLIES))
    delta, message = openai_choices.said_in(choice.get("delta")), openai_choices.said_in(choice.get("message"))
    if delta:
        yield from openai_choices.found(delta)
    if message:
        yield WholeMessage(tuple(openai_choices.found(message)))
    if not delta and not message and string(choice.get("text")):
        yield Delta(text=choice["text"])
    failure = vendor_errors.in_event(event, replies=REPLIES)
    if not failure and choice.get("error"):
        failure = vendor_errors.in_event({"error": choice["error"]})
    if failure:
        raise failure
    yield from openai_sources.listed_sources(event, choice, delta, message)
    yield from usage(event, choice)
    finish = finish_of(choice.get("finish_reason"), _filtered(choice) or _native(choice))
    if finish:
        yield finish


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
    return merged(fitting, mapping(prompt.parameters.get("raw")))


def _first(choices: object) -> Mapping[str, Any]:
    """Return the choice with index 0, which gateways also send without an index."""
    ours = (mapping(one) for one in as_list(choices) if mapping(one).get("index") in (None, 0, "0"))
    return next(ours, {})


def _filtered(choice: Mapping[str, Any]) -> str:
    """Return the categories for which a filter ended the reply. Source: Azure OpenAI, content filtering."""
    results = mapping(choice.get("content_filter_results")).items()
    return ", ".join(name for name, result in results if mapping(result).get("filtered") is True)


def _native(choice: Mapping[str, Any]) -> str:
    """Return the word of the vendor behind a router, if it says more. Source: OpenRouter, finish reasons."""
    word = string(choice.get("native_finish_reason"))
    return "" if word.lower() == string(choice.get("finish_reason")).lower() else word
