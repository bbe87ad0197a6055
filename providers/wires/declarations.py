"""Declarations of a wire besides requests and replies: places of a key, presets, questions of the detection."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any
from urllib.parse import urlsplit

from providers.types import Address, Prompt


def translate_noop(text: str) -> str:
    """Return the text, marked for translation at the place that shows it: wires import no Django."""
    return text


@dataclass(frozen=True, slots=True)
class KeyPlacement:
    """A place of a key: a header, after `prefix`, or the query parameter named `query`."""

    name: str
    label: str
    header: str = ""
    prefix: str = ""
    query: str = ""


# Gateways accept these on every route, whatever the wire; a place that only one vendor accepts is in its wire.
BEARER = KeyPlacement("bearer", translate_noop("Authorization: Bearer"), "Authorization", prefix="Bearer ")
AUTHORIZATION = KeyPlacement("authorization", translate_noop("Authorization, without Bearer"), "Authorization")
QUERY = KeyPlacement("query", translate_noop("?key= in the address"), query="key")
GOOGLE_HEADER = KeyPlacement("header-goog", translate_noop("x-goog-api-key header"), "x-goog-api-key")


@dataclass(frozen=True, slots=True)
class Preset:
    """The settings for one vendor; a `base_url` of "" must be given by the administrator."""

    id: str
    label: str
    wire: str
    base_url: str
    key_placement: str
    example_model: str = ""
    needs_key: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)

    def endpoint_fields(self, base_url: str) -> dict[str, Any]:
        """Return the fields of an Endpoint made from this preset."""
        return {
            "wire": self.wire,
            "base_url": base_url or self.base_url,
            "key_placement": self.key_placement,
            "needs_key": self.needs_key,
            **self.options,
        }


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another wire at the same base address, with the same key, which single models of an endpoint may speak instead.

    `told` finds the sentences with which vendors say that a model speaks it and not the wire of the request.
    """

    wire: str
    told: re.Pattern[str]


_WIRE = "wire:"


def wire_quirk(name: str) -> str:
    """Return the quirk of a model that was found to speak this neighbour of its endpoint's wire."""
    return f"{_WIRE}{name}"


def wire_learnt(quirks: Iterable[str]) -> str:
    """Return the wire that a model with these quirks was found to speak, or ""."""
    return next((quirk.removeprefix(_WIRE) for quirk in quirks if quirk.startswith(_WIRE)), "")


def draws_nothing(_model: str) -> None:
    """Return that no name tells of pictures: `drawn` of a wire whose models make none, or say it otherwise."""


class Hint(IntEnum):
    """The strength of the evidence for a wire in an unknown address and a model's name, the weakest first."""

    LAST = -1
    """It is asked only where no other wire was found."""
    NONE = 0
    USUAL = 1
    """No evidence, except that most gateways speak this wire."""
    MODEL_NAME = 2
    ADDRESS_END = 3
    ADDRESS = 4


@dataclass(frozen=True, slots=True)
class Question:
    """One form of a request to an unknown address; `limited` asks for a short answer."""

    address: Address
    limited: bool = True


NO_SEARCH = "off"
"""The choice of an administrator whose vendor does not search the web."""


@dataclass(frozen=True, slots=True)
class WebSearch:
    """A form in which requests let a model search the web: the fields that it adds, perhaps with tools.

    It is the usual one where `usual` finds something in "host model"; without `usual` it is only chosen by hand.
    """

    name: str
    label: str
    fields: Mapping[str, Any]
    usual: re.Pattern[str] | None = None
    echoed: str = ""
    """The vendor's own function, whose calls are answered with their own arguments."""


def web_search_form(forms: Iterable[WebSearch], chosen: str, base_url: str, model: str) -> WebSearch | None:
    """Return the form `chosen` for a model, else the usual one at this address, or None."""
    if chosen == NO_SEARCH:
        return None
    try:
        place = f"{urlsplit(base_url).hostname} {model}".lower()
    except ValueError:
        place = f" {model}".lower()
    by_name = next((form for form in forms if form.name == chosen), None)
    return by_name or next((form for form in forms if form.usual and form.usual.search(place)), None)


def web_search_fields(forms: Iterable[WebSearch], address: Address, prompt: Prompt) -> Mapping[str, Any]:
    """Return the fields that let the model search the web; none if that is not wanted or possible."""
    if not prompt.parameters.get("web_search"):
        return {}
    form = web_search_form(forms, address.web_search, address.base_url, prompt.model)
    return form.fields if form else {}
