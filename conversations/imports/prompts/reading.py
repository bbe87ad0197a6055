"""The prompts of a file, checked: those that may come, and the names of those that may not."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from conversations.errors import Refused
from conversations.imports import fields
from conversations.imports.prompts import chatsite, librechat, open_webui
from conversations.imports.prompts.found import Found
from conversations.imports.thread import Problem
from conversations.models.prompts.prompt import MAX_NAME_LENGTH
from conversations.protocol.prompts import MAX_CHOICE, MAX_CHOICES, MAX_DEFAULT, PromptWords, checked, fits
from conversations.text import one_line, title, title_of

MAX_BYTES, MAX_FOUND, MAX_NESTED = 4 * 2**20, 2_000, 100_000
"""Bytes of a file of prompts, prompts in it, and its objects and lists, which take memory."""
_FORMATS = (chatsite, open_webui, librechat)


@dataclass(frozen=True, slots=True)
class ReadPrompts:
    """The prompts of a file; `refused` are names of those that are too long or have no text."""

    prompts: list[PromptWords] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def read(data: bytes) -> ReadPrompts:
    """Return the prompts of a file; refuses one that is too large, no JSON, or of no known tool."""
    raw = json_of(data)
    form = next((one for one in _FORMATS if one.recognises(raw)), None)
    if form is None:
        raise Refused("bad_field", "This file holds no prompts of Chatsite, Open WebUI or LibreChat.", "file")
    told = ReadPrompts()
    for number, found in enumerate(form.prompts(raw)):
        if number == MAX_FOUND:
            raise Refused("too_long", f"A file may hold {MAX_FOUND:,} prompts.", "file")
        try:
            told.prompts.append(_checked(found))
        except Refused:
            told.refused.append(title_of(found.name or found.text) or "–")
    return told


def json_of(data: bytes) -> Any:
    """Return what a small file of JSON holds; refuses one that is too large, too deep, or no JSON."""
    if len(data) > MAX_BYTES:
        raise Refused("too_long", f"This file may have {MAX_BYTES // 2**20} MB.", "file")
    if data.count(b"{") + data.count(b"[") > MAX_NESTED:
        raise Refused("bad_field", "This file holds more than anybody keeps.", "file")
    try:
        return fields.storable(json.loads(data))
    except (ValueError, RecursionError, Problem):
        raise Refused("bad_field", "This file is no JSON.", "file") from None


def _checked(found: Found) -> PromptWords:
    """Return a prompt's words; what is longer than a name, a default or a choice may be is cut."""
    variables = [
        {
            **one,
            "default": _default(one),
            "choices": [fields.text(choice, MAX_CHOICE) for choice in fields.items(one.get("choices"))[:MAX_CHOICES]],
        }
        for one in found.variables
    ]
    return checked(_name_of(found), found.text, variables)


def _default(variable: dict[str, Any]) -> str:
    default = fields.text(variable.get("default"), MAX_DEFAULT)
    return default if fits(one_line(default, "default", MAX_DEFAULT), variable.get("type")) else ""


def _name_of(found: Found) -> str:
    """Return the name as it is, so that an export comes in as the same; else its first words."""
    with suppress(Refused):
        return title(found.name, "name", MAX_NAME_LENGTH)
    return title_of(found.name or found.text, MAX_NAME_LENGTH - 1)
