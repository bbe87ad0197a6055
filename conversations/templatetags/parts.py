"""How the parts of a message are shown: which template, and what of a vendor's word may go into it."""

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from conversations import markdown

register = template.Library()

_KINDS = "text thought image file code code_result call call_result citation refusal seam".split()
_LANGUAGE = re.compile(r"[\w+#.-]{1,30}", re.ASCII)
_BACKTICKS = re.compile(r"`{3,}")


@register.filter
def template_of(part: dict[str, Any]) -> str:
    """The template for a part; what we do not know is kept and not shown."""
    kind = part["kind"] if part["kind"] in _KINDS else "unknown"
    return f"parts/{kind}.html"


@register.filter
def file_address(file_id: str | UUID | None) -> str:
    """Where we give this file out; empty for none."""
    return reverse("api:download", args=[file_id]) if file_id else ""


@register.filter
def web_address(address: str | None) -> str:
    """The address if it is one of ours or of the web, else empty: a vendor's word must not become another scheme."""
    if not address:
        return ""
    is_ours = address.startswith("/") and not address.startswith("//")
    return address if is_ours or _host(address) else ""


@register.filter
def code_block(part: dict[str, Any] | None) -> SafeString:
    """Code as a block of the same look as one in the text: a fence that nothing inside it can close."""
    part = part or {}
    code, language = part.get("text") or "", (part.get("language") or "").lower()
    longest = max(map(len, _BACKTICKS.findall(code)), default=2)
    fence = "`" * (longest + 1)
    named = language if _LANGUAGE.fullmatch(language) else ""
    return markdown.render(f"{fence}{named}\n{code}\n{fence}")


@register.filter
def call_value(part: dict[str, Any] | None) -> str:
    """What a function is called with, or what it answered, as JSON for people; as it came where it is none."""
    part = part or {}
    value = next((part[name] for name in ("arguments", "response", "raw") if part.get(name) is not None), "")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


@register.filter
def cited(sources: Iterable[dict[str, Any]] | None) -> list[dict[str, str]]:
    """The sources that can be shown: address (http or https), title and domain."""
    shown = []
    for source in sources or ():
        host = _host(source.get("uri") or "")
        if host:
            domain = source.get("domain") or host
            shown.append({"address": source["uri"], "title": source.get("title") or domain, "domain": domain})
    return shown


def _host(address: str) -> str:
    """The host of a web address; empty for any other."""
    try:
        parts = urlsplit(address)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""
