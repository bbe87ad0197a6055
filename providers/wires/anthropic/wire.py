"""The Messages wire: `/v1/messages` and `/v1/models`.

Source: the Messages API reference (create a message, streaming, errors, list models, versions), and what gateways and
other vendors that speak it do otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from providers.errors import VendorError
from providers.types import Address, CatalogueEntry, HttpRequest, Prompt
from providers.wires import model_lists, vendor_errors
from providers.wires.anthropic import caching, parameters
from providers.wires.anthropic.detection import (
    KEY_PLACEMENTS,
    NEIGHBOURS,
    SHORT_ANSWER,
    doors,
    hint,
    normalised,
    plainer,
)
from providers.wires.anthropic.events import REPLIES, Events
from providers.wires.anthropic.messages import messages
from providers.wires.anthropic.parameters import FIELDS, PARAMETERS, WEB_SEARCHES
from providers.wires.anthropic.presets import PRESETS
from providers.wires.declarations import BEARER, web_search_fields
from providers.wires.declarations import draws_nothing as drawn
from providers.wires.json_values import count, mapping, merged, string, to_bytes
from providers.wires.parsed import Parse
from providers.wires.refusals.extras import adopted, extras
from providers.wires.refusals.fields import fitted
from providers.wires.turns import NO_CACHE_MARKS, adapted

__all__ = [
    "ASKS_USAGE", "AUDIO", "END_MARKER", "EXTRA_HEADERS", "FIELDS", "KEY_PLACEMENTS", "LABEL", "NAME", "NEIGHBOURS",
    "ONLY_PICTURES", "OPTIONS", "PARAMETERS", "PAUSE", "PRESETS", "REPLIES", "SHORT_ANSWER", "TAKES_SOUNDS",
    "WEB_SEARCHES", "body", "catalogue_request", "doors", "drawn", "error", "hint", "other_list", "parse_catalogue",
    "parser", "plainer", "request", "words_alone",
]  # fmt: skip

NAME = "anthropic"
LABEL = "Anthropic"
END_MARKER = False
ASKS_USAGE = False
ONLY_PICTURES = False
TAKES_SOUNDS = False
PAUSE = "pause_turn"
AUDIO = ""
EXTRA_HEADERS = frozenset({"anthropic-version", "anthropic-beta"})
OPTIONS: dict[str, str] = {}

_JSON = ("Content-Type", "application/json")
_VERSION = ("anthropic-version", "2023-06-01")
_PAGE = 1000


def request(address: Address, prompt: Prompt) -> HttpRequest:
    """Return the request for a reply to `prompt`."""
    fitting = fitted(body(address, prompt), FIELDS, address.quirks)
    whole = to_bytes(merged(fitting, extras(prompt, address.quirks)))
    return HttpRequest("POST", f"{_base(address)}/messages", (_JSON, *_headers(address)), whole, address.key_placement)


def body(address: Address, prompt: Prompt) -> dict[str, Any]:
    """Return the body of a request before the quirks of its fields, and before the raw extras."""
    prompt = adopted(adapted(prompt, address.quirks), address.quirks)
    system = [{"type": "text", "text": prompt.system}] if prompt.system.strip() else []
    said = messages(prompt, address)
    if NO_CACHE_MARKS not in address.quirks:
        caching.mark(system, said)
    return {
        "model": prompt.model,
        **parameters.options(prompt.parameters, web_search_fields(WEB_SEARCHES, address, prompt), address.quirks),
        "messages": said,
        **({"system": system} if system else {}),
        "stream": address.streaming,
    }


def parser() -> Parse:
    """Return the reader of one reply's events: what a block is, only the events before tell."""
    return Events()


def words_alone(_event: Mapping[str, Any]) -> str:
    """Return "": the parser needs every word, for the block in which it stands."""
    return ""


def error(status: int, headers: Mapping[str, str], body: bytes) -> VendorError:
    """Return the error of a response with an error status."""
    return vendor_errors.from_response(status, headers, body)


def catalogue_request(address: Address, page: str = "") -> HttpRequest:
    """Return the request for one page of the model list; `page` is the id behind which it begins."""
    query = urlencode({"limit": _PAGE, **({"after_id": page} if page else {})})
    return HttpRequest("GET", f"{_base(address)}/models?{query}", _headers(address), b"", address.key_placement)


def parse_catalogue(answer: object) -> tuple[list[CatalogueEntry], str]:
    """Return one page's models, and the id behind which the next begins, "" on the last. Raises VendorError."""
    models = model_lists.models_in(answer)
    failure = None if models else vendor_errors.in_event(mapping(answer))
    if failure:
        raise failure
    about = mapping(answer)
    has_more = about.get("has_more") is True and bool(models)
    last = string(about.get("last_id")) or model_lists.id_of(models[-1]) if has_more else ""
    return [_entry(model) for model in models if model.get("lifecycle") != "retired"], last


def other_list(address: Address) -> Address:
    """Return where a gateway without a list on this wire has one on the OpenAI-compatible wire."""
    root = normalised(address.base_url).removesuffix("/anthropic")
    return replace(address, wire="openai", base_url=f"{root}/v1", key_placement=BEARER.name)


def _base(address: Address) -> str:
    return f"{normalised(address.base_url)}/v1"


def _headers(address: Address) -> tuple[tuple[str, str], ...]:
    """Return the headers, with the version that gateways were built on unless the administrator chose another."""
    named = any(name.lower() == _VERSION[0] for name, _value in address.headers)
    return address.headers if named else (_VERSION, *address.headers)


def _entry(model: Mapping[str, Any]) -> CatalogueEntry:
    found = model_lists.entry(model)
    kinds = mapping(mapping(mapping(model.get("capabilities")).get("thinking")).get("types"))
    thinks = any(mapping(kind).get("supported") is True for kind in kinds.values()) if kinds else found.thinking
    return replace(found, output_limit=found.output_limit or count(model.get("max_tokens")), thinking=thinks)
