"""How the parts of a message are shown: which template, and what of a vendor's word may go into it."""

import json
from html import unescape
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from conversations import markdown
from conversations.content import message_body, phrases
from conversations.content.citations import host
from conversations.files.storage import part_of
from conversations.models import Message
from conversations.text import title_of

register = template.Library()

_KINDS = {
    *("text", "thought", "image", "file", "code", "code_result"),
    *("call", "call_result", "citation", "refusal", "seam"),
}
_INDENTED = 100_000
"""Characters of JSON up to which it is laid out."""
_BEGINNING = 1_200
"""Characters, of which the first words are sought."""


@register.filter
def segments(message: Message) -> list[dict[str, Any]]:
    """Return what the body of a reply shows, in order."""
    return message_body.segments(message)


@register.filter
def template_of(part: dict[str, Any]) -> str:
    """The template for a part; what we do not know is kept and not shown."""
    kind = part["kind"] if part["kind"] in _KINDS else "unknown"
    return f"parts/{kind}.html"


@register.filter
def files_shown(message: Message | None) -> list[dict[str, object]]:
    """The files that somebody added to their message, in the order in which they did."""
    order = [part["file"] for part in message.parts if "file" in part] if message else []
    held = {str(file.id): file for file in message.files.all()} if message and order else {}
    return [{**part_of(held[key]), "bytes": held[key].size} for key in order if key in held]


@register.simple_tag(takes_context=True)
def part_address(context: template.Context, part: dict[str, Any] | None) -> str:
    """Where we give the file out, or where it lies in the web; empty for other schemes, which are a vendor's word.

    A page with another way to its files says so by `files_at`.
    """
    part = part or {}
    if part.get("file"):
        place = context.get("files_at")
        return f"{place}{part['file']}/" if place else reverse("api:download", args=[part["file"]])
    address: str = part.get("uri") or ""
    return address if host(address) else ""


@register.filter
def first_words(message: Message) -> str:
    """The beginning of a message, on one line; of a reply what its readers see, without the marks of Markdown."""
    beginning = message.text[:_BEGINNING]
    return title_of(unescape(strip_tags(markdown.render(beginning))) if message.is_reply else beginning)


@register.filter
def word(said: phrases.Phrases | str, name: str) -> str:
    """The page's own phrase of this name; empty where scripts will say it."""
    return said.get(name, "") if isinstance(said, dict) else ""


@register.filter
def outcome(said: phrases.Phrases | str, message: Message) -> str:
    """How a reply went; empty where all is well, or scripts will say it."""
    return phrases.outcome(said, message) if isinstance(said, dict) else ""


@register.filter
def code_block(part: dict[str, Any] | None) -> SafeString:
    """Code as a block of the same look as one in the text.

    Without a part it is the empty block that scripts fill, with a place for the language.
    """
    return part["html"] if part else markdown.code("", "text")


@register.filter
def call_value(part: dict[str, Any] | None) -> str:
    """What a function is called with, or what it answered, as JSON for people; as it came where it is none."""
    part = part or {}
    value = next((part[name] for name in ("arguments", "response", "raw") if part.get(name) is not None), "")
    if isinstance(value, str):
        return value
    short = json.dumps(value, ensure_ascii=False)
    # Python indents a hundred times as slowly as it writes on one line.
    return short if len(short) > _INDENTED else json.dumps(value, ensure_ascii=False, indent=2)
