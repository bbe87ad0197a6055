"""The prompts that this tool exports: {"format": "chatsite-prompts", "version": 1, "prompts": […]}."""

from collections.abc import Iterator
from typing import Any

from conversations.exports.prompt_file import FORMAT
from conversations.imports import fields
from conversations.imports.prompts.found import Found


def recognises(raw: Any) -> bool:
    return isinstance(raw, dict) and raw.get("format") == FORMAT


def prompts(raw: Any) -> Iterator[Found]:
    for one in fields.objects(raw.get("prompts")):
        yield Found(
            fields.text(one.get("name")), fields.text(one.get("text")), list(fields.objects(one.get("variables")))
        )
