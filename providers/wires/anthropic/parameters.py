"""Parameters of a reply in the form of the Messages wire, and the fields that its vendors may refuse.

Source: the Messages API reference (create a message, extended and adaptive thinking, effort, server tools). Models up
to 4.5 think with a budget, those from 4.7 on adaptively: each refuses the other form, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.wires.declarations import WebSearch, translate_noop
from providers.wires.json_values import mapping
from providers.wires.parameters import COMMON, Number, Parameter, Switch
from providers.wires.refusals.fields import LEVELS, Field, range_of, values_of, within
from providers.wires.turns import THINKS_ADAPTIVELY, THINKS_WITH_BUDGET

PARAMETERS: dict[str, Parameter] = {
    "temperature": Number(COMMON["temperature"].label, 0, 1, usual=1),
    "top_p": COMMON["top_p"],
    "top_k": Number("Top-k", 1, 1000, is_whole=True),
    **{name: COMMON[name] for name in ("max_tokens", "thinking", "stop", "json_schema", "web_search")},
    "code_execution": Switch(translate_noop("May run code at the vendor's")),
}
LONGEST_ANSWER = 8192
"""Tokens of an answer where nobody sets them. The field must be sent, and gateways reserve its price before a call."""
LEAST_BUDGET = 1024

_PLAIN = {"temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "stop": "stop_sequences"}
_BUDGETS = {"minimal": LEAST_BUDGET, "low": 2048, "medium": 8192, "high": 16_384}
_USUAL_BUDGET = _BUDGETS["medium"]
_MAX_TOKENS = Field(
    ("max_tokens",),
    "max_tokens",
    also=r"max(?:imum)?[ _](?:output[ _])?tokens",
    is_kept=True,
    is_whole=True,
)
WEB_SEARCHES = tuple(
    WebSearch(version, version, {"tools": ({"type": version, "name": "web_search"},)}, usual)
    for version, usual in (
        ("web_search_20250305", re.compile("")),
        ("web_search_20260209", None),
        ("web_search_20260318", None),
    )
)
# Gateways that know no tools of the vendor's own miss the schema of a function.
_FUNCTIONS_ONLY = r"\btools\.\d+\.(?:custom\.)?(?:input_schema|function)\b"
# Without these the question stays the same; a refusal of any other field is shown to the person. Of two that exclude
# each other the earlier stays.
FIELDS = (
    Field(("temperature",), "temperature"),
    Field(("top_p",), "top_p"),
    Field(("top_k",), "top_k", is_whole=True),
    _MAX_TOKENS,
    Field(("thinking", "budget_tokens"), "thinking", is_whole=True),
    Field(("output_config", "effort"), "thinking", constants=frozenset(LEVELS)),
    # A history of another model has no thought to begin with.
    Field(("thinking",), "thinking", also=r"expected `?thinking`? or `?redacted_thinking"),
    Field(("thinking", "type"), "thinking", is_common_word=True),
    Field(("stop_sequences",), "stop", also=r"\bstop (?:sequences?|words?)\b"),
    Field(("tool_choice",)),
    Field(("tools", "web_search"), "web_search", also=rf"\bweb_search_\d+|{_FUNCTIONS_ONLY}"),
    Field(("tools", "code_execution"), "code_execution", also=rf"\bcode_execution_\d+|{_FUNCTIONS_ONLY}"),
)


def options(known: Mapping[str, Any], search: Mapping[str, Any], quirks: frozenset[str]) -> dict[str, Any]:
    """Return the fields of a request for the parameters in `known` and a web search.

    The limit of the answer is always there.
    """
    fields = {theirs: known[ours] for ours, theirs in _PLAIN.items() if known.get(ours) is not None}
    limits = [range_of(text) for text in values_of("range", _MAX_TOKENS, quirks)]
    thinking, effort = _thinking(known.get("thinking"), quirks)
    longest = known.get("max_tokens") or LONGEST_ANSWER + thinking.get("budget_tokens", 0)
    for low, high in limits:
        longest = within(longest, low, high)
    if "budget_tokens" in thinking:
        # The budget is a part of the longest answer, and must be less.
        budget = max(LEAST_BUDGET, min(thinking["budget_tokens"], longest - LEAST_BUDGET))
        thinking = {**thinking, "budget_tokens": budget} if budget < longest else {}
    config = {**({"effort": effort} if effort else {}), **_format(known)}
    tools = _tools(known, search)
    return {
        "max_tokens": longest,
        **fields,
        **({"thinking": thinking} if thinking else {}),
        **({"output_config": config} if config else {}),
        **({"tools": tools} if tools else {}),
        **({"tool_choice": {"type": "none"}} if tools and known.get("tool_choice") == "none" else {}),
    }


def _thinking(asked: object, quirks: frozenset[str]) -> tuple[dict[str, Any], str]:
    """Return the field about thinking, and the effort beside it.

    Thoughts are asked for: else newer models send none, and the stream seems to hang.
    """
    chosen = mapping(asked)
    if asked == "off":
        return {"type": "disabled"}, ""
    if not chosen and asked != "auto":
        return {}, ""
    level, budget = chosen.get("level"), chosen.get("budget")
    if budget == 0:
        return {"type": "disabled"}, ""
    if THINKS_WITH_BUDGET in quirks or (budget and THINKS_ADAPTIVELY not in quirks):
        if THINKS_ADAPTIVELY in quirks:  # both forms were refused
            return {}, ""
        return {"type": "enabled", "budget_tokens": budget or _BUDGETS.get(str(level), _USUAL_BUDGET)}, ""
    effort = _effort_of(budget) if budget else "low" if level == "minimal" else level
    return {"type": "adaptive", "display": "summarized"}, effort or ""


def _effort_of(budget: int) -> str:
    """Return the level whose budget is the nearest one above."""
    return next((level for level in ("low", "medium") if budget <= _BUDGETS[level]), "high")


def _format(known: Mapping[str, Any]) -> dict[str, Any]:
    schema = mapping(known.get("json_schema"))
    return {"format": {"type": "json_schema", "schema": schema}} if schema else {}


def _tools(known: Mapping[str, Any], search: Mapping[str, Any]) -> list[dict[str, Any]]:
    tools: list[dict[str, Any]] = [*search.get("tools", ())]
    if known.get("code_execution"):
        tools.append({"type": "code_execution_20250825", "name": "code_execution"})
    return [*tools, *map(_function, known.get("functions") or ())]


def _function(function: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: function[name] for name in ("name", "description") if name in function}
    return {**named, "input_schema": function.get("parameters") or {"type": "object"}}
