"""The assistants of a file, checked: those that may come, and the names of those that may not."""

from dataclasses import dataclass, field
from typing import Any

from conversations.errors import Refused
from conversations.imports import fields
from conversations.imports.assistants import chatsite, open_webui
from conversations.imports.assistants.found import Found
from conversations.imports.prompts.reading import MAX_BYTES, json_of
from conversations.models.assistants.assistant import MAX_NAME_LENGTH
from conversations.protocol.assistants import MAX_STARTER_LENGTH, MAX_STARTERS, checked
from conversations.text import title_of

__all__ = ["MAX_BYTES", "ReadAssistants", "read"]
MAX_FOUND = 500
"""Assistants of a file."""
_FORMATS = (chatsite, open_webui)


@dataclass(frozen=True, slots=True)
class ReadAssistants:
    """The assistants of a file, each with the names of its models; `refused` are those that may not come."""

    assistants: list[tuple[dict[str, Any], list[str]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def read(data: bytes) -> ReadAssistants:
    """Return the assistants of a file; refuses one that is too large, no JSON, or of no known tool."""
    raw = json_of(data)
    form = next((one for one in _FORMATS if one.recognises(raw)), None)
    if form is None:
        raise Refused("bad_field", "This file holds no assistants of Chatsite or Open WebUI.", "file")
    told = ReadAssistants()
    for number, found in enumerate(form.assistants(raw)):
        if number == MAX_FOUND:
            raise Refused("too_long", f"A file may hold {MAX_FOUND} assistants.", "file")
        try:
            told.assistants.append((_checked(found), found.models))
        except Refused:
            told.refused.append(title_of(found.name or found.instructions) or "–")
    return told


def _checked(found: Found) -> dict[str, Any]:
    """Return an assistant's settings without models; signs and parameters that nobody has here are left out."""
    starters = [fields.text(one, MAX_STARTER_LENGTH) for one in found.starters]
    settings = {
        "name": title_of(found.name or found.instructions, MAX_NAME_LENGTH - 1),
        "instructions": found.instructions,
        "starters": [one for one in starters if one.strip()][:MAX_STARTERS],
    }
    told = checked(settings) | _fitting("symbol", found.symbol)
    told["parameters"] = {}
    for name, value in found.parameters.items():
        told["parameters"] |= _fitting("parameters", {name: value}).get("parameters", {})
    return told | {"archived": found.archived}


def _fitting(name: str, value: Any) -> dict[str, Any]:
    try:
        return checked({name: value})
    except Refused:
        return {}
