"""The assistants that this tool exports: {"format": "chatsite-assistants", "version": 1, "assistants": […]}."""

from collections.abc import Iterator
from typing import Any

from conversations.exports.assistant_file import FORMAT
from conversations.imports import fields
from conversations.imports.assistants.found import Found


def recognises(raw: Any) -> bool:
    return isinstance(raw, dict) and raw.get("format") == FORMAT


def assistants(raw: Any) -> Iterator[Found]:
    for one in fields.objects(raw.get("assistants")):
        yield Found(
            fields.text(one.get("name")),
            fields.text(one.get("instructions")),
            one.get("symbol"),
            list(map(fields.text, fields.items(one.get("models")))),
            fields.obj(one.get("parameters")),
            list(map(fields.text, fields.items(one.get("starters")))),
            one.get("archived") is True,
        )
