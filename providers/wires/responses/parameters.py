"""Parameters of a reply in the form of the Responses wire, and the fields that it may refuse.

Source: the OpenAI API reference (create a model response). It has no stop words, seed or penalties. The limit of tokens
includes reasoning. Summaries of thoughts come only if they are asked for, which some accounts and models refuse.
Sources and outputs of tools, and encrypted reasoning, must be asked for too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from providers.wires.declarations import WebSearch, translate_noop
from providers.wires.json_values import mapping
from providers.wires.parameters import COMMON, Parameter, Switch, effort_of
from providers.wires.refusals.fields import LEVELS, Field

PARAMETERS: dict[str, Parameter] = {
    **{name: COMMON[name] for name in ("temperature", "top_p", "max_tokens", "thinking", "json_schema", "web_search")},
    "code_execution": Switch(translate_noop("May run code at the vendor's")),
}
WEB_SEARCHES = (
    WebSearch("web_search", "web_search", {"tools": ({"type": "web_search"},)}, re.compile("")),
    WebSearch("web_search_preview", "web_search_preview", {"tools": ({"type": "web_search_preview"},)}),
)
# Without these the question stays the same; a refusal of any other field is shown to the person.
FIELDS = (
    Field(("temperature",), "temperature"),
    Field(("top_p",), "top_p"),
    Field(
        ("max_output_tokens",),
        "max_tokens",
        also=r"max(?:imum)?[ _](?:output|new|completion)?[ _]?tokens",
        is_kept=True,
        is_whole=True,
    ),
    Field(("reasoning", "summary"), also=r"reasoning[ ._]summar(?:y|ies)", is_common_word=True),
    Field(("reasoning", "effort"), "thinking", also=r"reasoning[ ._]effort", constants=frozenset(LEVELS)),
    Field(("reasoning",), "thinking", is_common_word=True),
    Field(("include",), also=r"encrypted content is not supported|\binclude=|\bweb_search_call\.", is_common_word=True),
    Field(("tool_choice",)),
    Field(("tools", "web_search"), "web_search"),
    Field(("tools", "web_search_preview"), "web_search"),
    Field(("tools", "code_interpreter"), "code_execution"),
)


def options(known: Mapping[str, Any], search: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request for the parameters in `known` and a web search; unset ones are left out."""
    plain = {name: known[name] for name in ("temperature", "top_p", "tool_choice") if known.get(name) is not None}
    limit = {"max_output_tokens": known["max_tokens"]} if known.get("max_tokens") is not None else {}
    tools = [*search.get("tools", ()), *_tools(known)]
    return {
        **plain,
        **limit,
        "reasoning": _reasoning(known.get("thinking")),
        **_format(known),
        **({"tools": tools} if tools else {}),
        "include": list(_included(known, search)),
    }


def _reasoning(thinking: object) -> dict[str, str]:
    level = effort_of(thinking)
    if level == "none":
        return {"effort": level}
    return {**({"effort": level} if level else {}), "summary": "auto"}


def _format(known: Mapping[str, Any]) -> dict[str, Any]:
    if schema := mapping(known.get("json_schema")):
        return {"text": {"format": {"type": "json_schema", "name": "reply", "schema": schema}}}
    return {"text": {"format": {"type": "json_object"}}} if _is_json(known) else {}


def _is_json(known: Mapping[str, Any]) -> bool:
    return known.get("response_mime_type") == "application/json"


def _tools(known: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if known.get("code_execution"):
        yield {"type": "code_interpreter", "container": {"type": "auto"}}
    yield from ({"type": "function", **function} for function in known.get("functions") or ())
    yield from known.get("tools") or ()


def _included(known: Mapping[str, Any], search: Mapping[str, Any]) -> Iterator[str]:
    yield "reasoning.encrypted_content"
    if search:
        yield "web_search_call.action.sources"
    if known.get("code_execution"):
        yield "code_interpreter_call.outputs"
