"""The Responses wire: `/responses` and `/models`.

Source: the OpenAI API reference (responses, streaming events, models). Nothing is stored at the vendor. The list of
models and the errors are those of the OpenAI-compatible wire, which begins at the same address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers.types import Address, HttpRequest, Prompt
from providers.wires.declarations import draws_nothing as drawn
from providers.wires.declarations import translate_noop, web_search_fields, wire_learnt
from providers.wires.json_values import merged, to_bytes
from providers.wires.openai import wire as openai
from providers.wires.openai.wire import error, other_list, parse_catalogue
from providers.wires.parsed import Parse
from providers.wires.refusals.extras import adopted, extras
from providers.wires.refusals.fields import fitted
from providers.wires.responses.detection import KEY_PLACEMENTS, NEIGHBOURS, SHORT_ANSWER, doors, hint, plainer
from providers.wires.responses.extras import moved
from providers.wires.responses.history import items
from providers.wires.responses.items import NAME
from providers.wires.responses.parameters import FIELDS, PARAMETERS, WEB_SEARCHES, options
from providers.wires.responses.presets import PRESETS
from providers.wires.responses.reply import Reply
from providers.wires.turns import adapted

__all__ = [
    "ASKS_USAGE", "AUDIO", "END_MARKER", "EXTRA_HEADERS", "FIELDS", "KEY_PLACEMENTS", "LABEL", "NAME", "NEIGHBOURS",
    "ONLY_PICTURES", "OPTIONS", "PARAMETERS", "PAUSE", "PRESETS", "REPLIES", "SHORT_ANSWER", "TAKES_SOUNDS",
    "WEB_SEARCHES", "body", "catalogue_request", "doors", "drawn", "error", "hint", "other_list", "parse_catalogue",
    "parser", "plainer", "request", "words_alone",
]  # fmt: skip

LABEL = translate_noop("OpenAI Responses")
REPLIES = "type"
"""A response has one reply, and each of its events a type."""
END_MARKER = False
ASKS_USAGE = False
ONLY_PICTURES = False
TAKES_SOUNDS = False
PAUSE = ""
AUDIO = "audio_api"
EXTRA_HEADERS = openai.EXTRA_HEADERS
OPTIONS: Mapping[str, str] = {}

_DOOR = "/responses"
_JSON = ("Content-Type", "application/json")


def request(address: Address, prompt: Prompt) -> HttpRequest:
    """Return the request for a reply to `prompt`."""
    fitting = fitted(body(address, prompt), FIELDS, address.quirks)
    raw = extras(prompt, address.quirks)
    whole = to_bytes(merged(fitting, moved(raw) if wire_learnt(address.quirks) == NAME else raw))
    headers = (_JSON, *address.headers)
    return HttpRequest("POST", f"{_base(address)}{_DOOR}", headers, whole, address.key_placement)


def body(address: Address, prompt: Prompt) -> dict[str, Any]:
    """Return the body of a request before the quirks of its fields, and before the raw extras."""
    prompt = adopted(adapted(prompt, address.quirks), address.quirks)
    return {
        "model": prompt.model,
        "stream": address.streaming,
        "store": False,
        **({"instructions": prompt.system} if prompt.system else {}),
        "input": items(prompt, address),
        **options(prompt.parameters, web_search_fields(WEB_SEARCHES, address, prompt)),
    }


def parser() -> Parse:
    """Return a function that yields the findings of one reply's events."""
    return Reply().parse


def words_alone(_event: Mapping[str, Any]) -> str:
    """Return "": where a text stands is known from the events before it."""
    return ""


def catalogue_request(address: Address, page: str = "") -> HttpRequest:
    """Return the request for one page of the model list; `page` is the query from the page before."""
    return openai.catalogue_request(replace(address, base_url=_base(address)), page)


def _base(address: Address) -> str:
    return address.base_url.rstrip("/").removesuffix(_DOOR)
