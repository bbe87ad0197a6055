"""Vendors' lists of models in every shape that they have.

Gateways answer in another vendor's shape on every route, and leave out the objects around the names. So both wires
share this reading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from providers.types import CatalogueEntry
from providers.wires.json_values import count, mapping, sequence, string

_MAX_NESTING = 3
_MORE_A_PAGE = 100
_MAX_MEMBERS = 20_000
"""Entries of one list that are read: each costs many times its bytes in memory."""
# Names of the list in the object around it, of a model's id, and of its limits: the first that is there counts.
_LISTS = ("data", "models", "result", "results", "resources", "items", "list", "output", "publisherModels")
_IDS = ("id", "model", "model_id", "modelId", "model_name", "slug", "key", "name")
_NAMES = ("display_name", "displayName", "name")
_INPUT_LIMITS = (
    "inputTokenLimit", "context_length", "max_model_len", "context_window", "max_context_length", "contextLength",
    "max_input_tokens",
)  # fmt: skip
_OUTPUT_LIMITS = ("outputTokenLimit", "max_completion_tokens", "max_output_tokens")
_DETAILS = ("top_provider", "limits")
# Some lists number their models, and give the name with which a model is called beside it.
_NUMBER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|azureml://\S+", re.IGNORECASE)


def models_in(answer: object) -> list[Mapping[str, Any]]:
    """Return the models of a list, each as an object; one that is only a name has it as `id`."""
    return [model for model in _members(answer, 0) if id_of(model)]


def id_of(model: Mapping[str, Any]) -> str:
    """Return the name with which a model is called, or ""."""
    first = _first(model, _IDS)
    return string(model.get("name")) or first if _NUMBER.fullmatch(first) else first


def entry(model: Mapping[str, Any]) -> CatalogueEntry:
    """Return a model with everything that its list says of it."""
    parameters, thinking = sequence(model.get("supported_parameters")), model.get("thinking")
    if not isinstance(thinking, bool):
        thinking = "reasoning" in parameters if parameters else None
    details = [model, *(mapping(model.get(name)) for name in _DETAILS)]
    return CatalogueEntry(
        id_of(model),
        _first(model, _NAMES) or id_of(model),
        _limit(details, _INPUT_LIMITS),
        _limit(details, _OUTPUT_LIMITS),
        thinking,
    )


def next_page(answer: object) -> str:
    """Return the query that asks for the next page, or "".

    OpenAI's lists go on behind an id with `after`, Anthropic's with `after_id`. Google's have a mark.
    """
    about = mapping(answer)
    if mark := string(about.get("nextPageToken")):
        return urlencode({"pageToken": mark})
    if mark := string(about.get("next_page_token")):
        return urlencode({"page_token": mark})
    models = models_in(answer)
    if about.get("has_more") is not True or not models:
        return ""
    last = string(about.get("last_id")) or id_of(models[-1])
    return urlencode({"limit": _MORE_A_PAGE, "after": last, "after_id": last})


def _members(value: object, level: int) -> list[Mapping[str, Any]]:
    if isinstance(value, list):
        return [{"id": member} if isinstance(member, str) else mapping(member) for member in value[:_MAX_MEMBERS]]
    about = mapping(value)
    if level == _MAX_NESTING:
        return []
    named = (_members(about[name], level + 1) for name in _LISTS if isinstance(about.get(name), list | dict))
    if found := next((models for models in named if any(map(id_of, models))), None):
        return found
    # A list for each kind of account, as one-api has it.
    lists = [inner for inner in about.values() if isinstance(inner, list)]
    return [model for inner in lists for model in _members(inner, level + 1)] if level and lists else []


def _first(model: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((said for name in names if (said := string(model.get(name)).strip())), "")


def _limit(details: list[Mapping[str, Any]], names: tuple[str, ...]) -> int | None:
    counts = (count(about.get(name)) for about in details for name in names)
    return next((number for number in counts if number), None)
