"""Tags and filters for the parts of a message: their template, and which of a vendor's words it may show."""

import json
import re
from html import unescape
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from conversations import markdown
from conversations.content import message_body, phrases
from conversations.content.citations import host
from conversations.files.storage import part_of
from conversations.models import Message
from conversations.text import title_of
from providers.wires.parameters import Parameter

register = template.Library()

_KINDS = {
    *("text", "thought", "image", "file", "code", "code_result"),
    *("call", "call_result", "citation", "refusal", "gap", "seam"),
}
_PLAIN_WORD = re.compile("[A-Za-z][A-Za-z_]{1,39}")
_MAX_INDENTED = 100_000
"""Characters of JSON up to which it is indented."""
_CHANGED = frozenset(
    ["temperature", "top_p", "top_k", "max_tokens", "thinking", "presence_penalty", "frequency_penalty", "stop"]
)
_LEFT_OUT = frozenset([*_CHANGED, "seed", "web_search", "code_execution", "image", "file", "replies"]) - {"max_tokens"}
"""Parameters with a phrase of their own, changed and left out."""
_MAX_BEGINNING = 1_200
"""Characters in which the first words are sought."""


@register.filter
def segments(message: Message) -> list[dict[str, Any]]:
    """Return the segments of a message's body, in order."""
    return message_body.segments(message)


@register.filter
def template_of(part: dict[str, Any]) -> str:
    """Return the template of a part; one line stands for a part of an unknown kind."""
    kind = part["kind"] if part["kind"] in _KINDS else "unknown"
    if kind == "citation" and part.get("function"):
        kind = "lookup"
    return f"parts/{kind}.html"


@register.filter
def kind_name(part: dict[str, Any] | None) -> str:
    """Return the vendor's word for an unknown kind of part, if it is a plain one."""
    part = part or {}
    name = part.get("name") or ("" if part.get("kind") == "unknown" else part.get("kind"))
    return name if isinstance(name, str) and _PLAIN_WORD.fullmatch(name) else ""


@register.filter
def field_of(parameter: Parameter) -> str:
    """Return the template of the field in which a parameter is set."""
    return f"parameters/{parameter.kind}.html"


@register.filter
def files_shown(message: Message | None) -> list[dict[str, object]]:
    """Return the files of a message in the order in which the sender added them."""
    order = [part["file"] for part in message.parts if "file" in part] if message else []
    held = {str(file.id): file for file in message.files.all()} if message and order else {}
    return [{**part_of(held[key]), "bytes": held[key].size} for key in order if key in held]


@register.simple_tag(takes_context=True)
def part_address(context: template.Context, part: dict[str, Any] | None) -> str:
    """Return the address of our file or of a web page; empty for a vendor's other schemes.

    A page with another address for its files sets `files_at`; one that has them inside sets `is_file` and `addresses`.
    """
    part = part or {}
    if part.get("file"):
        if context.get("is_file"):
            return str(context["addresses"].get(part["file"], ""))
        place = context.get("files_at")
        return f"{place}{part['file']}/" if place else reverse("api:download", args=[part["file"]])
    address: str = part.get("uri") or ""
    return address if host(address) else ""


@register.filter
def first_words(message: Message, length: int = 60) -> str:
    """Return the beginning of a message on one line; a reply's without the marks of Markdown."""
    beginning = message.text[:_MAX_BEGINNING]
    return title_of(unescape(strip_tags(markdown.render(beginning))) if message.is_reply else beginning, length)


@register.filter
def word(said: phrases.Phrases | str, name: str) -> str:
    """Return the page's own phrase of this name, or an empty text if scripts will show it."""
    return said.get(name, "") if isinstance(said, dict) else ""


@register.filter
def gap_name(part: dict[str, Any] | None) -> str:
    """Return the name of the phrase about what is not there."""
    return phrases.name_of_gap(part or {})


@register.filter
def thought_words(said: phrases.Phrases | str, part: dict[str, Any] | None) -> str:
    """Return the summary of a thought, with its time if known; empty if scripts will show it."""
    seconds = (part or {}).get("seconds")
    if not isinstance(said, dict) or seconds is None:
        return word(said, "thought")
    return said.get("thought.timed", "").replace("{duration}", _duration(seconds))


def _duration(seconds: float) -> str:
    """Return a time as people say it: from two minutes on in minutes."""
    if seconds < 120:
        count = max(1, round(seconds))
        return gettext("1 second") if count == 1 else gettext("%(count)d seconds") % {"count": count}
    return gettext("%(count)d minutes") % {"count": round(seconds / 60)}


@register.filter
def left_out_word(left_out: dict[str, Any]) -> str:
    """Return the name of the phrase about a parameter that was left out or changed."""
    kind, known = ("left_out", _LEFT_OUT) if left_out["sent"] is None else ("changed", _CHANGED)
    return f"{kind}.{left_out['parameter'] if left_out['parameter'] in known else 'other'}"


@register.filter
def outcome(said: phrases.Phrases | str, message: Message) -> str:
    """Return the sentence on how a message ended; empty if it ended well or scripts will show it."""
    return phrases.outcome(said, message) if isinstance(said, dict) else ""


@register.simple_tag(takes_context=True)
def vouched(context: template.Context, message: Message) -> str:
    """Return the sentence on a verified answer on a page without scripts; a shared one says it without names."""
    said = context.get("said")
    is_public = not context.get("is_file")
    return phrases.vouched(said, message, is_public=is_public) if isinstance(said, dict) else ""


@register.simple_tag(takes_context=True)
def remarks_in_file(context: template.Context, message: Message) -> list[tuple[str, str]]:
    """Return the remarks on a message for a page that is a file."""
    return phrases.remark_lines(context["said"], message)


@register.simple_tag
def summary_in_file(message: Message) -> tuple[str, str] | None:
    """Return the heading and the words of the summary below a message, for a page that is a file."""
    return phrases.summary_lines(message)


@register.filter
def code_block(part: dict[str, Any] | None) -> SafeString:
    """Return code as a block that looks like one in the text.

    Without a part, it is the empty block that scripts fill, with a place for the language.
    """
    return part["html"] if part else markdown.code("", "text")


@register.filter
def call_value(part: dict[str, Any] | None) -> str:
    """Return a call's arguments or result as indented JSON; as it came if it is a text."""
    part = part or {}
    value = next((part[name] for name in ("arguments", "response", "raw") if part.get(name) is not None), "")
    if isinstance(value, str):
        return value
    short = json.dumps(value, ensure_ascii=False)
    # Python's indented JSON takes a hundred times as long as JSON on one line.
    return short if len(short) > _MAX_INDENTED else json.dumps(value, ensure_ascii=False, indent=2)
